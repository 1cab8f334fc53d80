-- grain: a prompt of a prompt set
-- keys: prompt_set
-- filled by: run

prompt_set string not null comment 'hash of how the prompts were chosen',
prompt_id int not null comment 'position in the prompt set, from 0',
  -- check: prompt_id >= 0
token_ids array<int> not null comment 'window_length token ids',
  -- check: size(token_ids) = :window_length
  -- check: forall(token_ids, token -> token between 0 and :last_token)
text string not null comment 'the prompt as text',
window_id bigint comment 'the same window of the corpus; null if it has none'
