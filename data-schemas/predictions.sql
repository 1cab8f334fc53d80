-- grain: a prompt under a model
-- keys: model_id, prompt_set
-- filled by: run
-- covers: prompts

model_id string not null comment 'model',
prompt_set string not null comment 'prompt set',
prompt_id int not null comment 'prompt, as in prompts',
probabilities array<float> not null comment 'the model''s next-token distribution: d_vocab floats in [0, 1], sum 1'
  -- check: size(array_compact(probabilities)) = :d_vocab
  -- check: array_min(probabilities) >= 0
  -- check: array_max(probabilities) <= 1
  -- check: aggregate(probabilities, 0d, (sum, p) -> sum + p) between 1 - 6e-8 * (:d_vocab + 16) and 1 + 6e-8 * (:d_vocab + 16)
