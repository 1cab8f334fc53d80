/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import static org.apache.spark.sql.types.DataTypes.BooleanType;
import static org.apache.spark.sql.types.DataTypes.DoubleType;
import static org.apache.spark.sql.types.DataTypes.FloatType;
import static org.apache.spark.sql.types.DataTypes.IntegerType;
import static org.apache.spark.sql.types.DataTypes.LongType;
import static org.apache.spark.sql.types.DataTypes.StringType;
import static org.apache.spark.sql.types.DataTypes.TimestampType;
import static org.apache.spark.sql.types.DataTypes.createArrayType;
import static org.apache.spark.sql.types.DataTypes.createMapType;

import java.util.List;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;

/**
 * All tables, in the order in which a run fills them. {@code data-schemas/} says the same for
 * readers; a test holds both together.
 *
 * <p>{@code windows} to {@code model_distances} are inputs of many runs, keyed by content; so are
 * {@code similarity_bins} and {@code nearest_strings}. {@code block_vectors} to {@code
 * perturbations} belong to a model and prompts, {@code learned_embeddings} and {@code subspaces} to
 * a model. The others are results, keyed by run.
 */
public final class Tables {
  private static final DataType TOKEN_IDS = createArrayType(IntegerType, false);
  private static final DataType VECTOR = createArrayType(FloatType, false);
  private static final DataType TOKEN_COUNTS = createMapType(IntegerType, LongType, false);
  private static final DataType TOKEN_PROBABILITIES = createMapType(IntegerType, DoubleType, false);
  private static final DataType TEXTS = createMapType(StringType, StringType, false);

  public static final Table WINDOWS =
      new Table(
          "windows",
          "a distinct window of a corpus",
          List.of("corpus_id"),
          new StructType()
              .add("corpus_id", StringType, false, "hash of documents, tokenizer, window length")
              .add(
                  "window_id",
                  LongType,
                  false,
                  "position of the first occurrence in the corpus's token stream, from 0")
              .add("token_ids", TOKEN_IDS, false, "window_length token ids")
              .add("text", StringType, false, "the window as text")
              .add("occurrences", LongType, false, "places where the window stands, at least 1")
              .add(
                  "next_tokens",
                  TOKEN_COUNTS,
                  false,
                  "following token id -> occurrences followed by it; a document's end has none"));

  public static final Table TOKENS =
      new Table(
          "tokens",
          "a token that a corpus is cut into",
          List.of("corpus_id"),
          new StructType()
              .add("corpus_id", StringType, false, "corpus, and so its tokenizer")
              .add("token_id", IntegerType, false, "from 0")
              .add("text", StringType, false, "the token as text"));

  public static final Table ACTIVATIONS =
      new Table(
          "activations",
          "window x block of a model",
          List.of("model_id", "corpus_id", "block"),
          new StructType()
              .add("model_id", StringType, false, "hash of the model's config and weights")
              .add("corpus_id", StringType, false, "corpus of the window")
              .add("block", IntegerType, false, "transformer block, from 0")
              .add("window_id", LongType, false, "window, as in windows")
              .add(
                  "ffn_out",
                  VECTOR,
                  false,
                  "feed-forward output at the last position, before the residual addition; d_model"
                      + " floats"));

  public static final Table PROMPTS =
      new Table(
          "prompts",
          "a prompt of a prompt set",
          List.of("prompt_set"),
          new StructType()
              .add("prompt_set", StringType, false, "hash of how the prompts were chosen")
              .add("prompt_id", IntegerType, false, "position in the prompt set, from 0")
              .add("token_ids", TOKEN_IDS, false, "window_length token ids")
              .add("text", StringType, false, "the prompt as text")
              .add(
                  "window_id",
                  LongType,
                  true,
                  "the same window of the corpus; null if it has none"));

  public static final Table PROMPT_ACTIVATIONS =
      new Table(
          "prompt_activations",
          "prompt x block of a model",
          List.of("model_id", "prompt_set", "block"),
          new StructType()
              .add("model_id", StringType, false, "model")
              .add("prompt_set", StringType, false, "prompt set")
              .add("block", IntegerType, false, "transformer block, from 0")
              .add("prompt_id", IntegerType, false, "prompt, as in prompts")
              .add(
                  "ffn_out",
                  VECTOR,
                  false,
                  "feed-forward output at the last position, before the residual addition; d_model"
                      + " floats"));

