-- grain: prompt x block x task of a join that is under way and keeps no activations, where it found similar windows
-- keys: model_id, corpus_id, join_id, piece
-- filled by: run with store-activations none, until its join is done

model_id string not null comment 'model',
corpus_id string not null comment 'corpus of the windows',
join_id string not null comment 'hash of prompts and settings of the join, and of how it is cut',
piece int not null comment 'piece of the corpus''s windows in the order of their tokens, from 0',
prompt_set string not null comment 'prompt set',
block int not null comment 'transformer block, from 0',
prompt_id int not null comment 'prompt, as in prompts',
similar_counts array<bigint> not null comment 'similar windows, by bin of similarity',
own_bin int not null comment 'bin of the prompt''s own window; -1 if it is not similar',
tokens array<int> not null comment 'next tokens: bin * d_vocab + token_id, ascending',
counts array<bigint> not null comment 'how often each of tokens follows',
window_ids array<bigint> not null comment 'the most similar windows, in no order',
similarities array<double> not null comment 'cosine similarity of each of window_ids'
