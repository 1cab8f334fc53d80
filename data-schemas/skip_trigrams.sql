-- grain: head x distance x skip trigram, the 1,000 that the head by itself predicts most
-- keys: model_id, question
-- filled by: circuits with --corpus

model_id string not null comment 'model',
question string not null comment 'hash of the settings of circuits, of the corpus and of the distance within which sources count',
block int not null comment 'as in head_circuits',
  -- check: array_contains(:blocks, block)
head int not null comment 'as in head_circuits',
  -- check: head >= 0
distance int not null comment 'as in head_circuits',
  -- check: distance >= 0
rank int not null comment 'from 1, by falling product',
  -- check: rank >= 1
source int not null comment 'token that stood before',
  -- check: source between 0 and :last_token
destination int not null comment 'present token, which attends to it',
  -- check: destination between 0 and :last_token
output int not null comment 'token that becomes more probable as the next',
  -- check: output between 0 and :last_token
product double not null comment 'qk * ov, both being positive',
  -- check: product > 0
qk double not null comment 'score before the softmax, less the mean over sources, which count by how often they occur',
  -- check: qk > 0
ov double not null comment 'logit per unit of attention, less the mean over outputs',
  -- check: ov > 0
occurrences bigint comment 'places in the corpus where the output follows the destination and the source stands before; null where chance would give fewer than 5',
expected double comment 'how many chance would give; null as occurrences is',
lift double comment 'occurrences / expected; null as they are'