  public static final Table PREDICTIONS =
      new Table(
          "predictions",
          "a prompt under a model",
          List.of("model_id", "prompt_set"),
          new StructType()
              .add("model_id", StringType, false, "model")
              .add("prompt_set", StringType, false, "prompt set")
              .add("prompt_id", IntegerType, false, "prompt, as in prompts")
              .add(
                  "probabilities",
                  VECTOR,
                  false,
                  "the model's next-token distribution: d_vocab floats in [0, 1], sum 1"));

  public static final Table MODEL_DISTANCES =
      new Table(
          "model_distances",
          "a prompt under a model and an alternate of it",
          List.of("model_id", "prompt_set", "alternate_id"),
          new StructType()
              .add("model_id", StringType, false, "model")
              .add("prompt_set", StringType, false, "prompt set")
              .add("alternate_id", StringType, false, "another model with the same tokens")
              .add("prompt_id", IntegerType, false, "prompt, as in prompts")
              .add(
                  "hellinger",
                  DoubleType,
                  false,
                  "Hellinger distance of the two models' distributions, in [0, 1]")
              .add(
                  "top_token_agrees",
                  BooleanType,
                  true,
                  "whether both have the same most probable token; null in parts that version 0.2"
                      + " wrote"));

  public static final Table SIMILAR_STRINGS =
      new Table(
          "similar_strings",
          "prompt x block x window above the threshold, the most similar ones",
          List.of("run_id", "block"),
          new StructType()
              .add("run_id", StringType, false, "run")
              .add("block", IntegerType, false, "transformer block, from 0")
              .add("prompt_id", IntegerType, false, "prompt, as in prompts")
              .add("window_id", LongType, false, "window, as in windows")
              .add(
                  "similarity",
                  FloatType,
                  false,
                  "cosine of the two FFN outputs, in [-1, 1], above the block's threshold"));

  public static final Table BLOCK_DISTRIBUTIONS =
      new Table(
          "block_distributions",
          "prompt x block",
          List.of("run_id", "block"),
          new StructType()
              .add("run_id", StringType, false, "run")
              .add("block", IntegerType, false, "transformer block, from 0")
              .add("prompt_id", IntegerType, false, "prompt, as in prompts")
              .add("similar_count", LongType, false, "windows above the threshold, all of them")
              .add(
                  "counts",
                  TOKEN_COUNTS,
                  false,
                  "token id -> sum of the next-token counts of all similar strings")
              .add(
                  "own_window_similar",
                  BooleanType,
                  false,
                  "whether the prompt's own window is among the similar strings"));

  public static final Table SIMILARITY_BINS =
      new Table(
          "similarity_bins",
          "prompt x block x bin of similarity that is not empty",
          List.of("model_id", "corpus_id", "prompt_set", "bins", "block"),
          new StructType()
              .add("model_id", StringType, false, "model")
              .add("corpus_id", StringType, false, "corpus of the similar strings")
              .add("prompt_set", StringType, false, "prompt set")
              .add(
                  "bins",
                  StringType,
                  false,
                  "lower edge of the first bin and width of each, as 0.7_0.01")
              .add("block", IntegerType, false, "transformer block, from 0")
              .add("prompt_id", IntegerType, false, "prompt, as in prompts")
              .add("bin", IntegerType, false, "from 0, by ascending similarity")
              .add("above", DoubleType, false, "the bin's lower edge; similarities are above it")
              .add("similar_count", LongType, false, "windows in the bin")
              .add(
                  "counts",
                  TOKEN_COUNTS,
                  false,
                  "token id -> sum of the next-token counts of the bin's windows")
              .add(
                  "own_window_similar",
                  BooleanType,
                  false,
                  "whether the prompt's own window is in the bin"));

