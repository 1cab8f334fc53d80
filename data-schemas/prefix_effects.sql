-- grain: text x prefix x places x layer
-- keys: model_id, question
-- filled by: locality --text

model_id string not null comment 'model',
question string not null comment 'as in truncation_summaries, and of which texts',
prefix string not null comment 'the text before',
text string not null comment 'the string whose last token is looked at',
places string not null comment 'where the string stands when it stands alone: as in truncation_summaries',
  -- check: places in ('kept', 'rebased')
layer int not null comment 'as there',
  -- check: layer = 0 or array_contains(:blocks, layer - 1)
cosine double not null comment 'of the stream at the string''s last token, with the prefix and without, less the mean stream of the layer, in [-1, 1]'
  -- check: abs(cosine) < 1.00001
