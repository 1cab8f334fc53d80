-- grain: prompt x change of the last block's output, at the prompt's last position
-- keys: model_id, prompt_set
-- filled by: geometry

model_id string not null comment 'model',
prompt_set string not null comment 'prompt set',
prompt_id int not null comment 'prompt, as in prompts',
perturbation string not null
  comment 'scale_10: multiplied by 10; noise_0.1, noise_2: with Gaussian noise of that standard deviation in each component',
norm_before double not null comment 'norm of the last block''s output',
  -- check: norm_before between 0 and 1e38
norm_after double not null comment 'norm once it is changed',
  -- check: norm_after between 0 and 1e38
cosine double not null comment 'cosine between the two, in [-1, 1]',
  -- check: abs(cosine) <= 1.000001
normed_norm_before double not null comment 'norm after the final norm, unchanged',
  -- check: normed_norm_before between 0 and 1e38
normed_norm_after double not null comment 'norm after the final norm, changed',
  -- check: normed_norm_after between 0 and 1e38
normed_cosine double not null comment 'cosine between those two, in [-1, 1]',
  -- check: abs(normed_cosine) <= 1.000001
hellinger double not null comment 'Hellinger distance of the predictions from the two, in [0, 1]'
  -- check: hellinger between 0 and 1
