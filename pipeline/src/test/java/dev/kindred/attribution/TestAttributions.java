/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.attribution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kindred.LocalSpark;
import dev.kindred.attribution.Attribution.Question;
import dev.kindred.attribution.Attributions.Asked;
import dev.kindred.model.Models;
import dev.kindred.model.ResidualStream;
import dev.kindred.model.files.LoadedModels;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Figures;
import dev.kindred.table.Figures.Measure;
import dev.kindred.table.Tables;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Attributions that Spark spreads, against those of one prompt after the other. */
@ExtendWith(LocalSpark.class)
class TestAttributions {
  private static final List<int[]> PROMPTS =
      List.of(new int[] {31, 50, 1}, new int[] {42, 58}, new int[] {7}, new int[] {3, 3, 3});

  private static final Set<Score.Method> ALL = EnumSet.allOf(Score.Method.class);

  /** All but the one that takes long. */
  private static final Set<Score.Method> QUICK =
      EnumSet.complementOf(EnumSet.of(Score.Method.INTEGRATED));

  private static ModelDirectory directory;
  private static ResidualStream model;

  @BeforeAll
  static void load() {
    directory = Models.directory(Models.TWO_BLOCKS);
    model = LoadedModels.stream(directory);
  }

  private static Asked asked(Set<Score.Method> methods, Objective.Choice objective) {
    Replacement.Row mean = Replacement.mean(model);
    long[] counts = new long[model.shape().vocabularySize()];
    counts[5] = 2;
    counts[9] = 1;
    return new Asked(
        new Question(
            EnumSet.allOf(Score.Method.class), objective, Replacement.marginal(counts), mean, mean),
        "objective",
        "marginal",
        "c-0",
        null,
        PROMPTS);
  }

  private static Dataset<Row> measured(SparkSession spark, Asked asked, int tasks) {
    return Attributions.measure(
            spark, directory.onExecutors(spark), asked, 0, PROMPTS.size(), tasks)
        .cache();
  }

  private static Dataset<Row> some(SparkSession spark, Asked asked, int from, int to) {
    return Attributions.measure(spark, directory.onExecutors(spark), asked, from, to, 2);
  }

  /** What rows say, as one text. */
  private static String found(Dataset<Row> measured) throws JsonProcessingException {
    return new ObjectMapper()
        .writeValueAsString(
            Attributions.read(Attributions.scores(measured), Attributions.checks(measured)));
  }

  private static List<String> sorted(Dataset<Row> rows) {
    return rows.selectExpr("to_json(struct(*))").collectAsList().stream()
        .map(row -> row.getString(0))
        .sorted()
        .toList();
  }

  @Test
  void rowsDoNotDependOnHowManyTasksThereAre(SparkSession spark) throws JsonProcessingException {
    Asked asked = asked(ALL, Objective::predicted);
    Dataset<Row> one = measured(spark, asked, 1);
    Dataset<Row> seven = measured(spark, asked, 7);

    assertThat(sorted(Attributions.scores(one)))
        .hasSize(PROMPTS.stream().mapToInt(prompt -> prompt.length).sum() * Score.values().length)
        .isEqualTo(sorted(Attributions.scores(seven)));
    assertThat(sorted(Attributions.checks(one)))
        .hasSize(PROMPTS.size() * 6) // five scores that are compared, and random orders
        .isEqualTo(sorted(Attributions.checks(seven)));
    List<Attribution> plain =
        PROMPTS.stream().map(prompt -> Attribution.of(model, prompt, asked.question())).toList();
    assertThat(found(one)).isEqualTo(new ObjectMapper().writeValueAsString(plain));
    assertThat(sorted(Attributions.scores(one).where("prompt_id between 1 and 2")))
        .isEqualTo(sorted(Attributions.scores(some(spark, asked, 1, 3))));
  }

  @Test
  void rowsSayAllThatWasFoundOfEachPrompt(SparkSession spark) throws JsonProcessingException {
    for (Objective.Choice objective :
        List.<Objective.Choice>of(
            Objective::predicted, Objective::logitDifference, Objective::logitSum)) {
      Asked asked = asked(QUICK, objective);
      Dataset<Row> measured = measured(spark, asked, 2);
      List<Attribution> plain =
          PROMPTS.stream().map(prompt -> Attribution.of(model, prompt, asked.question())).toList();

      assertThat(found(measured)).isEqualTo(new ObjectMapper().writeValueAsString(plain));
    }
  }

  @Test
  void aShareIsOfThePromptsGreatestScore(SparkSession spark) {
    Dataset<Row> scores =
        Attributions.scores(measured(spark, asked(QUICK, Objective::predicted), 2));

    assertThat(
            scores
                .selectExpr(
                    "abs(share * max(abs(score)) over (partition by prompt_id, method, variant)"
                        + " - score) <= 1e-12 * abs(score) as same")
                .where("not same")
                .count())
        .isZero();
    assertThat(scores.where("abs(share) = 1").count()).isPositive();
    assertThat(Tables.ATTRIBUTIONS.conform(scores).columns()).contains("share");
  }

  @Test
  void figuresAreMeansOverThePromptsThatHaveThem(SparkSession spark) {
    Asked asked = asked(QUICK, Objective::predicted);
    Figures figures = Attributions.summarize(Attributions.checks(measured(spark, asked, 3)));
    List<Attribution> plain =
        PROMPTS.stream().map(prompt -> Attribution.of(model, prompt, asked.question())).toList();

    assertThat(
            figures.get(Measure.of("occlusion drop", Attributions.OBJECTIVE_WITHOUT + 2), "mean"))
        .isCloseTo(
            plain.stream()
                .filter(found -> found.tokenIds().length >= 2)
                .flatMap(found -> found.removals().stream())
                .filter(removals -> removals.order() == Score.OCCLUSION_DROP)
                .mapToDouble(removals -> removals.values()[2])
                .average()
                .orElseThrow(),
            within(1e-9));
    assertThat(
            figures.get(
                Measure.of("occlusion drop", Attributions.CORRELATION + "gradient l2"), "mean"))
        .isCloseTo(
            plain.stream()
                .flatMap(found -> found.agreements().stream())
                .filter(pair -> pair.first() == Score.GRADIENT_L2)
                .filter(pair -> pair.second() == Score.OCCLUSION_DROP && pair.all() != null)
                .mapToDouble(Attribution.Agreement::all)
                .average()
                .orElseThrow(),
            within(1e-9));
  }

  @Test
  void whatDiffersIsAnotherQuestion() {
    Asked asked = asked(QUICK, Objective::predicted);
    Asked ofARun =
        new Asked(
            asked.question(),
            asked.objective(),
            asked.replacement(),
            asked.weights(),
            "p-0",
            asked.prompts());
    Asked fewer =
        new Asked(
            asked.question(),
            asked.objective(),
            asked.replacement(),
            asked.weights(),
            null,
            PROMPTS.subList(0, 2));

    assertThat(List.of(asked.key(), ofARun.key(), fewer.key()))
        .doesNotHaveDuplicates()
        .contains(asked(QUICK, Objective::predicted).key());
  }
}
