-- grain: prompt x order in which tokens are taken away
-- keys: model_id, question
-- filled by: attribute with --warehouse

model_id string not null comment 'model',
question string not null comment 'as in attributions',
prompt_set string comment 'as in attributions',
prompt_id int not null comment 'as in attributions',
  -- check: prompt_id >= 0
taken_by string not null comment 'method and variant whose descending scores are the order; random: values are means of ten orders',
objectives array<double> not null comment 'the objective after the first 0, 1, .. tokens of the order were taken away, all at once',
  -- check: size(objectives) >= 1
  -- check: forall(objectives, value -> abs(value) < 1e38)
correlations map<string,double> not null
  comment 'other method and variant -> Spearman''s rank correlation of the two over all tokens, in [-1, 1]; none where it is not defined',
  -- check: forall(map_values(correlations), value -> abs(value) < 1.00001)
correlations_without_last map<string,double> not null comment 'the same over all tokens but the last',
  -- check: forall(map_values(correlations_without_last), value -> abs(value) < 1.00001)
integrated_sum double comment 'sum of integrated gradients, which should be the gain; null for other orders',
integrated_gain double comment 'the objective of the prompt less that of the baseline; null for other orders',
integrated_points int comment 'points on the way from the baseline; null for other orders'
