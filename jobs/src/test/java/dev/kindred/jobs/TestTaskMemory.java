/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindred.InvalidInput;
import org.junit.jupiter.api.Test;

class TestTaskMemory {
  private static final long MIB = 1L << 20;
  private static final TaskMemory MEMORY =
      new TaskMemory(1000 * MIB, 500 * MIB, "this machine's memory");

  @Test
  void whatFitsIsAccepted() {
    assertThatCode(() -> MEMORY.check(7, 600 * MIB, 500 * MIB)).doesNotThrowAnyException();
  }

  @Test
  void tooMuchHeapIsRefused() {
    assertThatThrownBy(() -> MEMORY.check(7, 601 * MIB, 0))
        .isInstanceOf(InvalidInput.class)
        .hasMessage(
            "--nodes-in-flight 7: a task would fill 601 MiB of heap, 60 % of its share is 600 MiB;"
                + " give a smaller number, a smaller --windows-per-task, or more heap");
  }

  @Test
  void tooMuchMemoryOutsideTheHeapIsRefused() {
    assertThatThrownBy(() -> MEMORY.check(7, 0, 501 * MIB))
        .isInstanceOf(InvalidInput.class)
        .hasMessage(
            "--nodes-in-flight 7: a task would fill 501 MiB outside the heap, its share of this"
                + " machine's memory is 500 MiB; give a smaller number");
  }
}
