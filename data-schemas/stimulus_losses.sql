-- grain: stimulus x loss
-- keys: model_id, question
-- filled by: heads

model_id string not null comment 'model',
question string not null comment 'as in head_scores',
stimulus string not null comment 'as in head_scores',
sequences int not null comment 'sequences that the mean is over',
  -- check: sequences >= 1
length int not null comment 'tokens of a sequence that the model reads',
  -- check: length >= 2
begins int not null comment '1 if the first of them is the token that begins texts, else 0',
  -- check: begins in (0, 1)
period int not null comment 'tokens after which they repeat; 0 where nothing is repeated on purpose',
  -- check: period between 0 and length
loss string not null comment 'all; first_copy; second_copy; early: of tokens from 5 to 10 % of the length; late: of the last tenth; in_context: late less early',
  -- check: loss in ('all', 'first_copy', 'second_copy', 'early', 'late', 'in_context')
mean double not null comment 'mean loss of these tokens, in nats',
  -- check: abs(mean) < 1e38
low double not null comment 'bottom of a 95 % interval, over sequences',
high double not null comment 'top of it'
  -- check: low <= high
