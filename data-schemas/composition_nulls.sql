-- grain: pair of heads x kind, of which a sample was drawn
-- keys: model_id, question
-- filled by: circuits

model_id string not null comment 'model',
question string not null comment 'as in head_circuits',
earlier_block int not null comment 'as in head_compositions',
  -- check: earlier_block between 0 and block - 1
earlier_head int not null comment 'as in head_compositions',
  -- check: earlier_head >= 0
block int not null comment 'as in head_compositions',
  -- check: array_contains(:blocks, block)
head int not null comment 'as in head_compositions',
  -- check: head >= 0
kind string not null comment 'as in head_compositions',
  -- check: kind in ('q', 'k', 'v')
distance int not null comment 'as in head_compositions',
  -- check: distance >= 0
score double not null comment 'as in head_compositions',
  -- check: score between 0 and 1
null_mean double not null comment 'of scores with random rotations of the stream in between',
  -- check: null_mean between 0 and 1
null_deviation double not null comment 'their standard deviation',
  -- check: null_deviation between 0 and 1
z double not null comment '(score - null_mean) / null_deviation'
