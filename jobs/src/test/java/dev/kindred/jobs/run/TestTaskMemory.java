/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.run;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindred.InvalidInput;
import dev.kindred.model.ModelShape;
import org.junit.jupiter.api.Test;

class TestTaskMemory {
  private static final long MIB = 1L << 20;
  private static final TaskMemory MEMORY =
      new TaskMemory(4, 1000 * MIB, 500 * MIB, "this machine's memory");

  @Test
  void whatFitsIsAccepted() {
    assertThatCode(() -> MEMORY.check(7, new TaskNeed(600 * MIB, 0, 500 * MIB)))
        .doesNotThrowAnyException();
  }

  @Test
  void tooMuchHeapIsRefused() {
    assertThatThrownBy(() -> MEMORY.check(7, new TaskNeed(601 * MIB, 0, 0)))
        .isInstanceOf(InvalidInput.class)
        .hasMessage(
            "--nodes-in-flight 7: a task would fill 601 MiB of heap, 60 % of its share is 600 MiB;"
                + " give a smaller number, a smaller --windows-per-task, or more heap");
  }

  @Test
  void whatTasksShareCountsOnceForAllOfThem() {
    TaskNeed need = new TaskNeed(900 * MIB, 400 * MIB, 0);
    assertThatCode(() -> MEMORY.checkJoin("9", need)).doesNotThrowAnyException();
  }

  @Test
  void aJoinOfTooManyPromptsIsRefused() {
    assertThatThrownBy(() -> MEMORY.checkJoin("9", new TaskNeed(901 * MIB, 400 * MIB, 0)))
        .isInstanceOf(InvalidInput.class)
        .hasMessage(
            "--prompts 9: a task would fill 601 MiB of heap, 60 % of its share is 600 MiB; give"
                + " fewer, a smaller --keep-similar, or more heap");
  }

  @Test
  void theJoinOfADefaultRunFitsIntoTwoGibibytesACore() {
    ModelShape shape = new ModelShape(65, 384, 6, 256);
    TaskNeed need = TaskNeed.ofJoin(100, shape, 1L << 40, 20_000);
    TaskMemory memory = new TaskMemory(1, 2048 * MIB, 0, "");
    assertThatCode(() -> memory.checkJoin("20000", need)).doesNotThrowAnyException();
  }

  @Test
  void tooMuchMemoryOutsideTheHeapIsRefused() {
    assertThatThrownBy(() -> MEMORY.check(7, new TaskNeed(0, 0, 501 * MIB)))
        .isInstanceOf(InvalidInput.class)
        .hasMessage(
            "--nodes-in-flight 7: a task would fill 501 MiB outside the heap, its share of this"
                + " machine's memory is 500 MiB; give a smaller number");
  }
}
