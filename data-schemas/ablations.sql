-- grain: prompt x block x part that is removed x context of the later blocks
-- keys: model_id, prompt_set
-- filled by: ablate

model_id string not null comment 'model',
prompt_set string not null comment 'prompt set',
prompt_id int not null comment 'prompt, as in prompts',
block int not null comment 'transformer block, from 0',
  -- check: array_contains(:blocks, block)
removed string not null comment 'attention or ffn: what the block does not add',
  -- check: removed in ('attention', 'ffn')
context string not null comment 'alone: later blocks see the last position by itself; whole: all positions',
  -- check: context in ('alone', 'whole')
hellinger double not null comment 'Hellinger distance of the predictions with and without, in [0, 1]',
  -- check: hellinger between 0 and 1
logit_norm double not null comment 'norm of the logits with the part',
  -- check: logit_norm between 0 and 1e38
logit_change double not null comment 'norm of the difference of the logits with and without'
  -- check: logit_change between 0 and 1e38
