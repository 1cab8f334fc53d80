-- grain: prompt x block x ring that is not empty
-- keys: run_id, block
-- filled by: run with rings

run_id string not null comment 'run whose rule has rings; others have no rows',
block int not null comment 'transformer block, from 0',
prompt_id int not null comment 'prompt, as in prompts',
ring int not null comment 'from 0, by ascending thresholds',
  -- check: ring >= 0
above double not null comment 'the ring''s threshold; these strings are above it and not above the next ring''s',
similar_count bigint not null comment 'windows there',
  -- check: similar_count >= 1
counts map<int,bigint> not null comment 'token id -> sum of their next-token counts',
  -- check: forall(map_keys(counts), token -> token between 0 and :last_token)
  -- check: forall(map_values(counts), n -> n >= 1)
own_window_similar boolean not null comment 'whether the prompt''s own window is among them'
