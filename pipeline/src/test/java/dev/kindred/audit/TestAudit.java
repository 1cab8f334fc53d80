/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.audit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.LocalSpark;
import dev.kindred.activation.Activations;
import dev.kindred.baseline.Baselines;
import dev.kindred.baseline.NGramFit;
import dev.kindred.baseline.SuffixCounts;
import dev.kindred.corpus.Corpus;
import dev.kindred.corpus.CorpusScan;
import dev.kindred.corpus.Occurrences;
import dev.kindred.corpus.Passages;
import dev.kindred.corpus.Prompts;
import dev.kindred.corpus.Tokens;
import dev.kindred.corpus.WindowCounts;
import dev.kindred.corpus.Windows;
import dev.kindred.evaluation.Distances;
import dev.kindred.evaluation.PromptFigures;
import dev.kindred.evaluation.Slices;
import dev.kindred.evaluation.Summaries;
import dev.kindred.kernel.TileKernels;
import dev.kindred.model.Models;
import dev.kindred.model.files.LoadedModels;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.prediction.Approximations;
import dev.kindred.prediction.Mixture;
import dev.kindred.prediction.ModelPredictions;
import dev.kindred.prediction.Predictions;
import dev.kindred.similarity.Evidence;
import dev.kindred.similarity.EvidenceRows;
import dev.kindred.similarity.JoinSettings;
import dev.kindred.similarity.NextTokens;
import dev.kindred.similarity.SimilarStrings;
import dev.kindred.similarity.SimilarityBins;
import dev.kindred.table.Figures;
import dev.kindred.table.Figures.Measure;
import dev.kindred.table.Table;
import dev.kindred.table.Tables;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@ExtendWith(LocalSpark.class)
class TestAudit {
  private static final int LENGTH = 6;
  private static final int PROMPTS = 9;
  private static final int KEEP = 5;
  private static final int PLACES = 2;
  private static final double THRESHOLD = .8;
  private static final String TEXT =
      "it was the best of times, it was the worst of times, it was the age of wisdom";

  private static final ModelDirectory MODEL = Models.directory(Models.TWO_BLOCKS);
  private static final Set<Table> COVERED =
      Set.of(Tables.PROMPTS, Tables.WINDOWS, Tables.ACTIVATIONS);
  private static final Map<Table, Dataset<Row>> SOUND = new HashMap<>();
  private static SparkSession local;

