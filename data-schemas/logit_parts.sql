-- grain: prompt x part of the model
-- keys: model_id, question
-- filled by: logits with --warehouse

model_id string not null comment 'model',
question string not null comment 'hash of prompts and tokens',
prompt_id int not null comment 'number of the prompt among those given, from 0',
  -- check: prompt_id >= 0
token_ids array<int> not null comment 'all tokens that the model reads',
  -- check: size(token_ids) >= 1
token_id int not null comment 'the token whose logit it is',
  -- check: token_id between 0 and :last_token
against int comment 'a token whose logit is taken away; null for none',
  -- check: against is null or against between 0 and :last_token
part string not null comment 'embedding, positions, head, attention_bias, mixer, mlp, norm_bias or unembedding_bias',
  -- check: part in ('embedding', 'positions', 'head', 'attention_bias', 'mixer', 'mlp', 'norm_bias', 'unembedding_bias')
block int comment 'from 0; null for parts of which a model has one',
  -- check: block is null or array_contains(:blocks, block)
head int comment 'from 0; null for other parts',
  -- check: (head is not null) = (part = 'head')
logit double not null comment 'what the part adds to the token''s logit, before a cap',
  -- check: abs(logit) < 1e38
against_logit double comment 'what it adds to the logit of the other token; null without one',
  -- check: (against_logit is null) = (against is null)
mean double not null comment 'what it adds to all tokens'' logits on average'
  -- check: abs(mean) < 1e38
