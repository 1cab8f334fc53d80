-- grain: a distinct window of a corpus
-- keys: corpus_id
-- filled by: run

corpus_id string not null comment 'hash of documents, tokenizer, window length',
window_id bigint not null comment 'position of the first occurrence in the corpus''s token stream, from 0',
token_ids array<int> not null comment 'window_length token ids',
  -- check: size(token_ids) = :window_length
text string not null comment 'the window as text',
occurrences bigint not null comment 'places where the window stands, at least 1',
  -- check: occurrences >= 1
next_tokens map<int,bigint> not null
  comment 'following token id -> occurrences followed by it; a document''s end has none'