  @BeforeAll
  static void runTheExperiment(SparkSession spark, @TempDir Path folder) throws Exception {
    local = quick(spark);
    Files.writeString(folder.resolve("corpus.txt"), TEXT);
    Corpus corpus =
        Corpus.open(
            spark, folder.resolve("corpus.txt").toUri().toString(), Corpus.Format.TEXT, "text");
    String tokenizer = MODEL.tokenizerJson();
    CorpusScan scan = CorpusScan.scan(corpus, tokenizer, LENGTH);
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    Broadcast<ModelDirectory> model = context.broadcast(MODEL);

    Dataset<Row> windows =
        keep(Tables.WINDOWS, Windows.extract(spark, corpus, scan, tokenizer, LENGTH));
    keep(
        Tables.OCCURRENCES,
        Occurrences.of(WindowCounts.of(spark, corpus, scan, tokenizer, LENGTH, PLACES), scan));
    keep(Tables.PASSAGES, Passages.of(spark, corpus, scan, tokenizer, LENGTH));
    keep(Tables.TOKENS, Tokens.of(spark, tokenizer));
    Dataset<Row> activations = keep(Tables.ACTIVATIONS, Activations.compute(windows, model, 16, 3));
    Dataset<Row> prompts =
        keep(Tables.PROMPTS, Prompts.draw(spark, windows, windows.count(), PROMPTS, 7));
    Dataset<Row> predicted = Predictions.compute(prompts, model, 16, 2);
    Dataset<Row> promptActivations =
        keep(Tables.PROMPT_ACTIVATIONS, Predictions.activations(predicted, MODEL.blocks()));
    ModelPredictions predictions = ModelPredictions.dense(keep(Tables.PREDICTIONS, predicted));

    List<Row> distributions = new ArrayList<>();
    List<Row> similar = new ArrayList<>();
    for (int block = 0; block < blocks(); block++) {
      Dataset<Evidence> evidence =
          SimilarStrings.join(
                  spark,
                  List.of(
                      new SimilarStrings.Piece(
                          activations.where("block = " + block),
                          context.broadcast(NextTokens.collect(windows)))),
                  promptActivations.where("block = " + block),
                  prompts,
                  new JoinSettings(
                      SimilarityBins.above(THRESHOLD),
                      KEEP,
                      MODEL.shape().vocabularySize(),
                      TileKernels.Choice.AUTO,
                      JoinSettings.AUTO_AXES))
              .evidence();
      distributions.addAll(
          rows(
              Tables.BLOCK_DISTRIBUTIONS,
              EvidenceRows.blockDistributions(evidence, MODEL.shape().vocabularySize())
                  .withColumn("block", functions.lit(block))));
      similar.addAll(
          rows(
              Tables.SIMILAR_STRINGS,
              EvidenceRows.mostSimilar(evidence).withColumn("block", functions.lit(block))));
    }

    keep(Tables.SIMILAR_STRINGS, similar);
    Dataset<Row> blockDistributions = keep(Tables.BLOCK_DISTRIBUTIONS, distributions);
    Dataset<Row> approximations =
        keep(
            Tables.APPROXIMATIONS,
            Approximations.compute(
                blockDistributions, prompts, windows, Mixture.ofCounts(weights())));
    Dataset<Row> distances = keep(Tables.DISTANCES, Distances.measure(approximations, predictions));
    Dataset<Row> baselines;
    List<NGramFit> fits;
    try (SuffixCounts suffixes = new SuffixCounts(windows, LENGTH)) {
      // The prompts stand for other windows: so few are not fitted to anyway.
      fits = NGramFit.all(suffixes, prompts, predictions, () -> {});
      keep(Tables.BASELINE_FITS, NGramFit.rows(prompts.sparkSession(), fits));
      baselines =
          keep(
              Tables.BASELINES,
              Baselines.measure(
                  suffixes,
                  windows,
                  prompts,
                  predictions,
                  blockDistributions,
                  fits,
                  Mixture.ofCounts(weights())));
    }

    Figures figures =
        Summaries.of(distances, approximations, blockDistributions)
            .putAll(
                PromptFigures.of(
                    distances,
                    baselines,
                    NGramFit.strongest(fits).baseline(),
                    List.of(),
                    Slices.of(
                        prompts, windows, predictions.rows(), blockDistributions, LENGTH, 60)));
    keep(Tables.SUMMARIES, summaries(figures));
  }

  private static List<Row> summaries(Figures figures) {
    List<Row> rows = new ArrayList<>();
    for (Row figure : figures.rows(local).collectAsList()) {
      List<Object> columns = new ArrayList<>(List.of("r-1", Summaries.OF_RUN));
      for (int i = 0; i < figure.length(); i++) {
        columns.add(figure.get(i));
      }

      rows.add(RowFactory.create(columns.toArray()));
    }

    return rows;
  }

  /** Plans are large and tables small: compiling the plans would take most of the time. */
  private static SparkSession quick(SparkSession spark) {
    SparkSession session = spark.newSession();
    session.conf().set("spark.sql.codegen.wholeStage", false);
    session.conf().set("spark.sql.codegen.factoryMode", "NO_CODEGEN");
    session.conf().set("spark.sql.adaptive.enabled", false);
    session.conf().set("spark.sql.constraintPropagation.enabled", false);
    session.conf().set("spark.sql.shuffle.partitions", 1);
    return session;
  }

  private static int blocks() {
    return MODEL.shape().blocks();
  }

  private static double[] weights() {
    double[] weights = new double[blocks()];
    Arrays.fill(weights, 1);
    return weights;
  }

  private static Dataset<Row> keep(Table table, Dataset<Row> computed) {
    return keep(table, rows(table, computed));
  }

