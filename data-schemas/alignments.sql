-- grain: prompt x block of a run x set of directions, one or more for each token
-- keys: run_id, directions
-- filled by: align

run_id string not null comment 'run',
directions string not null
  comment 'final_RECIPE_kK or block-B_RECIPE_kK: the first K of each token in subspaces of that stage, of block-B for the block before B alone; unembedding; random_SEED; with _signed where what points away from a direction is placed last',
block int not null comment 'transformer block, from 0',
  -- check: array_contains(:blocks, block)
prompt_id int not null comment 'prompt, as in prompts',
considered int not null
  comment 'most frequent next tokens of the block''s similar strings that have more than 90 % of the counts, as few as it takes',
  -- check: considered between 1 and :d_vocab
worst_rank int not null
  comment 'the last place that a considered token has among all tokens, from 1, by the cosine of the block''s FFN output and the token''s directions',
  -- check: worst_rank between 1 and :d_vocab
agrees boolean not null
  comment 'whether all considered tokens are in the first half: worst_rank <= d_vocab / 2, rounded down'
  -- check: agrees = (worst_rank <= :d_vocab div 2)
