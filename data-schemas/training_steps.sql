-- grain: a model that a training has kept
-- keys: model_id, training
-- filled by: analyses of a model with --checkpoints

model_id string not null comment 'model as it was after a step',
training string not null comment 'hash of text, tokenizer, model and recipe: two trainings may begin with one model',
folder string not null comment 'where the training''s model was when it was looked at',
step int not null comment 'steps that had been done; 0 before the first',
  -- check: step >= 0
train_loss double comment 'on a sample of the training text, in nats a token; null if it was not evaluated',
validation_loss double comment 'on a sample of the rest'
  -- check: (validation_loss is null) = (train_loss is null)
