/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * All tables, in the order in which a run fills them. {@code data-schemas/} states each in a file:
 * what a row is, who fills it, every column with unit and range, and what is true of every row.
 *
 * <p>{@code windows} to {@code model_distances} are inputs of many runs, keyed by content; so are
 * {@code similarity_bins} and {@code nearest_strings}. {@code block_vectors} to {@code
 * perturbations} belong to a model and prompts, {@code learned_embeddings} to {@code
 * hook_activations} to a model. The others are results, keyed by run.
 */
public final class Tables {
  private static final List<Table> STATED = new ArrayList<>();

  public static final Table WINDOWS = stated("windows");
  public static final Table TOKENS = stated("tokens");
  public static final Table OCCURRENCES = stated("occurrences");
  public static final Table PASSAGES = stated("passages");
  public static final Table ACTIVATIONS = stated("activations");
  public static final Table ACTIVATIONS_F16 = stated("activations_f16");
  public static final Table PROMPTS = stated("prompts");
  public static final Table PROMPT_ACTIVATIONS = stated("prompt_activations");
  public static final Table PREDICTIONS = stated("predictions");
  public static final Table MODEL_DISTANCES = stated("model_distances");
  public static final Table SIMILAR_STRINGS = stated("similar_strings");
  public static final Table BLOCK_DISTRIBUTIONS = stated("block_distributions");
  public static final Table RING_DISTRIBUTIONS = stated("ring_distributions");
  public static final Table EVIDENCE_PIECES = stated("evidence_pieces");
  public static final Table SIMILARITY_BINS = stated("similarity_bins");
  public static final Table NEAREST_STRINGS = stated("nearest_strings");
  public static final Table APPROXIMATIONS = stated("approximations");
  public static final Table DISTANCES = stated("distances");
  public static final Table BASELINES = stated("baselines");
  public static final Table BASELINE_FITS = stated("baseline_fits");
  public static final Table THRESHOLD_CURVES = stated("threshold_curves");
  public static final Table BLOCK_VECTORS = stated("block_vectors");
  public static final Table ABLATIONS = stated("ablations");
  public static final Table DIRECTIONS = stated("directions");
  public static final Table PERTURBATIONS = stated("perturbations");
  public static final Table LEARNED_EMBEDDINGS = stated("learned_embeddings");
  public static final Table SUBSPACES = stated("subspaces");
  public static final Table INVERSIONS = stated("inversions");
  public static final Table INVERSION_ORACLES = stated("inversion_oracles");
  public static final Table INVERSION_JACOBIANS = stated("inversion_jacobians");
  public static final Table HEAD_CIRCUITS = stated("head_circuits");
  public static final Table HEAD_COMPOSITIONS = stated("head_compositions");
  public static final Table COMPOSITION_NULLS = stated("composition_nulls");
  public static final Table VIRTUAL_HEADS = stated("virtual_heads");
  public static final Table SKIP_TRIGRAMS = stated("skip_trigrams");
  public static final Table SKIP_TRIGRAM_CHECKS = stated("skip_trigram_checks");
  public static final Table DIRECT_PATHS = stated("direct_paths");
  public static final Table TERM_LOSSES = stated("term_losses");
  public static final Table HEAD_SCORES = stated("head_scores");
  public static final Table ATTENTION_DISTANCES = stated("attention_distances");
  public static final Table STIMULUS_LOSSES = stated("stimulus_losses");
  public static final Table HEAD_ABLATIONS = stated("head_ablations");
  public static final Table STREAM_MEANS = stated("stream_means");
  public static final Table TRUNCATION_SIMILARITIES = stated("truncation_similarities");
  public static final Table TRUNCATION_SUMMARIES = stated("truncation_summaries");
  public static final Table BLOCK_CUTS = stated("block_cuts");
  public static final Table PREFIX_EFFECTS = stated("prefix_effects");
  public static final Table TRAINING_STEPS = stated("training_steps");
  public static final Table REMOVED_OCCURRENCES = stated("removed_occurrences");
  public static final Table RETRAINED_PREDICTIONS = stated("retrained_predictions");
  public static final Table REMOVAL_EFFECTS = stated("removal_effects");
  public static final Table UNIT_SCORES = stated("unit_scores");
  public static final Table DATAMODEL_SCORES = stated("datamodel_scores");
  public static final Table LOGIT_PARTS = stated("logit_parts");
  public static final Table PATCHES = stated("patches");
  public static final Table ATTRIBUTIONS = stated("attributions");
  public static final Table ATTRIBUTION_CHECKS = stated("attribution_checks");
  public static final Table HOOK_ACTIVATIONS = stated("hook_activations");
  public static final Table ALIGNMENTS = stated("alignments");
  public static final Table SUMMARIES = stated("summaries");
  public static final Table RUNS = stated("runs");

  public static final List<Table> ALL = Collections.unmodifiableList(STATED);

  private Tables() {}

  /**
   * The table of a name, in whatever case.
   *
   * @return none if there is no such table
   */
  public static Optional<Table> find(String name) {
    return ALL.stream().filter(table -> table.name().equalsIgnoreCase(name)).findFirst();
  }

  private static Table stated(String name) {
    Table table = SchemaFile.read(name);
    STATED.add(table);
    return table;
  }
}
