-- grain: prompt x position x method x variant of a question
-- keys: model_id, question
-- filled by: attribute with --warehouse

model_id string not null comment 'model',
question string not null comment 'all that was asked at once: prompts, methods, objective, replacement',
prompt_set string comment 'prompt set of the run whose prompts they are; null for prompts that were given',
prompt_id int not null comment 'the prompt in its prompt set, or its number among those given, from 0',
  -- check: prompt_id >= 0
position int not null comment 'of the token among all that the model reads, from 0',
  -- check: position >= 0
token_id int not null comment 'the token',
  -- check: token_id between 0 and :last_token
predicted int not null comment 'the most probable token after the prompt',
  -- check: predicted between 0 and :last_token
probability double not null comment 'of the predicted token',
  -- check: probability between 0 and 1.00001
objective string not null comment 'what is attributed: log-probability, logit-difference or logit-sum',
  -- check: objective in ('log-probability', 'logit-difference', 'logit-sum')
about int comment 'token whose log-probability or logit the objective is; null for the sum of all logits',
  -- check: about is null or about between 0 and :last_token
other int comment 'token whose logit the difference takes away; null for other objectives',
  -- check: other is null or other between 0 and :last_token
value double not null comment 'the objective of the whole prompt; of log-probability in nats',
replacement string not null comment 'what stood where a token was taken away: marginal, uniform, mean, zero, delete, or token:TEXT',
weights string comment 'of marginal: uniform, or the corpus in which tokens are as frequent; null for others',
method string not null comment 'gradient, occlusion, integrated or combined',
  -- check: method in ('gradient', 'occlusion', 'integrated', 'combined')
variant string comment 'which of the method''s scores: signed, l2, drop, ..; null for integrated',
score double not null comment 'what the prediction owes to the token, in the method''s unit',
  -- check: abs(score) < 1e38
share double not null comment 'score over the prompt''s greatest absolute one, in [-1, 1]; 0 if all are 0'
  -- check: share between -1 and 1
