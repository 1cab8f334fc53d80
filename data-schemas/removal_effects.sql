-- grain: choice and number of occurrences
-- keys: model_id, question
-- filled by: causal

model_id string not null comment 'model',
question string not null comment 'hash of training, corpus, rule, study and its options',
choice string not null comment 'how occurrences were chosen; whole: two seeds on the whole text against each other',
  -- check: choice in ('whole', 'evidence', 'suffix', 'stream', 'gradient', 'same token', 'random')
occurrences int not null comment 'taken out for each prompt; 0 of whole',
  -- check: (occurrences = 0) = (choice = 'whole')
prompts int not null comment 'how many',
  -- check: prompts >= 1
seeds int not null comment 'trainings of each prompt, over which its effect is averaged',
  -- check: seeds >= 1
log_probability_change double not null comment 'ln p of the explained token without them less that with the whole text, mean over prompts; of whole the mean absolute difference',
log_probability_change_low double not null comment 'lower end of a 95 % interval over prompts',
  -- check: log_probability_change_low <= log_probability_change_high
log_probability_change_high double not null comment 'upper end',
hellinger double not null comment 'distance of the prediction from that with the whole text, mean over prompts',
  -- check: hellinger between 0 and 1
hellinger_low double not null comment 'lower end of a 95 % interval over prompts',
hellinger_high double not null comment 'upper end',
evidence_change_beyond double comment 'change by the evidence less this one, mean over prompts: below 0 where the evidence takes more away; null of evidence and whole',
evidence_change_beyond_low double comment 'lower end of its 95 % interval; null as it is',
evidence_change_beyond_high double comment 'upper end; null as it is'
  -- check: (evidence_change_beyond_high is null) = (evidence_change_beyond is null)
