-- grain: head x stimulus x weighting x band of distances
-- keys: model_id, question
-- filled by: heads

model_id string not null comment 'model',
question string not null comment 'as in head_scores',
stimulus string not null comment 'as in head_scores',
sequences int not null comment 'sequences that the mean is over',
  -- check: sequences >= 1
block int not null comment 'from 0',
  -- check: array_contains(:blocks, block)
head int not null comment 'of queries, from 0',
  -- check: head >= 0
weighting string not null comment 'as in head_scores',
  -- check: weighting in ('pattern', 'value', 'value_folded', 'without_first')
nearest int not null comment 'least distance of the band, in positions back from the query',
  -- check: nearest >= 0
farthest int comment 'greatest distance; null for no end',
  -- check: farthest is null or farthest >= nearest
share double not null comment 'of attention in the band, mean over the queries of the second half, in [0, 1]',
  -- check: share between 0 and 1.00001
uniform double comment 'the same of attention that is alike to all that is seen',
  -- check: uniform is null or uniform between 0 and 1.00001
low double not null comment 'bottom of a 95 % interval of the share, over sequences',
high double not null comment 'top of it'
  -- check: low <= high
