-- grain: prompt x block of an ablated model, at the prompt's last position
-- keys: model_id, prompt_set
-- filled by: ablate
-- covers: prompts x blocks

model_id string not null comment 'model',
prompt_set string not null comment 'prompt set',
prompt_id int not null comment 'prompt, as in prompts',
block int not null comment 'transformer block, from 0',
norm_in double not null comment 'norm of the residual stream before the block',
  -- check: norm_in between 0 and 1e38
norm_attention double not null comment 'of what attention adds',
  -- check: norm_attention between 0 and 1e38
norm_ffn double not null comment 'of what the feed-forward network adds',
  -- check: norm_ffn between 0 and 1e38
norm_out double not null comment 'of the residual stream after the block',
  -- check: norm_out between 0 and 1e38
cosine_in_attention double not null comment 'cosine of the stream before the block and what attention adds, in [-1, 1]',
  -- check: abs(cosine_in_attention) <= 1.000001
cosine_attention_ffn double not null comment 'of what attention and what the feed-forward network adds',
  -- check: abs(cosine_attention_ffn) <= 1.000001
cosine_ffn_out double not null comment 'of what the feed-forward network adds and the stream after the block'
  -- check: abs(cosine_ffn_out) <= 1.000001
