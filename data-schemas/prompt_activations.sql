-- grain: prompt x block of a model
-- keys: model_id, prompt_set, block
-- filled by: run
-- covers: prompts x blocks

model_id string not null comment 'model',
prompt_set string not null comment 'prompt set',
block int not null comment 'transformer block, from 0',
prompt_id int not null comment 'prompt, as in prompts',
ffn_out array<float> not null
  comment 'the vector that is compared, at the last position: what the feed-forward network adds, or another one (--vectors), which model_id then ends with; d_model floats'
  -- check: size(array_compact(ffn_out)) = :d_model
  -- check: array_min(ffn_out) > float('-infinity')
  -- check: array_max(ffn_out) < float('infinity')
