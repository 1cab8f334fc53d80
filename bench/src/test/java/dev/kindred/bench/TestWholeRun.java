/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;
import static org.assertj.core.api.Assertions.within;

import dev.kindred.InvalidInput;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Shell commands stand in for the launch script. */
class TestWholeRun {
  private final WorkFolder work = new WorkFolder(false);
  private final ByteArrayOutputStream lines = new ByteArrayOutputStream();

  @Test
  void takesStagesFromTheProgramsLinesAndPassesThemOn() {
    WholeRun run =
        start(
            "echo 'windows          started' >&2",
            "echo 'windows          done in 4.2 s' >&2",
            "echo 'similar strings  done in 3:05 min' >&2",
            "echo; echo 'kindred: run_id=r-1'",
            "sleep 0.3");
    assertThat(run.stageSeconds())
        .containsExactly(entry("windows", 4.2), entry("similar strings", 185.0));
    assertThat(run.seconds()).isBetween(0.3, 60.0);
    assertThat(run.otherSeconds()).isCloseTo(run.seconds() - 189.2, within(1e-9));
    assertThat(run.peakMemoryMib()).isBetween(0.5, 1000.0);
    assertThat(lines.toString(StandardCharsets.UTF_8).lines())
        .containsExactly(
            "bench: [corpus 1/16] windows          started",
            "bench: [corpus 1/16] windows          done in 4.2 s",
            "bench: [corpus 1/16] similar strings  done in 3:05 min",
            "bench: [corpus 1/16] kindred: run_id=r-1");
  }

  @Test
  void aRunHasTwoGibibytesOfHeapForEachCore() {
    start("echo $KINDRED_MEMORY $KINDRED_JAVA");
    assertThat(lines.toString(StandardCharsets.UTF_8))
        .contains("4096m -Dspark.master=local[2] -XX:ActiveProcessorCount=2");
  }

  @Test
  void aFailedRunIsNamedWithItsLastLines() {
    assertThatThrownBy(
            () ->
                start("seq 100", "echo 'java.lang.OutOfMemoryError: Java heap space' >&2; exit 3"))
        .isInstanceOf(RunFailed.class)
        .hasMessageStartingWith("whole run [corpus 1/16] ended with status 3; its last lines:")
        .hasMessageNotContaining(" 89")
        .hasMessageContaining(" 90")
        .hasMessageEndingWith("java.lang.OutOfMemoryError: Java heap space");
  }

  @Test
  void badInputKeepsTheProgramsMessage() {
    assertThatThrownBy(() -> start("echo 'kindred: --prompts 9: ask for fewer' >&2; exit 2"))
        .isInstanceOf(InvalidInput.class)
        .hasMessage("whole run [corpus 1/16]: --prompts 9: ask for fewer");
  }

  @Test
  void readsDurationsAsTheProgramTellsThem() {
    assertThat(WholeRun.seconds("0.0 s")).isZero();
    assertThat(WholeRun.seconds("59.9 s")).isEqualTo(59.9);
    assertThat(WholeRun.seconds("1:00 min")).isEqualTo(60);
    assertThat(WholeRun.seconds("1:02:03 h")).isEqualTo(3723);
  }

  private WholeRun start(String... shell) {
    List<String> command = List.of("bash", "-c", String.join("\n", shell));
    return WholeRun.start(
        new WholeRun.Plan("corpus 1/16", command, 2),
        work,
        new PrintStream(lines, true, StandardCharsets.UTF_8));
  }
}