  public static final Table NEAREST_STRINGS =
      new Table(
          "nearest_strings",
          "prompt x block x window above the lowest bin's edge, the most similar ones",
          List.of("model_id", "corpus_id", "prompt_set", "bins", "block"),
          new StructType()
              .add("model_id", StringType, false, "model")
              .add("corpus_id", StringType, false, "corpus of the similar strings")
              .add("prompt_set", StringType, false, "prompt set")
              .add("bins", StringType, false, "as in similarity_bins")
              .add("block", IntegerType, false, "transformer block, from 0")
              .add("prompt_id", IntegerType, false, "prompt, as in prompts")
              .add("window_id", LongType, false, "window, as in windows")
              .add(
                  "similarity",
                  DoubleType,
                  false,
                  "cosine of the two FFN outputs, in [-1, 1], above the lowest bin's edge"));

  public static final Table APPROXIMATIONS =
      new Table(
          "approximations",
          "a prompt of a run",
          List.of("run_id"),
          new StructType()
              .add("run_id", StringType, false, "run")
              .add("prompt_id", IntegerType, false, "prompt, as in prompts")
              .add(
                  "probabilities",
                  TOKEN_PROBABILITIES,
                  false,
                  "token id -> weighted share of the block distributions, sum 1; empty without"
                      + " evidence")
              .add(
                  "leave_one_out_probabilities",
                  TOKEN_PROBABILITIES,
                  false,
                  "the same without the prompt's own window as evidence"));

  public static final Table DISTANCES =
      new Table(
          "distances",
          "a prompt of a run",
          List.of("run_id"),
          new StructType()
              .add("run_id", StringType, false, "run")
              .add("prompt_id", IntegerType, false, "prompt, as in prompts")
              .add(
                  "hellinger",
                  DoubleType,
                  false,
                  "Hellinger distance of approximation and model, in [0, 1]; 1 without evidence")
              .add(
                  "hellinger_leave_one_out",
                  DoubleType,
                  false,
                  "the same for the leave-one-out approximation")
              .add("top_token_agrees", BooleanType, false, "model_top_token = top_token")
              .add("model_top_token", IntegerType, false, "the model's most probable token id")
              .add("top_token", IntegerType, true, "the approximation's; null without evidence")
              .add(
                  "leave_one_out_top_token",
                  IntegerType,
                  true,
                  "the leave-one-out approximation's; null without evidence")
              .add(
                  "leading_agreement",
                  IntegerType,
                  false,
                  "how many of the approximation's most probable tokens are the model's, in order;"
                      + " at most 10")
              .add(
                  "set_agreement",
                  TOKEN_IDS,
                  false,
                  "for which n <= 10 the n most probable tokens are the same in any order")
              .add(
                  "leave_one_out_leading_agreement",
                  IntegerType,
                  false,
                  "leading_agreement of the leave-one-out approximation")
              .add(
                  "leave_one_out_set_agreement",
                  TOKEN_IDS,
                  false,
                  "set_agreement of the leave-one-out approximation"));

  public static final Table BASELINES =
      new Table(
          "baselines",
          "a prompt of a run x a simple prediction",
          List.of("run_id"),
          new StructType()
              .add("run_id", StringType, false, "run")
              .add("prompt_id", IntegerType, false, "prompt, as in prompts")
              .add("baseline", StringType, false, "which prediction, e.g. kneser_ney or suffix_4")
              .add(
                  "hellinger",
                  DoubleType,
                  false,
                  "Hellinger distance of the prediction and the model, in [0, 1]; 1 where it has no"
                      + " counts")
              .add(
                  "hellinger_leave_one_out",
                  DoubleType,
                  true,
                  "the same without the prompt's own window; null where that makes no sense")
              .add(
                  "top_token",
                  IntegerType,
                  true,
                  "its most probable token, of equally probable ones the lowest; null where it has"
                      + " no counts")
              .add(
                  "leave_one_out_top_token",
                  IntegerType,
                  true,
                  "the same without the prompt's own window; null where that makes no sense"));

