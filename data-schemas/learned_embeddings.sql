-- grain: token x restart of a recipe
-- keys: model_id, stage, recipe
-- filled by: learn-embeddings

model_id string not null comment 'model',
stage string not null comment 'where in the residual stream: final, before the final norm, or block-B, before block B',
recipe string not null
  comment 'optimizer, restarts for each token and seed, as fast_n100_s42; what else differs from the defaults follows',
token_id int not null comment 'the token that the embedding predicts',
  -- check: token_id between 0 and :last_token
restart int not null comment 'from 0; each began elsewhere',
  -- check: restart >= 0
embedding array<float> not null
  comment 'what the rest of the model predicts the token from when it stands alone; d_model floats',
  -- check: size(array_compact(embedding)) = :d_model
  -- check: array_min(embedding) > float('-infinity')
  -- check: array_max(embedding) < float('infinity')
nats double not null comment '-ln of the probability that it gives the token',
  -- check: nats between 0 and 1e38
steps int not null comment 'that the optimizer took',
  -- check: steps >= 0
converged boolean not null
  comment 'whether the mean nats of the embeddings that were learned together, up to 100 of a token, came below 0.0001'
