-- grain: an n-gram model among the baselines of prompts under a model
-- keys: model_id, corpus_id, prompt_set
-- filled by: run since version 0.3

model_id string not null comment 'model',
corpus_id string not null comment 'corpus',
prompt_set string not null comment 'prompts that it is not fitted to',
baseline string not null comment 'which, as in baselines',
n_gram_order int not null comment 'tokens of the longest context, 0 or more',
  -- check: n_gram_order >= 0
continuation boolean not null comment 'whether shorter contexts count distinct preceding tokens, as Kneser and Ney do',
discounts array<array<double>> not null
  comment 'by tokens of the context: what counts of 1, 2, and 3 or more lose, in [0, 3]',
  -- check: size(discounts) = n_gram_order + 1
  -- check: forall(discounts, d -> size(d) = 3 and d[0] between 0 and 1 and d[1] between 0 and 2 and d[2] between 0 and 3)
lower_shares array<array<double>> not null
  comment 'by tokens of the context: shares of the shorter one, in (0, 1), of 128 buckets: 8 floor(log2 occurrences) + floor(log2(2 types - 1)), each at its most; empty for none',
  -- check: forall(flatten(lower_shares), share -> share > 0 and share < 1)
fitting_windows int not null comment 'windows that it was fitted to',
held_out_windows int not null comment 'windows that the fitting was stopped by',
hellinger_held_out double
  comment 'mean Hellinger distance over these, without each one''s own window, in [0, 1]; null without any',
  -- check: hellinger_held_out is null or hellinger_held_out between 0 and 1
is_strongest boolean not null comment 'whether it is the closest there: the n-gram that others are compared with'
