-- grain: pair of heads of which the later reads the earlier, those that compose farthest from chance
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
distance int not null comment 'of the later head''s query after its key, as in head_circuits',
  -- check: distance >= 0
norm double not null comment 'Frobenius norm of OV OV, what both move together',
  -- check: norm between 0 and 1e38
moved_trace double not null comment 'sum of the eigenvalues of OV OV',
moved_score double comment 'over the sum of their moduli, in [-1, 1]; null where all are 0',
  -- check: moved_score is null or abs(moved_score) <= 1
copied_trace double not null comment 'sum of the eigenvalues of W_E OV OV W_U: from embeddings to logits',
copied_score double comment 'over the sum of their moduli, in [-1, 1]; null where all are 0',
  -- check: copied_score is null or abs(copied_score) <= 1
induction_trace double not null comment 'sum of the eigenvalues of W_E QK OV'' W_E'': a token finds those before which it stood',
induction_score double comment 'over the sum of their moduli, in [-1, 1]; null where all are 0',
  -- check: induction_score is null or abs(induction_score) <= 1
induction_positive_share double not null comment 'share of these eigenvalues that is real and positive, in [0, 1]',
  -- check: induction_positive_share between 0 and 1
induction_top_1 double comment 'share of tokens that find themselves first, in [0, 1]; null where no tokens were compared'
  -- check: induction_top_1 is null or induction_top_1 between 0 and 1
