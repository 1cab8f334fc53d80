-- grain: what stands for a token, of a model and a corpus
-- keys: model_id, question
-- filled by: circuits with --corpus

model_id string not null comment 'model',
question string not null comment 'as in skip_trigrams',
basis string not null comment 'what the unembedding reads: embedding, or normed, which is the model without its blocks',
  -- check: basis in ('embedding', 'normed')
pairs bigint not null comment 'places where a token follows another',
  -- check: pairs >= 1
distinct_pairs bigint not null comment 'different ones',
  -- check: distinct_pairs between 1 and pairs
cross_entropy double not null comment 'nats a place, of what is predicted of the present token alone',
  -- check: cross_entropy >= bigram_entropy - 1e-9
bigram_entropy double not null comment 'nats a place, of what follows in the corpus: no less is possible of one token',
  -- check: bigram_entropy >= 0
unigram_entropy double not null comment 'nats a place, of tokens that follow, whatever stands before',
  -- check: unigram_entropy >= bigram_entropy - 1e-9
correlation double comment 'of logits with logarithms of counts, over distinct pairs, in [-1, 1]; null if either are all alike',
  -- check: correlation is null or abs(correlation) < 1.00001
centered_correlation double comment 'the same with each first token''s mean taken from both'
  -- check: centered_correlation is null or abs(centered_correlation) < 1.00001
