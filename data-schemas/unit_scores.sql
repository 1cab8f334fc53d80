-- grain: prompt and score
-- keys: model_id, question
-- filled by: causal

model_id string not null comment 'model',
question string not null comment 'hash of training, corpus, rule, study and its options',
score string not null comment 'by what units of the training text are scored: evidence, evidence of all tokens, block 0 and so on, n-gram, unigram, gradient',
prompt_id int not null comment 'from 0',
  -- check: prompt_id >= 0
token_ids array<int> not null comment 'the prompt''s tokens',
  -- check: forall(token_ids, token -> token between 0 and :last_token)
explained_token int not null comment 'the token that the model finds the most probable to be next',
  -- check: explained_token between 0 and :last_token
scores array<double> not null comment 'of each unit: the greater, the more it is said to raise ln p of the explained token'
  -- check: size(scores) >= 2
