-- grain: a token that a corpus is cut into
-- keys: corpus_id
-- filled by: run

corpus_id string not null comment 'corpus, and so its tokenizer',
token_id int not null comment 'from 0',
  -- check: token_id >= 0
text string not null comment 'the token as text'
