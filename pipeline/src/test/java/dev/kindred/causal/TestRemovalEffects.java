/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.causal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.expressions.GenericRowWithSchema;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;

class TestRemovalEffects {
  // Places of columns in a row.
  private static final int CHANGE = 4;
  private static final int HELLINGER = 7;
  private static final int BEYOND = 10;

  private static final StructType PREDICTED =
      new StructType()
          .add("choice", "string")
          .add("occurrences", "int")
          .add("part", "int")
          .add("seed", "bigint")
          .add("prompt_id", "int")
          .add("log_probability", "float")
          .add("log_probabilities", "array<float>");

  /** Two tokens, of which the first is explained. */
  private static Row predicted(
      String choice, int occurrences, int part, long seed, int prompt, double p) {
    return new GenericRowWithSchema(
        new Object[] {
          choice,
          occurrences,
          occurrences == 0 ? null : (Integer) part,
          seed,
          prompt,
          (float) Math.log(p),
          scala.jdk.javaapi.CollectionConverters.asScala(
                  List.of((float) Math.log(p), (float) Math.log(1 - p)))
              .toSeq()
        },
        PREDICTED);
  }

  private static double distance(double p, double q) {
    return Math.sqrt(1 - Math.sqrt(p * q) - Math.sqrt((1 - p) * (1 - q)));
  }

  private static List<Row> rows() {
    List<Row> rows = new ArrayList<>();
    for (int prompt = 0; prompt < 3; prompt++) {
      rows.add(predicted("whole", 0, -1, 1, prompt, .8));
      rows.add(predicted("whole", 0, -1, 2, prompt, .6));
      rows.add(predicted("random", 5, prompt % 2, 1, prompt, .8));
      rows.add(predicted("random", 5, prompt % 2, 2, prompt, .6));
      rows.add(predicted("evidence", 5, prompt % 2, 1, prompt, .4));
      rows.add(predicted("evidence", 5, prompt % 2, 2, prompt, .3));
      rows.add(predicted("evidence", 5, 1 - prompt % 2, 1, prompt, .1)); // of another group
    }

    return RemovalEffects.summarized(rows, Map.of(0, 0, 1, 1, 2, 0));
  }

  @Test
  void aTrainingIsComparedWithThatOfItsSeed() {
    Row evidence = rows().get(1);

    assertThat(evidence.getString(0)).isEqualTo("evidence");
    assertThat(evidence.getDouble(CHANGE)).isCloseTo(Math.log(.5), within(1e-6));
    assertThat(evidence.getDouble(HELLINGER))
        .isCloseTo((distance(.4, .8) + distance(.3, .6)) / 2, within(1e-6));
  }

  @Test
  void whatChangesNothingHasNoEffectAndLessThanTheEvidence() {
    Row random = rows().get(2);

    assertThat(random.getDouble(CHANGE)).isZero();
    assertThat(random.getDouble(BEYOND)).isCloseTo(Math.log(.5), within(1e-6));
  }

  @Test
  void seedsOnTheWholeTextAreComparedWithEachOther() {
    Row whole = rows().get(0);

    assertThat(whole.getString(0)).isEqualTo("whole");
    assertThat(whole.getDouble(CHANGE)).isCloseTo(Math.log(.8 / .6), within(1e-6));
    assertThat(whole.getDouble(HELLINGER)).isCloseTo(distance(.8, .6), within(1e-6));
  }
}
