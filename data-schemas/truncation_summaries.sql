-- grain: comparison x first token x places x layer x tokens x slice
-- keys: model_id, question
-- filled by: locality

model_id string not null comment 'model',
question string not null comment 'what was asked of which corpus; the command''s last line has it',
compared_with string not null comment 'last_tokens: the stream when the last tokens alone are read; next_place: that of another token of the sample; same_last: that of a token of another text behind the same last tokens',
  -- check: compared_with in ('last_tokens', 'next_place', 'same_last')
first_token int comment 'id of the token that stands before the text and before its last tokens; null for none',
places string comment 'kept: the last tokens stand where they stand in the text; rebased: from the beginning on; null where both streams are of whole texts',
  -- check: places in ('kept', 'rebased') or places is null and compared_with != 'last_tokens'
layer int not null comment '0: the stream that block 0 reads; b + 1: the stream after block b',
  -- check: layer = 0 or array_contains(:blocks, layer - 1)
tokens int not null comment 'how many last tokens are read, or the same; 0 for next_place',
  -- check: tokens >= 0
slice string not null comment 'of which tokens: all, class: and a class of tokens, word: covered or cut, or from: and the first of a range of places in the text that ends before its double',
  -- check: slice rlike '^(all|class:.+|word:(covered|cut)|from:[0-9]+)$'
count bigint not null comment 'tokens',
  -- check: count > 0
mean double not null comment 'mean cosine of both streams, less the mean stream of the layer, in [-1, 1]',
  -- check: mean between -1.001 and 1.001
median double not null comment 'median, to .001; the same of the quantiles',
  -- check: median between -1.001 and 1.001
quantile_01 double not null comment '1 % are below it',
quantile_05 double not null comment '5 % are below it',
quantile_25 double not null comment 'a quarter are below it',
quantile_75 double not null comment 'three quarters are below it',
  -- check: quantile_01 <= quantile_05 and quantile_05 <= quantile_25 and quantile_25 <= median and median <= quantile_75
quantile_95 double not null comment '95 % are below it',
quantile_99 double not null comment '99 % are below it',
  -- check: quantile_75 <= quantile_95 and quantile_95 <= quantile_99
mean_square double not null comment 'mean of squared cosines: the share of a squared norm that the other stream explains',
  -- check: mean_square between 0 and 1.001
negative_share double not null comment 'share of cosines below 0',
  -- check: negative_share between 0 and 1
bins array<int> not null comment 'the histogram: bins that are not empty, of 2,000 over [-1, 1]; bin 2000 has those that are 1 to 1e-6',
counts array<bigint> not null comment 'how many each of them has'
  -- check: size(bins) = size(counts) and aggregate(counts, 0L, (sum, x) -> sum + x) = count
