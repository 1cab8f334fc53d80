-- grain: cell x prompt x restart x position x decoding of a grid
-- keys: model_id, grid
-- filled by: invert

model_id string not null comment 'model',
grid string not null comment 'all that was asked at once: cells, prompts, restarts, seed',
cell int not null comment 'a choice of what is inverted and how: the columns that follow say it',
  -- check: cell >= 0
method string not null comment 'indirect: token vectors are searched for, all at once; direct: a mixture of the vocabulary; per-token, expanding, sequential: one after another',
blocks int not null comment 'how many blocks made the output; 0 for the input itself',
outputs string not null comment 'last, each, or first-again: which outputs count',
part string not null comment 'what of each block: block, attention-only, ..',
causal boolean not null comment 'whether positions see only those before them',
tokens string not null comment 'positions of the output that count, as Python writes slices',
features int not null comment 'how many features of the output count',
  -- check: features >= 0
loss string not null comment 'how outputs are compared',
prompt int not null comment 'number of the prompt, from 0',
restart int not null comment 'from 0; each began elsewhere',
  -- check: restart >= 0
position int not null comment 'of the token, from 0',
  -- check: position >= 0
true_id int not null comment 'the token that stood there',
  -- check: true_id between 0 and :last_token
counts boolean not null comment 'whether the output of the position is among those that count',
decoding string not null
  comment 'how the vector was read: pinv, nearest, cosine, centred-cosine, raw; after allowed: or allowed-zero:, among the allowed tokens alone; after own: or own+8:, among those of the prompt, and 8 others',
best array<int> not null comment 'the tokens it was read as, the best first, up to 5',
  -- check: size(array_compact(best)) = size(best)
rank int not null comment 'of the true token, from 1',
  -- check: rank between 1 and :last_token + 1
margin double comment 'score of the true token less the best of others; null if it is not allowed',
unchanged boolean not null comment 'whether the vector is read as it was before the first step',
moved double not null comment 'length of the way from the start',
  -- check: moved >= 0
missed double not null comment 'distance from the true vector',
  -- check: missed >= 0
first_loss double not null comment 'loss of the prompt at the start',
last_loss double not null comment 'loss of the prompt at the end',
l1 double not null comment 'sum of absolute differences of what counts at the end',
  -- check: l1 >= 0
cosine double not null comment 'of what counts with what was to be met, at the end',
  -- check: cosine between -1.00001 and 1.00001
accepted boolean not null
  comment 'whether the output is nearer to the one to be met than that of true vectors with noise: by l1, or by cosine where the loss is one'
