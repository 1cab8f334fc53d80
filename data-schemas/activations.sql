-- grain: window x block of a model
-- keys: model_id, corpus_id, block
-- filled by: run with store-activations f32
-- covers: windows x blocks

model_id string not null comment 'hash of the model''s config and weights; then -attn_out or -resid_post where vectors are not FFN outputs',
corpus_id string not null comment 'corpus of the window',
block int not null comment 'transformer block, from 0',
window_id bigint not null comment 'window, as in windows',
ffn_out array<float> not null
  comment 'the vector that is compared, at the last position: what the feed-forward network adds, or another one (--vectors), which model_id then ends with; d_model floats'
