-- grain: prompt x block x bin of similarity that is not empty
-- keys: model_id, corpus_id, prompt_set, bins, block
-- filled by: tune

model_id string not null comment 'model',
corpus_id string not null comment 'corpus of the similar strings',
prompt_set string not null comment 'prompt set',
bins string not null comment 'lower edge of the first bin and width of each, as 0.7_0.01; _centred behind it if similarities are of vectors without their block''s mean',
block int not null comment 'transformer block, from 0',
prompt_id int not null comment 'prompt, as in prompts',
bin int not null comment 'from 0, by ascending similarity',
  -- check: bin >= 0
above double not null comment 'the bin''s lower edge; similarities are above it',
similar_count bigint not null comment 'windows in the bin',
  -- check: similar_count >= 1
counts map<int,bigint> not null comment 'token id -> sum of the next-token counts of the bin''s windows',
  -- check: forall(map_keys(counts), token -> token between 0 and :last_token)
  -- check: forall(map_values(counts), n -> n >= 1)
own_window_similar boolean not null comment 'whether the prompt''s own window is in the bin'
