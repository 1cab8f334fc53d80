-- grain: a run
-- keys: run_id
-- filled by: run

run_id string not null comment 'r-<UTC start>-<random>',
status string not null comment 'published, or rejected by the audit',
  -- check: status in ('published', 'rejected')
reason string comment 'what the audit found; null if published',
  -- check: (reason is null) = (status = 'published')
started_at timestamp_ltz not null comment 'UTC',
published_at timestamp_ltz comment 'UTC; null if rejected',
  -- check: (published_at is null) = (status = 'rejected')
model_id string not null comment 'model',
corpus_id string not null comment 'corpus',
prompt_set string not null comment 'prompt set',
settings map<string,string> not null comment 'every setting that was in force, as in kindred.conf',
versions map<string,string> not null comment 'kindred, spark, djl, pytorch, java',
stage_seconds map<string,double> comment 'stage -> seconds it took in the command that ended the run; null of old runs'
