-- grain: a prompt of a run
-- keys: run_id
-- filled by: run
-- covers: prompts

run_id string not null comment 'run',
prompt_id int not null comment 'prompt, as in prompts',
probabilities map<int,double> not null
  comment 'token id -> weighted share of the block distributions, sum 1; empty without evidence',
  -- check: if(size(probabilities) = 0, 1d, aggregate(map_values(probabilities), 0d, (sum, p) -> sum + p)) between 1 - 1e-9 and 1 + 1e-9
  -- check: forall(map_values(probabilities), p -> p between 0 and 1 + 1e-9)
  -- check: forall(map_keys(probabilities), token -> token between 0 and :last_token)
leave_one_out_probabilities map<int,double> not null comment 'the same without the prompt''s own window as evidence'
  -- check: if(size(leave_one_out_probabilities) = 0, 1d, aggregate(map_values(leave_one_out_probabilities), 0d, (sum, p) -> sum + p)) between 1 - 1e-9 and 1 + 1e-9
  -- check: forall(map_values(leave_one_out_probabilities), p -> p between 0 and 1 + 1e-9)
  -- check: forall(map_keys(leave_one_out_probabilities), token -> token between 0 and :last_token)
