-- grain: token x direction in which its learned embeddings lie, the strongest ones
-- keys: model_id, stage, recipe
-- filled by: subspaces

model_id string not null comment 'model',
stage string not null comment 'as in learned_embeddings',
recipe string not null comment 'as in learned_embeddings; followed by _kK where other than 10 directions are kept',
token_id int not null comment 'token',
  -- check: token_id between 0 and :last_token
rank int not null comment 'from 1, by descending singular value',
  -- check: rank between 1 and :d_model
singular_value double not null comment 'of the matrix with the token''s embeddings as rows',
  -- check: singular_value between 0 and 1e38
direction array<float> not null
  comment 'right singular vector of length 1, with the sign for which most of the embeddings have a positive cosine; d_model floats',
  -- check: size(array_compact(direction)) = :d_model
  -- check: array_min(direction) > float('-infinity')
  -- check: array_max(direction) < float('infinity')
positive_share double not null comment 'share of the embeddings with a positive cosine with it, in [0.5, 1]',
  -- check: positive_share between 0.5 and 1
converged boolean not null comment 'whether all embeddings of the token did'
