-- grain: head x circuit x distance x basis
-- keys: model_id, question
-- filled by: circuits

model_id string not null comment 'model',
question string not null comment 'hash of the settings of circuits',
block int not null comment 'from 0',
  -- check: array_contains(:blocks, block)
head int not null comment 'of queries, from 0',
  -- check: head >= 0
circuit string not null comment 'qk: W_Q W_K''; ov: W_V W_O; both of the folded weights',
  -- check: circuit in ('qk', 'ov')
distance int not null comment 'of the query after the key, in positions; 0 where positions turn nothing, and of ov',
  -- check: distance >= 0
basis string not null comment 'residual, or what stands for a token: embedding, normed, normed_meanpos, block0, block0_normed, mlp0, mlp0_normed',
trace double not null comment 'sum of eigenvalues',
  -- check: abs(trace) <= moduli * 1.000001 + 1e-9
moduli double not null comment 'sum of their moduli',
  -- check: moduli between 0 and 1e38
score double comment 'trace / moduli, in [-1, 1]: copying of ov, matching of qk; null where all eigenvalues are 0',
  -- check: score is null or abs(score) <= 1
null_deviation double not null comment 'standard deviation of the score of normal factors, whose mean is 0',
  -- check: null_deviation between 0 and 1
z double comment 'score / null_deviation; null as score is',
positive_share double not null comment 'share of the eigenvalues that is real and positive, in [0, 1]',
  -- check: positive_share between 0 and 1
eigenvalues_real array<double> not null comment 'd_head real parts, by falling modulus',
eigenvalues_imaginary array<double> not null comment 'their imaginary parts',
  -- check: size(eigenvalues_imaginary) = size(eigenvalues_real)
diagonal_mean double comment 'mean over tokens of what each has for itself; null in the residual basis',
mean double comment 'mean over all pairs of tokens; null in the residual basis',
top_1 double comment 'share of tokens for which no other has more, in [0, 1]; null in the residual basis, and where no tokens were compared',
  -- check: top_1 is null or top_1 between 0 and 1
top_5 double comment 'share of tokens for which fewer than five have more, in [0, 1]; null as top_1 is',
  -- check: top_5 is null or top_5 between top_1 and 1
norm double comment 'Frobenius norm of the circuit; null but in the residual basis',
  -- check: norm is null or norm between 0 and 1e38
effective_rank double comment '(sum of squared singular values)^2 / sum of their fourth powers; null but in the residual basis, and of a circuit that is 0',
singular_values array<double> comment 'd_head singular values, falling; null but in the residual basis'
