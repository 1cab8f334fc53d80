-- grain: prompt and training
-- keys: model_id, question, training
-- filled by: causal

model_id string not null comment 'the model that is explained, whose recipe is trained anew',
question string not null comment 'hash of training, corpus, rule, study and its options',
training string not null comment 'which training',
choice string not null comment 'how left-out places were chosen; whole: none, half: the units of the other half',
  -- check: choice in ('whole', 'half', 'evidence', 'suffix', 'stream', 'gradient', 'same token', 'random')
occurrences int not null comment 'left out for each prompt; 0 of whole texts and halves',
  -- check: occurrences >= 0
part int comment 'group of prompts, or number of the half; null of whole texts',
  -- check: (part is null) = (choice = 'whole')
seed bigint not null comment 'of first weights and batches',
left_out bigint not null comment 'next tokens that do not count in the loss',
  -- check: left_out >= 0
prompt_id int not null comment 'from 0',
  -- check: prompt_id >= 0
explained_token int not null comment 'the token that the explained model finds the most probable',
  -- check: explained_token between 0 and :last_token
log_probability float not null comment 'ln p of the explained token by this training',
  -- check: log_probability <= 0.0001
log_probabilities array<float> not null comment 'ln p of every token'
  -- check: size(log_probabilities) > :last_token
