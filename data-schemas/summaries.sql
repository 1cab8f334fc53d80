-- grain: a metric of a run
-- keys: run_id, analysis
-- filled by: run

run_id string not null comment 'run',
analysis string not null comment 'what found it: run for the run itself, or what analysed it afterwards',
metric string not null comment 'dotted name, e.g. compatible.hellinger.mean or block.0.join.by_prefix',
value double not null comment 'in the metric''s own unit'
  -- check: abs(value) < double('infinity')
