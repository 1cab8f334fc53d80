-- grain: head x stimulus x score x weighting
-- keys: model_id, question
-- filled by: heads

model_id string not null comment 'model',
question string not null comment 'hash of the stimuli and settings of heads',
stimulus string not null comment 'permutation: distinct tokens twice; repeated: tokens by chance twice; random: tokens by chance; prefix: 25 distinct tokens four times; text',
  -- check: stimulus in ('permutation', 'repeated', 'random', 'prefix', 'text')
sequences int not null comment 'sequences that the mean is over',
  -- check: sequences >= 1
block int not null comment 'from 0',
  -- check: array_contains(:blocks, block)
head int not null comment 'of queries, from 0',
  -- check: head >= 0
score string not null comment 'previous, previous_from_8, duplicate, induction, induction_with_last, induction_diagonal, induction_direct_direct, induction_direct_written, induction_written_direct, induction_written_written (queries, keys), prefix_matching, copying, entropy, entropy_late, first_position, newline, mean_distance, output_norm',
weighting string not null comment 'what counts as attention: pattern; value, times the norm of what the head writes for a position; value_folded, of folded weights; without_first, without the first position',
  -- check: weighting in ('pattern', 'value', 'value_folded', 'without_first')
mean double not null comment 'mean over queries and sequences; entropy in nats, mean_distance in positions, others shares of attention in [0, 1]',
  -- check: mean between 0 and 1e38
  -- check: score in ('entropy', 'entropy_late', 'mean_distance', 'output_norm') or mean <= 1.00001
uniform double comment 'the same of attention that is alike to all that is seen; null for output_norm',
  -- check: uniform is null or uniform between 0 and 1e38
low double not null comment 'bottom of a 95 % interval of the mean, over sequences',
high double not null comment 'top of it'
  -- check: low <= high