  public static final Table BASELINE_FITS =
      new Table(
          "baseline_fits",
          "an n-gram model among the baselines of prompts under a model",
          List.of("model_id", "corpus_id", "prompt_set"),
          new StructType()
              .add("model_id", StringType, false, "model")
              .add("corpus_id", StringType, false, "corpus")
              .add("prompt_set", StringType, false, "prompts that it is not fitted to")
              .add("baseline", StringType, false, "which, as in baselines")
              .add("n_gram_order", IntegerType, false, "tokens of the longest context, 0 or more")
              .add(
                  "continuation",
                  BooleanType,
                  false,
                  "whether shorter contexts count distinct preceding tokens, as Kneser and Ney do")
              .add(
                  "discounts",
                  createArrayType(createArrayType(DoubleType, false), false),
                  false,
                  "by tokens of the context: what counts of 1, 2, and 3 or more lose, in [0, 3]")
              .add(
                  "lower_shares",
                  createArrayType(createArrayType(DoubleType, false), false),
                  false,
                  "by tokens of the context: shares of the shorter one, in (0, 1), of 128 buckets:"
                      + " 8 floor(log2 occurrences) + floor(log2(2 types - 1)), each at its most;"
                      + " empty for none")
              .add("fitting_windows", IntegerType, false, "windows that it was fitted to")
              .add(
                  "held_out_windows", IntegerType, false, "windows that the fitting was stopped by")
              .add(
                  "hellinger_held_out",
                  DoubleType,
                  true,
                  "mean Hellinger distance over these, without each one's own window, in [0, 1]; null"
                      + " without any")
              .add(
                  "is_strongest",
                  BooleanType,
                  false,
                  "whether it is the closest there: the n-gram that others are compared with"));

  public static final Table THRESHOLD_CURVES =
      new Table(
          "threshold_curves",
          "block x threshold, where similarity_bins has the run's prompts",
          List.of("run_id"),
          new StructType()
              .add("run_id", StringType, false, "run")
              .add("block", IntegerType, false, "transformer block, from 0")
              .add("threshold", DoubleType, false, "cosine similarity, in [-1, 1]")
              .add(
                  "hellinger",
                  DoubleType,
                  false,
                  "mean Hellinger distance of the model and this block alone, in [0, 1]")
              .add(
                  "hellinger_leave_one_out",
                  DoubleType,
                  false,
                  "the same without prompts' own windows")
              .add("similar_count", DoubleType, false, "mean number of windows above"));

  public static final Table BLOCK_VECTORS =
      new Table(
          "block_vectors",
          "prompt x block of an ablated model, at the prompt's last position",
          List.of("model_id", "prompt_set"),
          new StructType()
              .add("model_id", StringType, false, "model")
              .add("prompt_set", StringType, false, "prompt set")
              .add("prompt_id", IntegerType, false, "prompt, as in prompts")
              .add("block", IntegerType, false, "transformer block, from 0")
              .add("norm_in", DoubleType, false, "norm of the residual stream before the block")
              .add("norm_attention", DoubleType, false, "of what attention adds")
              .add("norm_ffn", DoubleType, false, "of what the feed-forward network adds")
              .add("norm_out", DoubleType, false, "of the residual stream after the block")
              .add(
                  "cosine_in_attention",
                  DoubleType,
                  false,
                  "cosine of the stream before the block and what attention adds, in [-1, 1]")
              .add(
                  "cosine_attention_ffn",
                  DoubleType,
                  false,
                  "of what attention and what the feed-forward network adds")
              .add(
                  "cosine_ffn_out",
                  DoubleType,
                  false,
                  "of what the feed-forward network adds and the stream after the block"));

  public static final Table ABLATIONS =
      new Table(
          "ablations",
          "prompt x block x part that is removed x context of the later blocks",
          List.of("model_id", "prompt_set"),
          new StructType()
              .add("model_id", StringType, false, "model")
              .add("prompt_set", StringType, false, "prompt set")
              .add("prompt_id", IntegerType, false, "prompt, as in prompts")
              .add("block", IntegerType, false, "transformer block, from 0")
              .add("removed", StringType, false, "attention or ffn: what the block does not add")
              .add(
                  "context",
                  StringType,
                  false,
                  "alone: later blocks see the last position by itself; whole: all positions")
              .add(
                  "hellinger",
                  DoubleType,
                  false,
                  "Hellinger distance of the predictions with and without, in [0, 1]")
              .add("logit_norm", DoubleType, false, "norm of the logits with the part")
              .add(
                  "logit_change",
                  DoubleType,
                  false,
                  "norm of the difference of the logits with and without"));

