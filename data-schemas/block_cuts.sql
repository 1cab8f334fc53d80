-- grain: token of a sample x first token x block x tokens
-- keys: model_id, question
-- filled by: locality

model_id string not null comment 'model',
question string not null comment 'as in truncation_summaries',
position bigint not null comment 'of the token in the corpus''s token stream, from 0',
  -- check: position >= 0
place int not null comment 'of the token in the text that was read as a whole, from 0',
  -- check: place >= tokens - 1
first_token int comment 'as in truncation_summaries; attention always sees it',
block int not null comment 'the one block whose attention was cut',
  -- check: array_contains(:blocks, block)
tokens int not null comment 'the last ones that its attention saw, itself included',
  -- check: tokens > 0
cosine double not null comment 'of the stream after the block, cut and not, less the mean stream there, in [-1, 1]',
  -- check: abs(cosine) < 1.00001
change double not null comment 'norm of their difference over the norm of what the block adds'
  -- check: change >= 0
