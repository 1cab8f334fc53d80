-- grain: place that is patched
-- keys: model_id, question
-- filled by: patch with --warehouse

model_id string not null comment 'model',
question string not null comment 'hash of prompts, tokens and place',
clean_token_ids array<int> not null comment 'all tokens of the prompt that is copied from',
corrupted_token_ids array<int> not null comment 'all tokens of the prompt that is copied into',
  -- check: size(corrupted_token_ids) = size(clean_token_ids)
answer int not null comment 'token whose logit counts',
  -- check: answer between 0 and :last_token
against int not null comment 'token whose logit is taken away',
  -- check: against between 0 and :last_token
hook string not null comment 'place in a block, as TransformerLens names it',
block int not null comment 'from 0',
  -- check: array_contains(:blocks, block)
position int comment 'whose values are copied, from 0; null where a head''s are',
  -- check: position is null or position between 0 and size(clean_token_ids) - 1
head int comment 'whose values are copied, from 0; null where a position''s are',
  -- check: (head is null) = (position is not null)
clean_difference double not null comment 'difference of the logits after the clean prompt',
corrupted_difference double not null comment 'difference after the corrupted prompt',
patched_difference double not null comment 'difference after the corrupted prompt with the place copied',
  -- check: abs(patched_difference) < 1e38
share double comment 'how far that is from corrupted (0) to clean (1); null if these do not differ'
