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
create or replace view kindred_current.ring_distributions as select * from kindred.current.ring_distributions;
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
create or replace view kindred_current.inversion_jacobians as select * from kindred.current.inversion_jacobians;
create or replace view kindred_current.head_circuits as select * from kindred.current.head_circuits;
create or replace view kindred_current.head_compositions as select * from kindred.current.head_compositions;
create or replace view kindred_current.composition_nulls as select * from kindred.current.composition_nulls;
create or replace view kindred_current.virtual_heads as select * from kindred.current.virtual_heads;
create or replace view kindred_current.skip_trigrams as select * from kindred.current.skip_trigrams;
create or replace view kindred_current.skip_trigram_checks as select * from kindred.current.skip_trigram_checks;
create or replace view kindred_current.direct_paths as select * from kindred.current.direct_paths;
create or replace view kindred_current.term_losses as select * from kindred.current.term_losses;
create or replace view kindred_current.head_scores as select * from kindred.current.head_scores;
create or replace view kindred_current.attention_distances as select * from kindred.current.attention_distances;
create or replace view kindred_current.stimulus_losses as select * from kindred.current.stimulus_losses;
create or replace view kindred_current.head_ablations as select * from kindred.current.head_ablations;
create or replace view kindred_current.stream_means as select * from kindred.current.stream_means;
create or replace view kindred_current.truncation_similarities as select * from kindred.current.truncation_similarities;
create or replace view kindred_current.truncation_summaries as select * from kindred.current.truncation_summaries;
create or replace view kindred_current.block_cuts as select * from kindred.current.block_cuts;
create or replace view kindred_current.prefix_effects as select * from kindred.current.prefix_effects;
create or replace view kindred_current.training_steps as select * from kindred.current.training_steps;
create or replace view kindred_current.removed_occurrences as select * from kindred.current.removed_occurrences;
create or replace view kindred_current.retrained_predictions as select * from kindred.current.retrained_predictions;
create or replace view kindred_current.removal_effects as select * from kindred.current.removal_effects;
create or replace view kindred_current.unit_scores as select * from kindred.current.unit_scores;
create or replace view kindred_current.datamodel_scores as select * from kindred.current.datamodel_scores;
create or replace view kindred_current.logit_parts as select * from kindred.current.logit_parts;
create or replace view kindred_current.patches as select * from kindred.current.patches;
create or replace view kindred_current.attributions as select * from kindred.current.attributions;
create or replace view kindred_current.attribution_checks as select * from kindred.current.attribution_checks;
create or replace view kindred_current.hook_activations as select * from kindred.current.hook_activations;
create or replace view kindred_current.alignments as select * from kindred.current.alignments;
create or replace view kindred_current.summaries as select * from kindred.current.summaries;
create or replace view kindred_current.runs as select * from kindred.runs;

-- Plain rows, a token or a string each, for tools that know no maps.
create or replace view kindred_current.next_tokens as
  select p.prompt_id, p.text as prompt, kindred.token_text(t.token_id) as token,
    kindred.probability(m.probabilities, m.final_vector, m.log_normalizer, t.token_id) as model,
    coalesce(a.probabilities[t.token_id], 0) as strings,
    coalesce(a.leave_one_out_probabilities[t.token_id], 0) as honest
  from kindred.current.prompts p
    join kindred.current.predictions m using (prompt_id)
    join kindred.current.approximations a using (prompt_id)
    cross join kindred.current.tokens t;
create or replace view kindred_current.block_tokens as
  select p.prompt_id, p.text as prompt, b.block, kindred.token_text(c.key) as token, c.value as count,
    c.value / aggregate(map_values(b.counts), 0L, (sum, one) -> sum + one) as share
  from kindred.current.prompts p
    join kindred.current.block_distributions b using (prompt_id)
    lateral view explode(map_entries(b.counts)) e as c;
create or replace view kindred_current.strings as
  select p.prompt_id, p.text as prompt, s.block, s.similarity, w.text as string, w.occurrences
  from kindred.current.prompts p
    join kindred.current.similar_strings s using (prompt_id)
    join kindred.current.windows w on s.window_id = w.window_id;