  public static final Table DIRECTIONS =
      new Table(
          "directions",
          "prompt x block of a measured model, at the prompt's last position",
          List.of("model_id", "prompt_set"),
          new StructType()
              .add("model_id", StringType, false, "model")
              .add("prompt_set", StringType, false, "prompt set")
              .add("prompt_id", IntegerType, false, "prompt, as in prompts")
              .add("block", IntegerType, false, "transformer block, from 0")
              .add(
                  "cosine_without_attention",
                  DoubleType,
                  false,
                  "cosine of the residual stream after the block and the sum of the embedding and all"
                      + " feed-forward outputs up to it, in [-1, 1]")
              .add("norm_ratio", DoubleType, false, "that sum's norm by the stream's"));

  public static final Table PERTURBATIONS =
      new Table(
          "perturbations",
          "prompt x change of the last block's output, at the prompt's last position",
          List.of("model_id", "prompt_set"),
          new StructType()
              .add("model_id", StringType, false, "model")
              .add("prompt_set", StringType, false, "prompt set")
              .add("prompt_id", IntegerType, false, "prompt, as in prompts")
              .add(
                  "perturbation",
                  StringType,
                  false,
                  "scale_10: multiplied by 10; noise_0.1, noise_2: with Gaussian noise of that"
                      + " standard deviation in each component")
              .add("norm_before", DoubleType, false, "norm of the last block's output")
              .add("norm_after", DoubleType, false, "norm once it is changed")
              .add("cosine", DoubleType, false, "cosine between the two, in [-1, 1]")
              .add("normed_norm_before", DoubleType, false, "norm after the final norm, unchanged")
              .add("normed_norm_after", DoubleType, false, "norm after the final norm, changed")
              .add("normed_cosine", DoubleType, false, "cosine between those two, in [-1, 1]")
              .add(
                  "hellinger",
                  DoubleType,
                  false,
                  "Hellinger distance of the predictions from the two, in [0, 1]"));
  public static final Table LEARNED_EMBEDDINGS =
      new Table(
          "learned_embeddings",
          "token x restart of a recipe",
          List.of("model_id", "stage", "recipe"),
          new StructType()
              .add("model_id", StringType, false, "model")
              .add(
                  "stage",
                  StringType,
                  false,
                  "where in the residual stream: final, before the final norm, or block-B, before"
                      + " block B")
              .add(
                  "recipe",
                  StringType,
                  false,
                  "optimizer, restarts for each token and seed, as fast_n100_s42; what else differs"
                      + " from the defaults follows")
              .add("token_id", IntegerType, false, "the token that the embedding predicts")
              .add("restart", IntegerType, false, "from 0; each began elsewhere")
              .add(
                  "embedding",
                  VECTOR,
                  false,
                  "what the rest of the model predicts the token from when it stands alone; d_model"
                      + " floats")
              .add("nats", DoubleType, false, "-ln of the probability that it gives the token")
              .add("steps", IntegerType, false, "that the optimizer took")
              .add(
                  "converged",
                  BooleanType,
                  false,
                  "whether the mean nats of the embeddings that were learned together, up to 100 of"
                      + " a token, came below 0.0001"));

  public static final Table SUBSPACES =
      new Table(
          "subspaces",
          "token x direction in which its learned embeddings lie, the strongest ones",
          List.of("model_id", "stage", "recipe"),
          new StructType()
              .add("model_id", StringType, false, "model")
              .add("stage", StringType, false, "as in learned_embeddings")
              .add(
                  "recipe",
                  StringType,
                  false,
                  "as in learned_embeddings; followed by _kK where other than 10 directions are"
                      + " kept")
              .add("token_id", IntegerType, false, "token")
              .add("rank", IntegerType, false, "from 1, by descending singular value")
              .add(
                  "singular_value",
                  DoubleType,
                  false,
                  "of the matrix with the token's embeddings as rows")
              .add(
                  "direction",
                  VECTOR,
                  false,
                  "right singular vector of length 1, with the sign for which most of the"
                      + " embeddings have a positive cosine; d_model floats")
              .add(
                  "positive_share",
                  DoubleType,
                  false,
                  "share of the embeddings with a positive cosine with it, in [0.5, 1]")
              .add("converged", BooleanType, false, "whether all embeddings of the token did"));

