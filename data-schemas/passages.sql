-- grain: up to 1,024 tokens of the corpus that follow each other in a document
-- keys: corpus_id, places
-- filled by: run

corpus_id string not null comment 'hash of documents, tokenizer, window length',
places string not null comment 'hash of the documents'' names and of how many places are kept',
passage bigint not null comment 'first_position div 1024; several passages may share it',
  -- check: passage = first_position div 1024
first_position bigint not null comment 'place of the first token in the corpus''s token stream, from 0',
  -- check: first_position >= 0
document string not null
  comment 'the document''s file below the corpus''s folder; of a table the row''s id, or its file and number',
document_position bigint not null comment 'tokens of the document before the passage',
  -- check: document_position between 0 and first_position
token_ids array<int> not null comment 'the tokens, at least one'
  -- check: size(token_ids) between 1 and 1024 - first_position % 1024
  -- check: forall(token_ids, token -> token between 0 and :last_token)
