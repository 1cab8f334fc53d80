-- grain: block x threshold, where similarity_bins has the run's prompts
-- keys: run_id
-- filled by: run after tune

run_id string not null comment 'run',
block int not null comment 'transformer block, from 0',
  -- check: array_contains(:blocks, block)
threshold double not null comment 'cosine similarity, in [-1, 1]',
  -- check: threshold between -1 and 1
hellinger double not null comment 'mean Hellinger distance of the model and this block alone, in [0, 1]',
  -- check: hellinger between 0 and 1
hellinger_leave_one_out double not null comment 'the same without prompts'' own windows',
  -- check: hellinger_leave_one_out between 0 and 1
similar_count double not null comment 'mean number of windows above'
  -- check: similar_count between 0 and 1e38