  private static List<Row> rows(Table table, Dataset<Row> computed) {
    Dataset<Row> complete = computed;
    for (String key : table.partitionColumns()) {
      if (!List.of(computed.columns()).contains(key)) {
        complete = complete.withColumn(key, functions.lit("key"));
      }
    }

    return complete
        .select(
            Arrays.stream(table.columns().fieldNames())
                .map(functions::col)
                .toArray(org.apache.spark.sql.Column[]::new))
        .collectAsList();
  }

  /** As read from files: every column may have no value. */
  private static Dataset<Row> keep(Table table, List<Row> rows) {
    StructType nullable = new StructType();
    for (StructField field : table.columns().fields()) {
      nullable =
          nullable.add(
              field.name(),
              org.apache.spark.sql.types.DataType.fromJson(
                  field
                      .dataType()
                      .json()
                      .replace("ContainsNull\":false", "ContainsNull\":true")
                      .replace("containsNull\":false", "containsNull\":true")),
              true);
    }

    Dataset<Row> kept = local.createDataFrame(rows, nullable).coalesce(1);
    SOUND.put(table, kept);
    return kept;
  }

  private static List<String> problems(Map<Table, Dataset<Row>> tables) {
    return problems(tables, List.of(), EnumSet.allOf(Audit.Check.class), rule -> true);
  }

  private static List<String> problems(
      Map<Table, Dataset<Row>> tables,
      List<String> alternates,
      Set<Audit.Check> checks,
      Predicate<Rule> which) {
    double[] thresholds = new double[blocks()];
    Arrays.fill(thresholds, THRESHOLD);
    return Audit.problems(
        new AuditedRun(
            "r-1",
            LENGTH,
            MODEL.blocks().numbers(),
            MODEL.vectors(),
            thresholds,
            KEEP,
            PLACES,
            alternates,
            tables),
        LoadedModels.get(MODEL),
        null,
        checks,
        which,
        () -> {});
  }

  @Test
  void distancesBetweenModelsAreOneAPromptAndInRange() {
    Dataset<Row> distances =
        SOUND
            .get(Tables.PROMPTS)
            .selectExpr(
                "'m' as model_id",
                "prompt_set",
                "'other' as alternate_id",
                "prompt_id",
                "0.25d as hellinger",
                "true as top_token_agrees");
    Map<Table, Dataset<Row>> tables = new HashMap<>(SOUND);
    List<Row> summaries = new ArrayList<>(SOUND.get(Tables.SUMMARIES).collectAsList());
    Figures floor = new Figures();
    for (String series : List.of(Summaries.NOISE_FLOOR, "alternate_0")) {
      for (String statistic : List.of("mean", "min", "max")) {
        floor.put(Measure.of(series, Summaries.HELLINGER), statistic, .25);
      }
    }

    summaries.addAll(summaries(floor));
    tables.put(
        Tables.SUMMARIES, local.createDataFrame(summaries, SOUND.get(Tables.SUMMARIES).schema()));

    assertThat(ofModels(tables, distances)).isEmpty();
    assertThat(ofModels(tables, distances.where("prompt_id > 0")))
        .singleElement()
        .asString()
        .startsWith(
            "model_distances: expected one row for every prompt and alternate, found 0 (1 rows, for"
                + " instance prompt_id 0, alternate_id other)");
    assertThat(ofModels(tables, distances.where("false")))
        .anySatisfy(
            line -> assertThat(line).contains("model_distances: expected one row", "(9 rows"));
    assertThat(ofModels(tables, distances.withColumn("hellinger", functions.lit(1.5))))
        .anySatisfy(
            line ->
                assertThat(line)
                    .startsWith(
                        "model_distances: expected hellinger between 0 and 1, found 1.5 (9"))
        .anySatisfy(
            line ->
                assertThat(line)
                    .startsWith(
                        "summaries: expected what model_distances say, found 0.25 instead of 1.5"));
  }

