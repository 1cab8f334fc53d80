/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.LocalSpark;
import dev.kindred.activation.Activations;
import dev.kindred.baseline.Baselines;
import dev.kindred.baseline.NGramFit;
import dev.kindred.baseline.SuffixCounts;
import dev.kindred.corpus.Corpus;
import dev.kindred.corpus.CorpusScan;
import dev.kindred.corpus.Prompts;
import dev.kindred.corpus.Windows;
import dev.kindred.kernel.TileKernels;
import dev.kindred.model.Models;
import dev.kindred.model.files.LoadedModels;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.prediction.Approximations;
import dev.kindred.prediction.Mixture;
import dev.kindred.prediction.Predictions;
import dev.kindred.similarity.Evidence;
import dev.kindred.similarity.NextTokens;
import dev.kindred.similarity.SimilarStrings;
import dev.kindred.similarity.SimilarityBins;
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
  private static final double THRESHOLD = .8;
  private static final String TEXT =
      "it was the best of times, it was the worst of times, it was the age of wisdom";

  private static final ModelDirectory MODEL = Models.directory(Models.TWO_BLOCKS);
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
    Dataset<Row> activations = keep(Tables.ACTIVATIONS, Activations.compute(windows, model, 16, 3));
    Dataset<Row> prompts =
        keep(Tables.PROMPTS, Prompts.draw(spark, windows, windows.count(), PROMPTS, 7));
    Dataset<Row> predicted = Predictions.compute(prompts, model, 16, 2);
    Dataset<Row> promptActivations =
        keep(Tables.PROMPT_ACTIVATIONS, Predictions.activations(predicted));
    Dataset<Row> predictions = keep(Tables.PREDICTIONS, predicted);

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
                  new SimilarStrings.Settings(
                      SimilarityBins.above(THRESHOLD),
                      KEEP,
                      MODEL.shape().vocabularySize(),
                      TileKernels.Choice.AUTO,
                      SimilarStrings.AUTO_AXES))
              .evidence();
      distributions.addAll(
          rows(
              Tables.BLOCK_DISTRIBUTIONS,
              SimilarStrings.blockDistributions(evidence)
                  .withColumn("block", functions.lit(block))));
      similar.addAll(
          rows(
              Tables.SIMILAR_STRINGS,
              SimilarStrings.mostSimilar(evidence).withColumn("block", functions.lit(block))));
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
                  MODEL.shape().vocabularySize(),
                  Mixture.ofCounts(weights())));
    }

    Map<String, Double> metrics = Summaries.of(distances, approximations, blockDistributions);
    metrics.putAll(
        PromptFigures.of(
            distances,
            baselines,
            NGramFit.strongest(fits).baseline(),
            List.of(),
            Slices.of(prompts, windows, predictions, blockDistributions, LENGTH, 60)));
    List<Row> summaries = new ArrayList<>();
    metrics.forEach(
        (metric, value) ->
            summaries.add(RowFactory.create("r-1", Summaries.OF_RUN, metric, value)));
    keep(Tables.SUMMARIES, summaries);
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
    return problems(tables, List.of(), EnumSet.allOf(Audit.Check.class));
  }

  private static List<String> problems(
      Map<Table, Dataset<Row>> tables, List<Dataset<Row>> modelDistances, Set<Audit.Check> checks) {
    double[] thresholds = new double[blocks()];
    Arrays.fill(thresholds, THRESHOLD);
    return Audit.problems(
        new Audit.Run(
            "r-1",
            LENGTH,
            thresholds,
            KEEP,
            tables.get(Tables.WINDOWS),
            tables.get(Tables.ACTIVATIONS),
            tables.get(Tables.PROMPTS),
            tables.get(Tables.PROMPT_ACTIVATIONS),
            tables.get(Tables.PREDICTIONS),
            modelDistances,
            tables.get(Tables.SIMILAR_STRINGS),
            tables.get(Tables.BLOCK_DISTRIBUTIONS),
            tables.get(Tables.APPROXIMATIONS),
            tables.get(Tables.DISTANCES),
            tables.get(Tables.BASELINES),
            tables.get(Tables.BASELINE_FITS),
            tables.get(Tables.SUMMARIES)),
        LoadedModels.get(MODEL),
        checks,
        () -> {});
  }

  @Test
  void distancesBetweenModelsAreOneAPromptAndInRange() {
    Dataset<Row> distances =
        SOUND.get(Tables.PROMPTS).select("prompt_id").withColumn("hellinger", functions.lit(.25));
    Set<Audit.Check> checks = EnumSet.of(Audit.Check.SUMMARIES);
    Map<Table, Dataset<Row>> tables = new HashMap<>(SOUND);
    List<Row> summaries = new ArrayList<>(SOUND.get(Tables.SUMMARIES).collectAsList());
    for (String name : List.of("noise_floor.hellinger", "noise_floor.0.hellinger")) {
      for (String figure : List.of("mean", "min", "max")) {
        summaries.add(RowFactory.create("r-1", Summaries.OF_RUN, name + "." + figure, .25));
      }
    }

    tables.put(
        Tables.SUMMARIES, local.createDataFrame(summaries, SOUND.get(Tables.SUMMARIES).schema()));

    assertThat(problems(tables, List.of(distances), checks)).isEmpty();
    assertThat(problems(tables, List.of(distances.where("prompt_id > 0")), checks))
        .containsExactly(
            "model_distances: expected one row for each of 9 prompts, found 8 of 8 prompts"
                + " (alternate 0)");
    assertThat(
            problems(
                tables, List.of(distances.withColumn("hellinger", functions.lit(1.5))), checks))
        .contains(
            "model_distances: expected hellinger in [0, 1], found another value (9 rows)",
            "summaries: expected noise_floor.0.hellinger.mean of 1.5, recomputed from its table,"
                + " found 0.25");
  }

  @Test
  void aSoundRunHasNoProblem() {
    assertThat(SOUND.get(Tables.SIMILAR_STRINGS).count()).isGreaterThan(2 * PROMPTS);
    assertThat(problems(SOUND)).isEmpty();
  }

  @Test
  void aSoundRunHasNoProblemInManyPartitions() {
    Map<Table, Dataset<Row>> tables = new HashMap<>();
    SOUND.forEach((table, rows) -> tables.put(table, rows.repartition(23)));
    assertThat(problems(tables)).isEmpty();
  }

  @ParameterizedTest(name = "{0} {1} {2}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # table            | column or rows        | damage                                      | check       | problem
          windows            | drop                  | window_id = 4                               | WINDOW_IDS  | expected in block 0 one row for each of
          windows            | drop                  | true                                        | WINDOW_IDS  | windows: expected at least one row
          windows            | occurrences           | if(window_id = 4, 0, occurrences)           | WINDOW_IDS  | occurrences of at least 1
          windows            | text                  | if(window_id = 4, null, text)               | WINDOW_IDS  | windows: expected no column without a value, found NULL (1 rows)
          windows            | token_ids             | if(window_id = 4, slice(token_ids, 1, 3), token_ids) | WINDOW_IDS  | windows: expected 6 token_ids
          windows            | token_ids             | reverse(token_ids)                          | ACTIVATIONS | expected in block 0 what the model gives
          activations        | drop                  | window_id = 4 and block = 1                 | WINDOW_IDS  | expected in block 1 one row for each of
          activations        | repeat                | window_id = 4 and block = 1                 | WINDOW_IDS  | window_id 4: 1 in windows, 2 in activations
          activations        | window_id             | if(window_id = 4, 1000000, window_id)       | WINDOW_IDS  | window_id 4: 1 in windows, 0 in activations
          activations        | window_id             | if(window_id = 4, null, window_id)          | WINDOW_IDS  | expected in block 0 one row for each of
          activations        | block                 | if(block = 1, 17, block)                    | WINDOW_IDS  | found block 17
          activations        | ffn_out               | transform(ffn_out, x -> float(x * 1.001))   | ACTIVATIONS | expected in block 0 what the model gives
          activations        | ffn_out               | transform(ffn_out, x -> float('NaN'))       | ACTIVATIONS | found NaN instead of
          activations        | ffn_out               | transform(ffn_out, x -> float(null))        | ACTIVATIONS | found NaN instead of
          activations        | ffn_out               | slice(ffn_out, 1, 3)                        | ACTIVATIONS | found 3 components instead of
          prompts            | drop                  | prompt_id = 3                               | PROMPTS     | prompts: expected every prompt_id of the other tables once
          prompts            | repeat                | prompt_id = 3                               | PROMPTS     | prompts: expected every prompt_id of the other tables once
          prompts            | prompt_id             | if(prompt_id = 3, null, prompt_id)          | PROMPTS     | prompts: expected no column without a value
          prompts            | token_ids             | if(prompt_id = 3, array(1), token_ids)      | PROMPTS     | prompts: expected 6 token_ids
          prompts            | token_ids             | if(prompt_id = 3, array(1, 2, 3, 4, 5, 9999), token_ids) | PROMPTS     | prompts: expected 6 token_ids
          prompt_activations | drop                  | prompt_id = 3 and block = 1                 | PROMPTS     | prompt_activations: expected one row for every prompt and block, found 0 (1 rows, for instance prompt_id 3, block 1)
          prompt_activations | repeat                | prompt_id = 3 and block = 1                 | PROMPTS     | prompt_activations: expected one row for every prompt and block, found 2
          prompt_activations | ffn_out               | if(prompt_id = 3, transform(ffn_out, x -> float('Infinity')), ffn_out) | PROMPTS     | prompt_activations: expected ffn_out of
          prompt_activations | ffn_out               | if(prompt_id = 3, transform(ffn_out, (x, i) -> if(i = 2, float('NaN'), x)), ffn_out) | PROMPTS     | finite floats
          prompt_activations | ffn_out               | if(prompt_id = 3, transform(ffn_out, (x, i) -> if(i = 2, null, x)), ffn_out) | PROMPTS     | finite floats
          predictions        | drop                  | prompt_id = 3                               | PROMPTS     | predictions: expected one row for every prompt, found 0 (1 rows, for instance prompt_id 3)
          predictions        | repeat                | prompt_id = 3                               | PROMPTS     | predictions: expected one row for every prompt, found 2
          predictions        | probabilities         | transform(probabilities, x -> float(x * 0.9)) | PROMPTS     | predictions: expected probabilities of sum 1
          predictions        | probabilities         | transform(probabilities, (x, i) -> float(if(i = 0, x + 2, if(i = 1, x - 2, x)))) | PROMPTS     | probabilities in [0, 1]
          predictions        | probabilities         | slice(probabilities, 1, 7)                  | PROMPTS     | probabilities in [0, 1]
          predictions        | probabilities         | null                                        | PROMPTS     | predictions: expected no column without a value
          block_distributions | own_window_similar    | own_window_similar and prompt_id <> 3       | PROMPTS     | block_distributions: expected the prompt's own window among its similar strings
          similar_strings    | drop                  | prompt_id = 3 and block = 0                 | PROMPTS     | similar_strings: expected min(similar_count, keep-similar) rows
          similar_strings    | repeat                | prompt_id = 3 and block = 0                 | PROMPTS     | similar_strings: expected min(similar_count, keep-similar) rows
          similar_strings    | similarity            | if(prompt_id = 3, float(0.79), similarity)  | PROMPTS     | similarity above the block's threshold, found 0.79
          similar_strings    | similarity            | if(prompt_id = 3, float(1.01), similarity)  | PROMPTS     | similarity of at most 1, found 1.01
          similar_strings    | similarity            | if(prompt_id = 3, float('NaN'), similarity) | PROMPTS     | similarity of at most 1, found NaN
          similar_strings    | window_id             | if(prompt_id = 3, null, window_id)          | PROMPTS     | similar_strings: expected no column without a value
          block_distributions | drop                  | prompt_id = 3 and block = 1                 | PROMPTS     | block_distributions: expected one row for every prompt and block, found 0
          block_distributions | repeat                | prompt_id = 3 and block = 1                 | PROMPTS     | block_distributions: expected one row for every prompt and block, found 2
          block_distributions | prompt_id             | if(prompt_id = 3, 77, prompt_id)            | PROMPTS     | for instance prompt_id 77, block 0
          block_distributions | similar_count         | if(prompt_id = 3, 1000000, similar_count)   | PROMPTS     | similar_count from 0 to
          block_distributions | similar_count         | if(prompt_id = 3, null, similar_count)      | PROMPTS     | block_distributions: expected no column without a value
          block_distributions | counts                | if(prompt_id = 3, map(1, 1000000L), counts) | PROMPTS     | counts whose sum is at least
          block_distributions | counts                | if(prompt_id = 3, map(), counts)            | PROMPTS     | counts whose sum is at least
          block_distributions | counts                | if(prompt_id = 3, map(9999, 5L), counts)    | PROMPTS     | counts of at least 1 of tokens
          block_distributions | counts                | if(prompt_id = 3, map(1, -5L), counts)      | PROMPTS     | counts of at least 1 of tokens
          approximations     | drop                  | prompt_id = 3                               | PROMPTS     | approximations: expected one row for every prompt, found 0
          approximations     | repeat                | prompt_id = 3                               | PROMPTS     | approximations: expected one row for every prompt, found 2
          approximations     | probabilities         | if(prompt_id = 3, map(1, 0.99999999D), probabilities) | PROMPTS     | probabilities in [0, 1] of sum 1 within 1.0E-9, or none, found 0.99999999
          approximations     | probabilities         | if(prompt_id = 3, map(1, 2D, 2, -1D), probabilities) | PROMPTS     | probabilities in [0, 1] of sum 1
          approximations     | probabilities         | if(prompt_id = 3, map(1, double('NaN')), probabilities) | PROMPTS     | probabilities in [0, 1] of sum 1
          approximations     | leave_one_out_probabilities | if(prompt_id = 3, map(1, 0.5D), leave_one_out_probabilities) | PROMPTS     | leave_one_out_probabilities in [0, 1] of sum 1
          approximations     | probabilities         | if(prompt_id = 3, map(9999, 1D), probabilities) | PROMPTS     | probabilities of tokens from 0 to
          approximations     | probabilities         | if(prompt_id = 3, map(), probabilities)     | PROMPTS     | top tokens where approximations have evidence
          distances          | drop                  | prompt_id = 3                               | PROMPTS     | distances: expected one row for every prompt, found 0
          distances          | repeat                | prompt_id = 3                               | PROMPTS     | distances: expected one row for every prompt, found 2
          distances          | drop                  | true                                        | SUMMARIES   | distances: expected at least one row
          distances          | hellinger             | if(prompt_id = 3, 1.5D, hellinger)          | PROMPTS     | hellinger in [0, 1], and 1 without evidence, found 1.5
          distances          | hellinger             | if(prompt_id = 3, double('NaN'), hellinger) | PROMPTS     | hellinger in [0, 1], and 1 without evidence, found NaN
          distances          | hellinger_leave_one_out | if(prompt_id = 3, null, hellinger_leave_one_out) | PROMPTS     | distances: expected no column without a value
          distances          | top_token             | if(prompt_id = 3, null, top_token)          | PROMPTS     | hellinger in [0, 1], and 1 without evidence
          distances          | top_token_agrees      | not top_token_agrees                        | PROMPTS     | top_token_agrees as the top tokens do
          distances          | model_top_token       | if(prompt_id = 3, -1, model_top_token)      | PROMPTS     | model_top_token from 0 to
          distances          | hellinger             | if(prompt_id = 3, hellinger / 2, hellinger) | SUMMARIES   | summaries: expected compatible.hellinger.mean of
          distances          | set_agreement         | if(prompt_id = 3, null, set_agreement)      | PROMPTS     | distances: expected no column without a value
          distances          | leading_agreement     | leading_agreement + 1                       | SUMMARIES   | summaries: expected compatible.top.1.in_order of
          baselines          | drop                  | prompt_id = 3 and baseline = 'suffix_2'     | SUMMARIES   | baselines: expected one row for each of 9 prompts, found 8 of 8 prompts (suffix_2)
          baselines          | repeat                | prompt_id = 3 and baseline = 'suffix_2'     | SUMMARIES   | baselines: expected one row for each of 9 prompts, found 10 of 9 prompts (suffix_2)
          baselines          | drop                  | true                                        | SUMMARIES   | baselines: expected at least one row
          baselines          | hellinger             | if(prompt_id = 3, null, hellinger)          | SUMMARIES   | baselines: expected hellinger in [0, 1]
          baselines          | hellinger_leave_one_out | hellinger_leave_one_out + 1                 | SUMMARIES   | baselines: expected hellinger_leave_one_out in [0, 1]
          baselines          | hellinger_leave_one_out | if(prompt_id = 3, null, hellinger_leave_one_out) | SUMMARIES   | for all prompts or for none
          baselines          | hellinger             | hellinger / 2                               | SUMMARIES   | summaries: expected baseline.unigram.hellinger.mean of
          baseline_fits      | drop                  | is_strongest                                | SUMMARIES   | baseline_fits: expected one strongest n-gram, found 0
          baseline_fits      | is_strongest          | true                                        | SUMMARIES   | baseline_fits: expected one strongest n-gram, found 3
          baseline_fits      | discounts             | transform(discounts, d -> transform(d, x -> x + 1.1)) | SUMMARIES   | baseline_fits: expected discounts between 0 and
          baseline_fits      | n_gram_order          | n_gram_order + 1                            | SUMMARIES   | baseline_fits: expected discounts of every context
          baseline_fits      | lower_shares          | transform(lower_shares, s -> transform(s, x -> 1d)) | SUMMARIES   | baseline_fits: expected lower_shares in (0, 1)
          baseline_fits      | hellinger_held_out    | -.1                                         | SUMMARIES   | baseline_fits: expected hellinger_held_out in [0, 1]
          summaries          | value                 | if(metric = 'honest.gain_over_ngram.mean', value + 1, value) | SUMMARIES   | summaries: expected honest.gain_over_ngram.mean of
          summaries          | drop                  | metric = 'compatible.top1'                  | SUMMARIES   | summaries: expected compatible.top1 of
          summaries          | repeat                | metric = 'compatible.top1'                  | SUMMARIES   | found compatible.top1 twice
          summaries          | value                 | if(metric = 'block.1.similar_strings.mean', value + 1, value) | SUMMARIES   | summaries: expected block.1.similar_strings.mean of
          summaries          | value                 | double('NaN')                               | SUMMARIES   | summaries: expected a finite value, found NaN
          summaries          | value                 | null                                        | SUMMARIES   | summaries: expected a finite value, found null
          """)
  void damageIsNamed(
      String table, String column, String damage, Audit.Check check, String problem) {
    Table damaged =
        Tables.ALL.stream().filter(each -> each.name().equals(table)).findFirst().orElseThrow();
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

    assertThat(problems(tables, List.of(), EnumSet.of(Audit.Check.WINDOW_IDS, check)))
        .anySatisfy(line -> assertThat(line).contains(problem));
  }
}
