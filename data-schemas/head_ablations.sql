-- grain: head x stimulus x kind of ablation
-- keys: model_id, question
-- filled by: heads

model_id string not null comment 'model',
question string not null comment 'as in head_scores',
stimulus string not null comment 'as in head_scores',
sequences int not null comment 'sequences that means are over',
  -- check: sequences >= 1
ablation string not null comment 'what the head mixes is its mean over the stimulus, zero, or zero in the folded model (zero_folded: value biases stay)',
  -- check: ablation in ('mean', 'zero', 'zero_folded')
block int not null comment 'from 0',
  -- check: array_contains(:blocks, block)
head int not null comment 'of queries, from 0',
  -- check: head >= 0
loss double not null comment 'mean loss of all tokens without the head, in nats',
  -- check: loss between 0 and 1e38
loss_change double not null comment 'the loss less that of the whole model',
low double not null comment 'bottom of a 95 % interval of the change, over sequences',
high double not null comment 'top of it',
  -- check: low <= high
second_copy_change double comment 'change of the loss of the second copy; null where nothing is repeated',
induction array<double> comment 'induction score of each head without this one, by block and head; null where nothing is repeated'
  -- check: induction is null or forall(induction, score -> score between 0 and 1.00001)