  private static List<String> ofModels(Map<Table, Dataset<Row>> sound, Dataset<Row> distances) {
    Map<Table, Dataset<Row>> tables = new HashMap<>(sound);
    tables.put(Tables.MODEL_DISTANCES, distances);
    return problems(
        tables, List.of("other"), EnumSet.of(Audit.Check.ROWS, Audit.Check.RULES), rule -> true);
  }

  @Test
  void aSoundRunHasNoProblem() {
    assertThat(SOUND.get(Tables.SIMILAR_STRINGS).count()).isGreaterThan(2 * PROMPTS);
    assertThat(problems(SOUND)).isEmpty();
  }

  @Test
  void aSoundRunHasNoProblemInManyPartitions() {
    Map<Table, Dataset<Row>> tables = new HashMap<>();
    SOUND.forEach((table, rows) -> tables.put(table, rows.repartition(7)));
    assertThat(problems(tables)).isEmpty();
  }

  @ParameterizedTest(name = "{0} {1} {2}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # table | column or rows | damage | check | problem
          windows | drop | window_id = 4 | ROWS | activations: expected one row for every window and block, found 1 (2 rows, for instance window_id 4, block 0)
          windows | drop | true | RULES | windows: expected at least one row
          windows | occurrences | if(window_id = 4, 0, occurrences) | ROWS | windows: expected occurrences >= 1, found 0 (1 rows, for instance window_id 4)
          windows | text | if(window_id = 4, null, text) | ROWS | windows: expected no column without a value, found NULL (1 rows, for instance window_id 4)
          windows | token_ids | if(window_id = 4, slice(token_ids, 1, 3), token_ids) | ROWS | windows: expected size(token_ids) = 6, found 3
          windows | token_ids | reverse(token_ids) | SAMPLES | expected in block 0 what the model gives
          tokens | token_id | token_id - 3 | ROWS | tokens: expected token_id >= 0, found -3
          tokens | text | if(token_id = 2, null, text) | ROWS | tokens: expected no column without a value
          activations | drop | window_id = 4 and block = 1 | ROWS | activations: expected one row for every window and block, found 0 (1 rows, for instance window_id 4, block 1)
          activations | repeat | window_id = 4 and block = 1 | ROWS | activations: expected one row for every window and block, found 2 (1 rows, for instance window_id 4, block 1)
          activations | window_id | if(window_id = 4, 1000000, window_id) | ROWS | found 0 (4 rows, for instance window_id 4, block 0)
          activations | window_id | if(window_id = 4, null, window_id) | ROWS | activations: expected one row for every window and block
          activations | block | if(block = 1, 17, block) | ROWS | activations: expected one row for every window and block, found 0
          activations | ffn_out | transform(ffn_out, x -> float(x * 1.001)) | SAMPLES | expected in block 0 what the model gives
          activations | ffn_out | transform(ffn_out, x -> float('NaN')) | SAMPLES | found NaN instead of
          activations | ffn_out | transform(ffn_out, x -> float(null)) | SAMPLES | found NaN instead of
          activations | ffn_out | slice(ffn_out, 1, 3) | SAMPLES | found 3 components instead of
          prompts | drop | prompt_id = 3 | RULES | prompts: expected every prompt_id of predictions once, found 0 (1 rows, for instance prompt_id 3)
          prompts | repeat | prompt_id = 3 | RULES | prompts: expected every prompt_id of predictions once, found 2
          prompts | prompt_id | if(prompt_id = 3, null, prompt_id) | ROWS | prompts: expected no column without a value
          prompts | token_ids | if(prompt_id = 3, array(1), token_ids) | ROWS | prompts: expected size(token_ids) = 6, found 1 (1 rows, for instance prompt_id 3)
          prompts | token_ids | if(prompt_id = 3, array(1, 2, 3, 4, 5, 9999), token_ids) | ROWS | prompts: expected forall(token_ids, token -> token between 0 and 76), found [1, 2, 3, 4, 5, 9999]
          prompts | token_ids | if(prompt_id = 3, array(1, 2, 3, 4, 5, null), token_ids) | ROWS | found [1, 2, 3, 4, 5, null]
          prompt_activations | drop | prompt_id = 3 and block = 1 | ROWS | prompt_activations: expected one row for every prompt and block, found 0 (1 rows, for instance prompt_id 3, block 1)
          prompt_activations | repeat | prompt_id = 3 and block = 1 | ROWS | prompt_activations: expected one row for every prompt and block, found 2
          prompt_activations | ffn_out | if(prompt_id = 3, transform(ffn_out, x -> float('Infinity')), ffn_out) | ROWS | prompt_activations: expected array_max(ffn_out) < float('infinity'), found Infinity
          prompt_activations | ffn_out | if(prompt_id = 3, transform(ffn_out, (x, i) -> if(i = 2, float('NaN'), x)), ffn_out) | ROWS | prompt_activations: expected array_max(ffn_out) < float('infinity'), found NaN
          prompt_activations | ffn_out | if(prompt_id = 3, transform(ffn_out, (x, i) -> if(i = 2, null, x)), ffn_out) | ROWS | prompt_activations: expected size(array_compact(ffn_out)) =
          prompt_activations | ffn_out | if(prompt_id = 3, slice(ffn_out, 1, 3), ffn_out) | ROWS | prompt_activations: expected size(array_compact(ffn_out)) =
          predictions | drop | prompt_id = 3 | ROWS | predictions: expected one row for every prompt, found 0 (1 rows, for instance prompt_id 3)
          predictions | repeat | prompt_id = 3 | ROWS | predictions: expected one row for every prompt, found 2
          predictions | probabilities | transform(probabilities, x -> float(x * 0.9)) | ROWS | predictions: expected coalesce(aggregate(probabilities
          predictions | probabilities | transform(probabilities, (x, i) -> float(if(i = 0, x + 2, if(i = 1, x - 2, x)))) | ROWS | predictions: expected coalesce(array_min(probabilities), 0) >= 0, found -1.99
          predictions | probabilities | slice(probabilities, 1, 7) | ROWS | predictions: expected coalesce(size(array_compact(probabilities)), 77) = 77, found 7
          predictions | probabilities | null | ROWS | predictions: expected (probabilities is null) = (final_vector is not null)
          block_distributions | own_window_similar | own_window_similar and prompt_id <> 3 | RULES | block_distributions: expected the prompt's own window among its similar strings
          similar_strings | drop | prompt_id = 3 and block = 0 | RULES | similar_strings: expected min(similar_count, keep-similar) rows for every prompt and block, found 0
          similar_strings | repeat | prompt_id = 3 and block = 0 | RULES | similar_strings: expected min(similar_count, keep-similar) rows
          similar_strings | block | 17 | RULES | similar_strings: expected min(similar_count, keep-similar) rows
          similar_strings | similarity | if(prompt_id = 3, float(0.79), similarity) | ROWS | similar_strings: expected similarity >= element_at(map(0, 0.8f, 1, 0.8f), block), found 0.79
          similar_strings | similarity | if(prompt_id = 3, float(1.01), similarity) | ROWS | similar_strings: expected similarity <= 1.00000012, found 1.01
          similar_strings | similarity | if(prompt_id = 3, float('NaN'), similarity) | ROWS | similar_strings: expected similarity <= 1.00000012, found NaN
          similar_strings | window_id | if(prompt_id = 3, null, window_id) | ROWS | similar_strings: expected no column without a value
          block_distributions | drop | prompt_id = 3 and block = 1 | ROWS | block_distributions: expected one row for every prompt and block, found 0
          block_distributions | repeat | prompt_id = 3 and block = 1 | ROWS | block_distributions: expected one row for every prompt and block, found 2
          block_distributions | prompt_id | if(prompt_id = 3, 77, prompt_id) | ROWS | block_distributions: expected one row for every prompt and block, found 0 (4 rows, for instance prompt_id 3, block 0)
          block_distributions | similar_count | if(prompt_id = 3, 1000000, similar_count) | RULES | block_distributions: expected similar_count of at most the windows there are
          block_distributions | similar_count | if(prompt_id = 3, -1, similar_count) | ROWS | block_distributions: expected similar_count >= 0, found -1
          block_distributions | similar_count | if(prompt_id = 3, 0, similar_count) | ROWS | block_distributions: expected not own_window_similar or similar_count > 0, found {0, true}
          block_distributions | similar_count | if(prompt_id = 3, null, similar_count) | ROWS | block_distributions: expected no column without a value
          block_distributions | counts | if(prompt_id = 3, map(1, 1000000L), counts) | RULES | and counts whose sum is at least
          block_distributions | counts | if(prompt_id = 3, map(), counts) | RULES | and counts whose sum is at least
          block_distributions | counts | if(prompt_id = 3, map(9999, 5L), counts) | ROWS | block_distributions: expected forall(map_keys(counts), token -> token between 0 and 76), found {9999 -> 5}
          block_distributions | counts | if(prompt_id = 3, map(1, -5L), counts) | ROWS | block_distributions: expected forall(map_values(counts), n -> n >= 1)
          approximations | drop | prompt_id = 3 | ROWS | approximations: expected one row for every prompt, found 0
          approximations | repeat | prompt_id = 3 | ROWS | approximations: expected one row for every prompt, found 2
          approximations | probabilities | if(prompt_id = 3, map(1, 0.99999999D), probabilities) | ROWS | between 1 - 1e-9 and 1 + 1e-9, found 0.99999999 (1 rows, for instance prompt_id 3)
          approximations | probabilities | if(prompt_id = 3, map(1, 2D, 2, -1D), probabilities) | ROWS | approximations: expected forall(map_values(probabilities), p -> p between 0 and 1 + 1e-9)
          approximations | probabilities | if(prompt_id = 3, map(1, double('NaN')), probabilities) | ROWS | between 1 - 1e-9 and 1 + 1e-9, found NaN
          approximations | leave_one_out_probabilities | if(prompt_id = 3, map(1, 0.5D), leave_one_out_probabilities) | ROWS | between 1 - 1e-9 and 1 + 1e-9, found 0.5
          approximations | probabilities | if(prompt_id = 3, map(9999, 1D), probabilities) | ROWS | approximations: expected forall(map_keys(probabilities), token -> token between 0 and 76)
          approximations | probabilities | if(prompt_id = 3, map(), probabilities) | RULES | distances: expected top tokens where approximations have evidence, and only there
          distances | drop | prompt_id = 3 | ROWS | distances: expected one row for every prompt, found 0
          distances | repeat | prompt_id = 3 | ROWS | distances: expected one row for every prompt, found 2
          distances | drop | true | ROWS | distances: expected one row for every prompt, found 0 (9 rows
          distances | drop | true | RULES | summaries: expected what distances say
          distances | hellinger | if(prompt_id = 3, 1.5D, hellinger) | ROWS | distances: expected hellinger between 0 and 1, found 1.5
          distances | hellinger | if(prompt_id = 3, double('NaN'), hellinger) | ROWS | distances: expected hellinger between 0 and 1, found NaN
          distances | hellinger_leave_one_out | if(prompt_id = 3, null, hellinger_leave_one_out) | ROWS | distances: expected no column without a value
          distances | top_token | if(prompt_id = 3, null, top_token) | ROWS | distances: expected top_token is not null or hellinger = 1, found {
          distances | top_token_agrees | not top_token_agrees | ROWS | distances: expected top_token_agrees = (top_token <=> model_top_token)
          distances | model_top_token | if(prompt_id = 3, -1, model_top_token) | ROWS | distances: expected model_top_token between 0 and 76, found -1
          distances | hellinger | if(prompt_id = 3, hellinger / 2, hellinger) | RULES | (2 rows, for instance figure similar_strings compatible hellinger mean
          distances | set_agreement | if(prompt_id = 3, null, set_agreement) | ROWS | distances: expected no column without a value
          distances | leading_agreement | leading_agreement + 1 | RULES | figure similar_strings compatible first_tokens_in_order top_1)
          baselines | drop | prompt_id = 3 and baseline = 'suffix_2' | RULES | baselines: expected one row of each for every prompt, found 8 (1 rows, for instance baseline suffix_2)
          baselines | repeat | prompt_id = 3 and baseline = 'suffix_2' | RULES | baselines: expected one row of each for every prompt, found 10 (1 rows, for instance baseline suffix_2)
          baselines | drop | true | RULES | baselines: expected at least one row
          baselines | hellinger | if(prompt_id = 3, null, hellinger) | ROWS | baselines: expected hellinger between 0 and 1, found NULL
          baselines | hellinger_leave_one_out | hellinger_leave_one_out + 1 | ROWS | baselines: expected hellinger_leave_one_out is null or hellinger_leave_one_out between 0 and 1
          baselines | hellinger_leave_one_out | if(prompt_id = 3, null, hellinger_leave_one_out) | RULES | baselines: expected hellinger_leave_one_out for all prompts or for none, found 8 of 9
          baselines | hellinger | hellinger / 2 | RULES | summaries: expected what baselines say
          baseline_fits | drop | is_strongest | RULES | baseline_fits: expected one strongest n-gram, found 0
          baseline_fits | is_strongest | true | RULES | baseline_fits: expected one strongest n-gram, found 3
          baseline_fits | discounts | transform(discounts, d -> transform(d, x -> x + 1.1)) | ROWS | baseline_fits: expected forall(discounts, d -> size(d) = 3 and
          baseline_fits | n_gram_order | n_gram_order + 1 | ROWS | baseline_fits: expected size(discounts) = n_gram_order + 1
          baseline_fits | lower_shares | transform(lower_shares, s -> transform(s, x -> 1d)) | ROWS | baseline_fits: expected forall(flatten(lower_shares), share -> share > 0 and share < 1)
          baseline_fits | hellinger_held_out | -.1 | ROWS | baseline_fits: expected hellinger_held_out is null or hellinger_held_out between 0 and 1, found -0.1
          summaries | value | if(quantity = 'gain_over_ngram' and slice is null and statistic = 'mean', value + 1, value) | RULES | summaries: expected what baselines say of the strongest n-gram, and distances beside it
          summaries | drop | quantity = 'top1' and protocol = 'compatible' and slice is null and statistic = 'mean' | RULES | summaries: expected what distances say, found none instead of
          summaries | repeat | quantity = 'top1' and protocol = 'compatible' and slice is null and statistic = 'mean' | RULES | summaries: expected every figure once, found 2 (1 rows, for instance figure similar_strings compatible top1 mean)
          summaries | value | if(block = 1 and quantity = 'strings' and statistic = 'mean', value + 1, value) | RULES | summaries: expected what block_distributions say
          summaries | value | if(series = 'ngram' and protocol = 'honest' and slice is null and statistic = 'max', value + 1, value) | RULES | (1 rows, for instance figure ngram honest hellinger max)
          summaries | value | double('NaN') | ROWS | summaries: expected abs(value) < double('infinity'), found NaN
          summaries | value | null | ROWS | summaries: expected no column without a value
          """)
  void damageIsNamed(
      String table, String column, String damage, Audit.Check check, String problem) {
    Table damaged = Tables.find(table).orElseThrow();
    Dataset<Row> rows = SOUND.get(damaged);
    Dataset<Row> broken =
        switch (column) {
          case "drop" -> rows.where("not (" + damage + ")");
          case "repeat" -> rows.union(rows.where(damage));
          default ->
              rows.withColumn(
                  column, functions.expr(damage).cast(rows.schema().apply(column).dataType()));
        };
    Map<Table, Dataset<Row>> tables = new HashMap<>(SOUND);
    tables.put(damaged, broken);
    if (check == Audit.Check.ROWS) { // the others only cost time
      tables.keySet().removeIf(other -> other != damaged && !COVERED.contains(other));
    }

    assertThat(
            problems(
                tables, List.of(), EnumSet.of(check), rule -> rule.sql().contains(" " + table)))
        .anySatisfy(line -> assertThat(line).contains(problem));
  }
}
