-- Views of the current run's tables for JDBC tools, which list the session catalog only. They follow each run that is
-- published. Once, in the metastore of the Thrift server:
--   spark-sql --conf spark.sql.catalog.kindred=... --conf spark.sql.catalog.kindred.warehouse=... -f conf/views.sql
create database if not exists kindred_current;
create or replace view kindred_current.windows as select * from kindred.current.windows;
create or replace view kindred_current.tokens as select * from kindred.current.tokens;
create or replace view kindred_current.occurrences as select * from kindred.current.occurrences;
create or replace view kindred_current.passages as select * from kindred.current.passages;
create or replace view kindred_current.activations as select * from kindred.current.activations;
create or replace view kindred_current.activations_f16 as select * from kindred.current.activations_f16;
create or replace view kindred_current.prompts as select * from kindred.current.prompts;
create or replace view kindred_current.prompt_activations as select * from kindred.current.prompt_activations;
create or replace view kindred_current.predictions as select * from kindred.current.predictions;
create or replace view kindred_current.model_distances as select * from kindred.current.model_distances;
create or replace view kindred_current.similar_strings as select * from kindred.current.similar_strings;
create or replace view kindred_current.block_distributions as select * from kindred.current.block_distributions;
create or replace view kindred_current.evidence_pieces as select * from kindred.current.evidence_pieces;
create or replace view kindred_current.similarity_bins as select * from kindred.current.similarity_bins;
create or replace view kindred_current.nearest_strings as select * from kindred.current.nearest_strings;
create or replace view kindred_current.approximations as select * from kindred.current.approximations;
create or replace view kindred_current.distances as select * from kindred.current.distances;
create or replace view kindred_current.baselines as select * from kindred.current.baselines;
create or replace view kindred_current.baseline_fits as select * from kindred.current.baseline_fits;
create or replace view kindred_current.threshold_curves as select * from kindred.current.threshold_curves;
create or replace view kindred_current.block_vectors as select * from kindred.current.block_vectors;
create or replace view kindred_current.ablations as select * from kindred.current.ablations;
create or replace view kindred_current.directions as select * from kindred.current.directions;
create or replace view kindred_current.perturbations as select * from kindred.current.perturbations;
create or replace view kindred_current.learned_embeddings as select * from kindred.current.learned_embeddings;
create or replace view kindred_current.subspaces as select * from kindred.current.subspaces;
create or replace view kindred_current.inversions as select * from kindred.current.inversions;
create or replace view kindred_current.inversion_oracles as select * from kindred.current.inversion_oracles;
create or replace view kindred_current.attributions as select * from kindred.current.attributions;
create or replace view kindred_current.attribution_checks as select * from kindred.current.attribution_checks;
create or replace view kindred_current.hook_activations as select * from kindred.current.hook_activations;
create or replace view kindred_current.alignments as select * from kindred.current.alignments;
create or replace view kindred_current.summaries as select * from kindred.current.summaries;
create or replace view kindred_current.runs as select * from kindred.runs;
