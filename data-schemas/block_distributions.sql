-- grain: prompt x block
-- keys: run_id, block
-- filled by: run
-- covers: prompts x blocks

run_id string not null comment 'run',
block int not null comment 'transformer block, from 0',
prompt_id int not null comment 'prompt, as in prompts',
similar_count bigint not null comment 'windows above the threshold, all of them',
  -- check: similar_count >= 0
counts map<int,bigint> not null comment 'token id -> sum of the next-token counts of all similar strings',
  -- check: forall(map_keys(counts), token -> token between 0 and :last_token)
  -- check: forall(map_values(counts), n -> n >= 1)
own_window_similar boolean not null comment 'whether the prompt''s own window is among the similar strings'
  -- check: not own_window_similar or similar_count > 0
