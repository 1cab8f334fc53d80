-- grain: prompt x block x window above the threshold, the most similar ones
-- keys: run_id, block
-- filled by: run

run_id string not null comment 'run',
block int not null comment 'transformer block, from 0',
prompt_id int not null comment 'prompt, as in prompts',
window_id bigint not null comment 'window, as in windows',
similarity float not null comment 'cosine of the two vectors, in [-1, 1], above the block''s threshold'
  -- check: similarity <= 1.00000012
  -- check: similarity >= element_at(:thresholds, block)