  public static final Table ALIGNMENTS =
      new Table(
          "alignments",
          "prompt x block of a run x set of directions, one or more for each token",
          List.of("run_id", "directions"),
          new StructType()
              .add("run_id", StringType, false, "run")
              .add(
                  "directions",
                  StringType,
                  false,
                  "final_RECIPE_kK or block-B_RECIPE_kK: the first K of each token in subspaces of"
                      + " that stage, of block-B for the block before B alone; unembedding;"
                      + " random_SEED; with _signed where what points away from a direction is"
                      + " placed last")
              .add("block", IntegerType, false, "transformer block, from 0")
              .add("prompt_id", IntegerType, false, "prompt, as in prompts")
              .add(
                  "considered",
                  IntegerType,
                  false,
                  "most frequent next tokens of the block's similar strings that have more than"
                      + " 90 % of the counts, as few as it takes")
              .add(
                  "worst_rank",
                  IntegerType,
                  false,
                  "the last place that a considered token has among all tokens, from 1, by the"
                      + " cosine of the block's FFN output and the token's directions")
              .add(
                  "agrees",
                  BooleanType,
                  false,
                  "whether all considered tokens are in the first half: worst_rank <= d_vocab / 2,"
                      + " rounded down"));

  public static final Table SUMMARIES =
      new Table(
          "summaries",
          "a metric of a run",
          List.of("run_id", "analysis"),
          new StructType()
              .add("run_id", StringType, false, "run")
              .add(
                  "analysis",
                  StringType,
                  false,
                  "what found it: run for the run itself, or what analysed it afterwards")
              .add(
                  "metric",
                  StringType,
                  false,
                  "dotted name, e.g. compatible.hellinger.mean or block.0.join.by_prefix")
              .add("value", DoubleType, false, "in the metric's own unit"));

  public static final Table RUNS =
      new Table(
          "runs",
          "a run",
          List.of("run_id"),
          new StructType()
              .add("run_id", StringType, false, "r-<UTC start>-<random>")
              .add("status", StringType, false, "published, or rejected by the audit")
              .add("reason", StringType, true, "what the audit found; null if published")
              .add("started_at", TimestampType, false, "UTC")
              .add("published_at", TimestampType, true, "UTC; null if rejected")
              .add("model_id", StringType, false, "model")
              .add("corpus_id", StringType, false, "corpus")
              .add("prompt_set", StringType, false, "prompt set")
              .add("settings", TEXTS, false, "every setting that was in force, as in kindred.conf")
              .add("versions", TEXTS, false, "kindred, spark, djl, pytorch, java")
              .add(
                  "stage_seconds",
                  createMapType(StringType, DoubleType, false),
                  true,
                  "stage -> seconds it took in the command that ended the run; null of old runs"));

  public static final List<Table> ALL =
      List.of(
          WINDOWS,
          TOKENS,
          ACTIVATIONS,
          PROMPTS,
          PROMPT_ACTIVATIONS,
          PREDICTIONS,
          MODEL_DISTANCES,
          SIMILAR_STRINGS,
          BLOCK_DISTRIBUTIONS,
          SIMILARITY_BINS,
          NEAREST_STRINGS,
          APPROXIMATIONS,
          DISTANCES,
          BASELINES,
          BASELINE_FITS,
          THRESHOLD_CURVES,
          BLOCK_VECTORS,
          ABLATIONS,
          DIRECTIONS,
          PERTURBATIONS,
          LEARNED_EMBEDDINGS,
          SUBSPACES,
          ALIGNMENTS,
          SUMMARIES,
          RUNS);

  private Tables() {}
}
