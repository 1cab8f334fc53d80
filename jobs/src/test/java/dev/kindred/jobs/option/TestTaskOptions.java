/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.option;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.jobs.workspace.Workspace;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

final class TestTaskOptions {

  @Command
  static final class OfTasks extends KindredCommand {
    @Mixin private TaskOptions tasks;

    @Override
    public void run(Workspace workspace) {
      throw new IllegalStateException("only parsed");
    }
  }

  private static int nodes(Predicate<TaskOptions> fits, String... options) {
    return Parsed.of(new OfTasks(), null, options).tasks.fitting(fits).nodesInFlight();
  }

  @Test
  void autoIsTheGreatestHalfThatFits() {
    assertThat(nodes(tasks -> true)).isEqualTo(40_960);
    assertThat(nodes(tasks -> tasks.nodesInFlight() < 40_960)).isEqualTo(20_480);
    assertThat(nodes(tasks -> tasks.nodesInFlight() <= 3000)).isEqualTo(2560);
    assertThat(nodes(tasks -> false)).isEqualTo(1280);
  }

  @Test
  void whatIsGivenStaysAsItIs() {
    assertThat(nodes(tasks -> false, "--nodes-in-flight", "40000")).isEqualTo(40_000);
  }

  @Test
  void theOtherSettingIsKept() {
    TaskOptions tasks = Parsed.of(new OfTasks(), null, "--windows-per-task", "77").tasks;

    assertThat(tasks.fitting(fits -> true).windowsPerTask()).isEqualTo(77);
  }
}
