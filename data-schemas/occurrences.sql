-- grain: a window that stands in more than one place, if more than one is kept
-- keys: corpus_id, places
-- filled by: run

corpus_id string not null comment 'hash of documents, tokenizer, window length',
places string not null comment 'hash of the documents'' names and of how many places are kept',
window_id bigint not null comment 'a window; one without a row stands at its window_id alone',
  -- check: window_id >= 0
positions array<bigint> not null
  comment 'places of its first token in the corpus''s token stream, the first ones, ascending'
  -- check: size(positions) > 1
  -- check: positions[0] = window_id
  -- check: forall(sequence(2, size(positions)), i -> positions[i - 1] > positions[i - 2])
