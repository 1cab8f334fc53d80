-- grain: order of paths
-- keys: model_id, question
-- filled by: expand

model_id string not null comment 'model',
question string not null comment 'hash of the sequences and of where value biases count',
value_biases string not null comment 'folded: what heads add whatever they read is of order 0; literal: of order 1 and later ones',
  -- check: value_biases in ('folded', 'literal')
path_order int not null comment 'n: the sum of all paths through at most n heads, patterns, what norms divide by and outputs of networks being the model''s own',
  -- check: path_order between 0 and size(:blocks)
predictions bigint not null comment 'of all sequences',
  -- check: predictions >= 1
loss double not null comment 'mean over sequences of -ln p of the next token by that sum, in nats a prediction',
  -- check: loss between 0 and 1e38
  -- check: path_order < size(:blocks) or abs(loss - model_loss) <= 0.001 * (1 + model_loss)
loss_low double not null comment 'lower end of a 95 % interval of loss, sequences drawn anew',
loss_high double not null comment 'upper end',
marginal double comment 'loss of order n - 1 less that of order n; null of order 0',
  -- check: (marginal is null) = (path_order = 0)
marginal_low double comment 'lower end of its 95 % interval; null as marginal is',
marginal_high double comment 'upper end; null as marginal is',
model_loss double not null comment 'the loss of the model itself, which the last order comes to',
  -- check: model_loss between 0 and 1e38
losses array<double> not null comment 'loss of each sequence, in nats a prediction'
  -- check: size(losses) >= 1
