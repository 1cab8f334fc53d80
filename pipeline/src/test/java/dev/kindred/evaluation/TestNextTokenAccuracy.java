/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.LocalSpark;
import dev.kindred.table.FormerNames;
import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(LocalSpark.class)
class TestNextTokenAccuracy {
  private static final StructType TOP_TOKENS =
      new StructType()
          .add("prompt_id", DataTypes.IntegerType, false)
          .add("model", DataTypes.IntegerType)
          .add("strings", DataTypes.IntegerType)
          .add("ngram", DataTypes.IntegerType);

  private final List<Row> prompts = new ArrayList<>();
  private final List<Row> windows = new ArrayList<>();
  private final List<Row> tops = new ArrayList<>();

  /** A prompt that is the window of its id, and what is said to follow it. */
  private void prompt(
      long occurrences, Map<Integer, Long> next, Integer model, Integer strings, Integer ngram) {
    int id = prompts.size();
    prompts.add(RowFactory.create("p-1", id, List.of(), "", (long) id));
    windows.add(RowFactory.create("c-1", (long) id, List.of(), "", occurrences, next));
    tops.add(RowFactory.create(id, model, strings, ngram));
  }

  private Map<String, Double> figures(SparkSession spark, int partitions) {
    return FormerNames.of(
        NextTokenAccuracy.of(
            rows(spark, prompts, Tables.PROMPTS.columns(), partitions),
            rows(spark, windows, Tables.WINDOWS.columns(), partitions),
            rows(spark, tops, TOP_TOKENS, partitions)));
  }

  private static Dataset<Row> rows(
      SparkSession spark, List<Row> rows, StructType columns, int partitions) {
    return spark.createDataFrame(rows, columns).repartition(partitions);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7})
  void theTokenThatFollowsDecidesWhoWasRight(int partitions, SparkSession spark) {
    prompt(1, Map.of(3, 1L), 3, 3, 3); // all are right
    prompt(1, Map.of(3, 1L), 3, 5, 5); // the model alone
    prompt(1, Map.of(3, 1L), 3, 5, 3); // all but the strings
    prompt(1, Map.of(3, 1L), 5, 3, null); // the strings alone
    prompt(1, Map.of(3, 1L), 5, 6, 5); // nobody
    prompt(1, Map.of(3, 1L), 5, 5, 5); // nobody, and all agree

    assertThat(figures(spark, partitions))
        .containsEntry("following.prompts", 6.)
        .containsEntry("following.model.right", 3. / 6)
        .containsEntry("following.strings.right", 2. / 6)
        .containsEntry("following.ngram.right", 2. / 6)
        .containsEntry("following.model_or_strings.prompts", 4.)
        .containsEntry("following.model_or_strings.model", 2. / 4)
        .containsEntry("following.model_or_strings.strings", 1. / 4)
        .containsEntry("following.model_or_strings.neither", 1. / 4)
        .containsEntry("following.strings_or_ngram.prompts", 3.)
        .containsEntry("following.strings_or_ngram.strings", 1. / 3)
        .containsEntry("following.strings_or_ngram.ngram", 1. / 3)
        .containsEntry("following.strings_or_ngram.neither", 1. / 3);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7})
  void promptsThatOccurMoreThanOnceOrEndADocumentDoNotCount(int partitions, SparkSession spark) {
    prompt(2, Map.of(3, 2L), 3, 3, 3);
    prompt(2, Map.of(3, 1L), 3, 3, 3);
    prompt(1, Map.of(), 3, 3, 3);
    prompts.add(RowFactory.create("p-1", 3, List.of(), "", null)); // no window of the corpus
    tops.add(RowFactory.create(3, 3, 3, 3));

    assertThat(figures(spark, partitions)).isEqualTo(Map.of("following.prompts", 0.));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7})
  void aPredictionOfNothingIsNotRightAndDiffersFromATokenOnly(int partitions, SparkSession spark) {
    prompt(1, Map.of(0, 1L), null, null, 0);

    assertThat(figures(spark, partitions))
        .containsEntry("following.model.right", 0.)
        .containsEntry("following.ngram.right", 1.)
        .containsEntry("following.model_or_strings.prompts", 0.)
        .doesNotContainKey("following.model_or_strings.neither")
        .containsEntry("following.strings_or_ngram.ngram", 1.);
  }
}
