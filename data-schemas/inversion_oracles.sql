-- grain: cell x prompt x position of a grid
-- keys: model_id, grid
-- filled by: invert

model_id string not null comment 'model',
grid string not null comment 'as in inversions',
cell int not null comment 'the first cell of inversions with this output',
  -- check: cell >= 0
prompt int not null comment 'number of the prompt, from 0',
position int not null comment 'of the token that others are tried for, from 0',
  -- check: position >= 0
true_id int not null comment 'the token that stood there',
  -- check: true_id between 0 and :last_token
true_distance double not null comment 'of the output with the true token from itself: rounding',
  -- check: true_distance >= 0
runner_up int not null comment 'the other token whose output comes nearest',
  -- check: runner_up between 0 and :last_token
runner_up_distance double not null comment 'of its output from the true one, as l2 over what counts',
  -- check: runner_up_distance >= 0
noise double not null comment 'what rounding makes of distances in this prompt',
  -- check: noise >= 0
seen boolean not null comment 'whether what counts depends on the position'
