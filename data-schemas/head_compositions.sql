-- grain: head x head of a later block x kind x distance
-- keys: model_id, question
-- filled by: circuits

model_id string not null comment 'model',
question string not null comment 'as in head_circuits',
earlier_block int not null comment 'of the head that writes, from 0',
  -- check: earlier_block between 0 and block - 1
earlier_head int not null comment 'the head that writes, from 0',
  -- check: earlier_head >= 0
block int not null comment 'of the head that reads',
  -- check: array_contains(:blocks, block)
head int not null comment 'the head that reads, from 0',
  -- check: head >= 0
kind string not null comment 'q: queries are made of what was written, OV QK; k: keys are, OV QK''; v: values are, OV OV',
  -- check: kind in ('q', 'k', 'v')
distance int not null comment 'as in head_circuits; 0 of v',
  -- check: distance >= 0
score double comment 'Frobenius norm of the product over the product of norms, in [0, 1]; null where a circuit is 0',
  -- check: score is null or score between 0 and 1
expected_square double not null comment 'mean of squared scores if the stream is turned at random in between: 1 / n',
  -- check: expected_square between 0 and 1
square_deviation double comment 'their standard deviation, exactly; null as score is',
  -- check: square_deviation is null or square_deviation >= 0
z double comment '(score^2 - expected_square) / square_deviation; null as score is'
