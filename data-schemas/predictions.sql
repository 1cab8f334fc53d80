-- grain: a prompt under a model
-- keys: model_id, prompt_set
-- filled by: run
-- covers: prompts
-- version: 2

model_id string not null comment 'model',
prompt_set string not null comment 'prompt set',
prompt_id int not null comment 'prompt, as in prompts',
probabilities array<float>
  comment 'the model''s next-token distribution: d_vocab floats in [0, 1], sum 1; null where d_vocab > 4096',
  -- check: coalesce(size(array_compact(probabilities)), :d_vocab) = :d_vocab
  -- check: coalesce(array_min(probabilities), 0) >= 0
  -- check: coalesce(array_max(probabilities), 0) <= 1
  -- check: coalesce(aggregate(probabilities, 0d, (sum, p) -> sum + p), 1) between 1 - 6e-8 * (:d_vocab + 16) and 1 + 6e-8 * (:d_vocab + 16)
final_vector array<float>
  comment 'what the model''s last linear map makes logits of; these columns are null where probabilities are not',
  -- check: coalesce(size(array_compact(final_vector)) = size(final_vector), true)
  -- check: coalesce(array_min(final_vector), 0) > float('-infinity')
  -- check: coalesce(array_max(final_vector), 0) < float('infinity')
log_normalizer double comment 'ln Z: a token''s probability is exp(its logit - ln Z)',
  -- check: coalesce(abs(log_normalizer), 0) < double('infinity')
root_sum double comment 'sum of the square roots of all d_vocab probabilities, in [1, sqrt(d_vocab)]',
  -- check: coalesce(root_sum, 1) between 1 - 1e-9 and sqrt(:d_vocab) + 1e-9
top_tokens array<int> comment 'the 100 most probable token ids, the most probable first',
  -- check: coalesce(size(array_distinct(top_tokens)), least(100, :d_vocab)) = least(100, :d_vocab)
  -- check: top_tokens is null or forall(top_tokens, token -> token between 0 and :last_token)
top_probabilities array<float> comment 'theirs, in [0, 1]'
  -- check: coalesce(size(array_compact(top_probabilities)) = size(top_tokens), true)
  -- check: coalesce(array_min(top_probabilities), 0) >= 0
  -- check: coalesce(top_probabilities = reverse(array_sort(top_probabilities)), true)
  -- check: coalesce(aggregate(top_probabilities, 0d, (sum, p) -> sum + p), 0) <= 1 + 1e-5
-- check: (probabilities is null) = (final_vector is not null)
-- check: (final_vector is null) = (log_normalizer is null)
-- check: (final_vector is null) = (root_sum is null)
-- check: (final_vector is null) = (top_tokens is null)
-- check: (final_vector is null) = (top_probabilities is null)
