-- grain: cell x prompt x position of a grid
-- keys: model_id, grid
-- filled by: invert --jacobian

model_id string not null comment 'model',
grid string not null comment 'as in inversions',
cell int not null comment 'the first cell of inversions with this output',
  -- check: cell >= 0
prompt int not null comment 'number of the prompt, from 0',
position int not null comment 'of the token whose vector is varied about its true value, from 0',
  -- check: position >= 0
true_id int not null comment 'the token that stood there',
  -- check: true_id between 0 and :last_token
counts boolean not null comment 'whether the output of the position is among those that count',
seen boolean not null comment 'whether what counts depends on the position',
singular_values array<double> not null
  comment 'of the derivative of all numbers that count by the vector, d_model of them, descending: how many times longer a small step comes out; below 1e-5 of the first they are rounding'
  -- check: size(singular_values) > 0
