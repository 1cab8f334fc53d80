/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.jobs.report.Chart;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TestRunComparison {

  private static RunComparison of(int prompts) {
    return RunComparison.of(
        "r-a",
        "r-b",
        List.of(),
        IntStream.range(0, prompts)
            .mapToObj(id -> new RunComparison.Change(id, "text", .5, id % 2 == 0 ? .25 : .75))
            .toList());
  }

  @Test
  void aFewPromptsAreAllDrawn() {
    RunComparison comparison = of(4);

    assertThat(comparison.every()).isEqualTo(1);
    assertThat(comparison.dots()).hasSize(4).startsWith(new RunComparison.Dot(.5, .25));
    assertThat(comparison.scatter().series().get(1).name()).isEqualTo("a prompt");
  }

  @Test
  void ofManyPromptsOneInSomeIsDrawnAndThePictureSaysSo() {
    RunComparison comparison = of(RunComparison.MOST_DOTS + 1);

    assertThat(comparison.every()).isEqualTo(2);
    assertThat(comparison.dots()).hasSize(RunComparison.MOST_DOTS / 2 + 1);
    assertThat(comparison.scatter().series().get(1).name()).isEqualTo("one prompt in 2");
  }

  @Test
  void thePicturesSayInWordsWhatTheyShow() {
    Chart distributions = of(4).distributions();

    assertThat(distributions.alt())
        .contains("4 prompts", "run A: mean 0.5000", "run B: mean 0.5000; most, 2, are from 0.24");
    assertThat(of(4).scatter().alt()).contains("where B is nearer, are 2, and above it 2.");
  }
}
