-- grain: a prompt under a model and an alternate of it
-- keys: model_id, prompt_set, alternate_id
-- filled by: run with alternates, compare-models
-- covers: prompts x alternates

model_id string not null comment 'model',
prompt_set string not null comment 'prompt set',
alternate_id string not null comment 'another model with the same tokens',
prompt_id int not null comment 'prompt, as in prompts',
hellinger double not null comment 'Hellinger distance of the two models'' distributions, in [0, 1]',
  -- check: hellinger between 0 and 1
top_token_agrees boolean comment 'whether both have the same most probable token; null in parts that version 0.2 wrote'
