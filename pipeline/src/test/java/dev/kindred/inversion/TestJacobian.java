/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.inversion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What an output knows of each vector to first order. */
class TestJacobian {
  /** What is left of the greatest value by passes in single precision. */
  private static final double ROUNDING = 1e-5;

  static Stream<String> cases() {
    return InversionCase.names("linear-");
  }

  private static double[][] found(InversionCase of, Target target) {
    TargetOutput output = new TargetOutput(of.model(), target, of.length());
    return Jacobian.singularValues(output, of.ownVectors(), of.tokens().dimension());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void singularValuesAreThoseOfDoublePrecision(String name) {
    InversionCase expected = InversionCase.read(name);
    float[] values = expected.arrays().get("singular_values");
    double[][] found = found(expected, expected.target());
    int dimension = found[0].length;
    assertThat(found).hasDimensions(expected.length(), values.length / expected.length());
    for (int position = 0; position < found.length; position++) {
      double largest = values[position * dimension];
      for (int i = 0; i < dimension; i++) {
        assertThat(found[position][i])
            .as("position %d, singular value %d", position, i)
            .isCloseTo(values[position * dimension + i], within(ROUNDING * largest));
      }
    }
  }

  @Test
  void theInputItselfKnowsEveryDirectionWhereItCountsAndNoneElsewhere() {
    InversionCase any = InversionCase.read("linear-llama-b2-last");
    Target middle = Target.of(0).with(TokenRange.parse("--tokens", "[2:4]"));
    double[][] found = found(any, middle);
    for (int position = 0; position < found.length; position++) {
      double expected = position == 2 || position == 3 ? 1 : 0;
      assertThat(found[position]).as("position %d", position).containsOnly(expected);
    }
  }

  @Test
  void fewerFeaturesThanDimensionsLeaveDirectionsThatNothingSees() {
    InversionCase any = InversionCase.read("linear-llama-b2-last");
    Target few =
        new Target(
            1,
            Target.Outputs.LAST,
            BlockPart.BLOCK,
            true,
            TokenRange.parse("--tokens", "[-1]"),
            IntStream.range(0, 5).toArray());
    double[] last = found(any, few)[any.length() - 1];
    assertThat(last[4]).isPositive();
    assertThat(IntStream.range(5, last.length).mapToDouble(i -> last[i])).containsOnly(0.);
  }
}
