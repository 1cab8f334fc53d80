-- grain: prompt x block of a measured model, at the prompt's last position
-- keys: model_id, prompt_set
-- filled by: geometry
-- covers: prompts x blocks

model_id string not null comment 'model',
prompt_set string not null comment 'prompt set',
prompt_id int not null comment 'prompt, as in prompts',
block int not null comment 'transformer block, from 0',
cosine_without_attention double not null
  comment 'cosine of the residual stream after the block and the sum of the embedding and all feed-forward outputs up to it, in [-1, 1]',
  -- check: abs(cosine_without_attention) <= 1.000001
norm_ratio double not null comment 'that sum''s norm by the stream''s'
  -- check: norm_ratio between 0 and 1e38
