-- grain: a figure of a run
-- keys: run_id, analysis
-- filled by: run
-- version: 2

run_id string not null comment 'run',
analysis string not null comment 'what found it: run for the run itself, or what analysed it afterwards',
series string not null comment 'what was measured, e.g. similar_strings, noise_floor or a baseline',
protocol string comment 'compatible: with a prompt''s own window among the evidence; honest: without it; null where there is no difference',
slice string comment 'the prompts that count, e.g. split.outside; null for all',
block int comment 'transformer block, from 0; null for none',
quantity string not null comment 'what is measured of the series, e.g. hellinger or top1',
statistic string not null comment 'mean, std, min, max, ci95_low or ci95_high of the prompts'' values, or what else the quantity has',
value double not null comment 'in the quantity''s own unit'
  -- check: abs(value) < double('infinity')
