-- grain: prompt and choice
-- keys: model_id, question
-- filled by: causal

model_id string not null comment 'model',
question string not null comment 'hash of training, corpus, rule, study and its options',
choice string not null comment 'how occurrences were chosen: evidence, suffix, stream, gradient, same token or random',
  -- check: choice in ('evidence', 'suffix', 'stream', 'gradient', 'same token', 'random')
prompt_id int not null comment 'from 0',
  -- check: prompt_id >= 0
token_ids array<int> not null comment 'the prompt''s tokens',
  -- check: forall(token_ids, token -> token between 0 and :last_token)
explained_token int not null comment 'the token that the model finds the most probable to be next',
  -- check: explained_token between 0 and :last_token
prompt_group int not null comment 'prompts of a group share trainings; from 0',
  -- check: prompt_group >= 0
places array<int> not null comment 'places of the chosen next tokens in the corpus''s token stream, those first that are taken out first',
  -- check: size(places) >= 1
  -- check: forall(places, place -> place >= 1)
scores array<double> not null comment 'of each place: probability, tokens, cosine, dot product, or a random number'
  -- check: size(scores) = size(places)
