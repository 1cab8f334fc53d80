-- grain: window x block of a model
-- keys: model_id, corpus_id, block
-- filled by: run with store-activations f16
-- covers: windows x blocks

model_id string not null comment 'hash of the model''s config and weights, and of this precision',
corpus_id string not null comment 'corpus of the window',
block int not null comment 'transformer block, from 0',
window_id bigint not null comment 'window, as in windows',
ffn_out binary not null
  comment 'the vector that is compared, as in activations; d_model numbers of IEEE 754 binary16, little-endian; vector(ffn_out) is an array<float>'
