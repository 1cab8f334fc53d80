-- grain: prompt x position x head, or prompt x position where a place has no heads
-- keys: model_id, given_prompts, hook, positions
-- filled by: activations with --hook

model_id string not null comment 'model',
given_prompts string not null comment 'hash of the token ids of all prompts that were given together',
hook string not null comment 'place in the forward pass, by the name that TransformerLens has for it',
positions string not null comment 'all, or last for the last position alone',
  -- check: positions in ('all', 'last')
prompt_id int not null comment 'place among the prompts that were given together, from 0',
  -- check: prompt_id >= 0
token_ids array<int> not null comment 'the prompt; a token that the model reads before every sequence is not among them',
  -- check: size(token_ids) > 0
  -- check: forall(token_ids, token -> token between 0 and :last_token)
block int comment 'transformer block, from 0; null at places that are in none',
  -- check: block is null or array_contains(:blocks, block)
position int not null
  comment 'place in token_ids, from 0; -1 is the token that the model reads before every sequence; of attn.hook_pattern and attn.hook_attn_scores that of the query',
  -- check: position between -1 and size(token_ids) - 1
head int comment 'head, from 0; of attn.hook_k and attn.hook_v one of keys and values; null at places without heads',
  -- check: head is null or head >= 0
values array<float> not null
  comment 'what is there; of attn.hook_pattern and attn.hook_attn_scores one number a position of keys, scores being minus infinity where they are masked'
  -- check: size(array_compact(values)) > 0
  -- check: forall(values, value -> not isnan(value) and value < float('infinity'))
  -- check: hook like '%.attn.hook_attn_scores' or forall(values, value -> value > float('-infinity'))
