-- grain: a prompt of a run
-- keys: run_id
-- filled by: run
-- covers: prompts

run_id string not null comment 'run',
prompt_id int not null comment 'prompt, as in prompts',
hellinger double not null comment 'Hellinger distance of approximation and model, in [0, 1]; 1 without evidence',
  -- check: hellinger between 0 and 1
hellinger_leave_one_out double not null comment 'the same for the leave-one-out approximation',
  -- check: hellinger_leave_one_out between 0 and 1
top_token_agrees boolean not null comment 'model_top_token = top_token',
model_top_token int not null comment 'the model''s most probable token id',
  -- check: model_top_token between 0 and :last_token
top_token int comment 'the approximation''s; null without evidence',
  -- check: top_token is null or top_token between 0 and :last_token
leave_one_out_top_token int comment 'the leave-one-out approximation''s; null without evidence',
  -- check: leave_one_out_top_token is null or leave_one_out_top_token between 0 and :last_token
leading_agreement int not null
  comment 'how many of the approximation''s most probable tokens are the model''s, in order; at most 10',
  -- check: leading_agreement between 0 and 10
set_agreement array<int> not null comment 'for which n <= 10 the n most probable tokens are the same in any order',
leave_one_out_leading_agreement int not null comment 'leading_agreement of the leave-one-out approximation',
  -- check: leave_one_out_leading_agreement between 0 and 10
leave_one_out_set_agreement array<int> not null comment 'set_agreement of the leave-one-out approximation'
-- check: top_token is not null or hellinger = 1
-- check: leave_one_out_top_token is not null or hellinger_leave_one_out = 1
-- check: top_token_agrees = (top_token <=> model_top_token)
