-- grain: a prompt of a run x a simple prediction
-- keys: run_id
-- filled by: run

run_id string not null comment 'run',
prompt_id int not null comment 'prompt, as in prompts',
baseline string not null comment 'which prediction, e.g. kneser_ney or suffix_4',
hellinger double not null
  comment 'Hellinger distance of the prediction and the model, in [0, 1]; 1 where it has no counts',
  -- check: hellinger between 0 and 1
hellinger_leave_one_out double comment 'the same without the prompt''s own window; null where that makes no sense',
  -- check: hellinger_leave_one_out is null or hellinger_leave_one_out between 0 and 1
top_token int comment 'its most probable token, of equally probable ones the lowest; null where it has no counts',
  -- check: top_token is null or top_token between 0 and :last_token
leave_one_out_top_token int comment 'the same without the prompt''s own window; null where that makes no sense'
  -- check: leave_one_out_top_token is null or leave_one_out_top_token between 0 and :last_token
