-- grain: score
-- keys: model_id, question
-- filled by: causal

model_id string not null comment 'model',
question string not null comment 'hash of training, corpus, rule, study and its options',
score string not null comment 'as in unit_scores; another seed: the same halves trained with a second seed',
halves int not null comment 'trainings on random halves of the units',
  -- check: halves >= 2
prompts int not null comment 'how many',
  -- check: prompts >= 1
rank_correlation double not null comment 'linear datamodeling score: Spearman''s correlation of summed scores and ln p over halves, mean over prompts',
  -- check: rank_correlation between -1.000001 and 1.000001
rank_correlation_low double not null comment 'lower end of a 95 % interval over prompts',
rank_correlation_high double not null comment 'upper end'
