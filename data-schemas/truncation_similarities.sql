-- grain: token of the sample x first token x places x layer x tokens
-- keys: model_id, question
-- filled by: locality

model_id string not null comment 'model',
question string not null comment 'as in truncation_summaries',
position bigint not null comment 'of the token in the corpus''s token stream, from 0',
  -- check: position >= 0
place int not null comment 'of the token in the text that was read as a whole, from 0',
  -- check: place >= tokens - 1
token_id int not null comment 'the token',
  -- check: token_id between 0 and :last_token
class string not null comment 'its class',
covers_word boolean comment 'whether the last tokens have all of the word so far that the token is in; null where it has no letter',
before string not null comment 'the text before it, the last 40 tokens',
first_token int comment 'as in truncation_summaries',
places string not null comment 'as there',
  -- check: places in ('kept', 'rebased')
layer int not null comment 'as there',
  -- check: layer = 0 or array_contains(:blocks, layer - 1)
tokens int not null comment 'how many last tokens are read, itself included',
  -- check: tokens > 0
cosine double not null comment 'of the stream when they are read and that of the whole text, less the mean stream of the layer, in [-1, 1]',
  -- check: abs(cosine) < 1.00001
norm_whole double not null comment 'Euclidean norm of the stream of the whole text, nothing taken away',
  -- check: norm_whole >= 0
norm_truncated double not null comment 'the same when the last tokens alone are read'
  -- check: norm_truncated >= 0
