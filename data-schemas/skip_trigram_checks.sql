-- grain: head x distance
-- keys: model_id, question
-- filled by: circuits with --corpus

model_id string not null comment 'model',
question string not null comment 'as in skip_trigrams',
block int not null comment 'as in head_circuits',
  -- check: array_contains(:blocks, block)
head int not null comment 'as in head_circuits',
  -- check: head >= 0
distance int not null comment 'as in head_circuits',
  -- check: distance >= 0
cells bigint not null comment 'skip trigrams of which chance would give 5 at least in the corpus',
  -- check: cells >= 0
correlation double comment 'Spearman''s, of the head''s products with lifts over these, in [-1, 1]; null where it is not defined',
  -- check: correlation is null or abs(correlation) < 1.00001
shuffled_mean double comment 'the same with the sources of the head exchanged at random: mean of 50',
shuffled_deviation double comment 'their standard deviation',
z double comment '(correlation - shuffled_mean) / shuffled_deviation'
