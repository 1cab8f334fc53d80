-- grain: first token x layer
-- keys: model_id, question
-- filled by: locality

model_id string not null comment 'model',
question string not null comment 'as in truncation_summaries',
first_token int comment 'as there',
layer int not null comment 'as there',
  -- check: layer = 0 or array_contains(:blocks, layer - 1)
tokens bigint not null comment 'over which the mean is taken: of some texts, from position 32 on',
  -- check: tokens > 0
mean array<double> not null comment 'the mean residual stream, d_model numbers'
  -- check: size(mean) = :d_model
