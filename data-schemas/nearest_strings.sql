-- grain: prompt x block x window above the lowest bin's edge, the most similar ones
-- keys: model_id, corpus_id, prompt_set, bins, block
-- filled by: tune

model_id string not null comment 'model',
corpus_id string not null comment 'corpus of the similar strings',
prompt_set string not null comment 'prompt set',
bins string not null comment 'as in similarity_bins',
block int not null comment 'transformer block, from 0',
prompt_id int not null comment 'prompt, as in prompts',
window_id bigint not null comment 'window, as in windows',
similarity double not null comment 'cosine of the two vectors, in [-1, 1], above the lowest bin''s edge'
  -- check: similarity between -1.000001 and 1.000001
