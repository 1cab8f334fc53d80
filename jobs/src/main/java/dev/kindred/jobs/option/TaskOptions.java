/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.option;

import dev.kindred.jobs.option.Values.Positive;
import java.util.function.Predicate;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;

/** How much a task that evaluates the model takes on. */
public final class TaskOptions {
  private static final int AUTO = 0;
  private static final int MOST_NODES = 40_960;
  private static final int LEAST_NODES = 1000;

  @Option(
      names = "--windows-per-task",
      paramLabel = "N",
      converter = Positive.class,
      description = "windows that a task evaluates with the model (${DEFAULT-VALUE})")
  private int windowsPerTask;

  @Option(
      names = "--nodes-in-flight",
      paramLabel = "auto|N",
      converter = Nodes.class,
      description =
          "distinct prefixes of windows that a task evaluates at once, at most (${DEFAULT-VALUE});"
              + " auto: as many as fit into a task's memory, up to 40,960")
  private int nodesInFlight; // AUTO until the model is known

  /** A number of prefixes, or auto. */
  static final class Nodes implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String text) {
      return text.equalsIgnoreCase("auto") ? (Integer) AUTO : new Positive().convert(text);
    }
  }

  public int windowsPerTask() {
    return windowsPerTask;
  }

  /** Returns how many prefixes a task evaluates at once, at most. */
  public int nodesInFlight() {
    return nodesInFlight == AUTO ? MOST_NODES : nodesInFlight;
  }

  /**
   * Returns the options with a number of prefixes in flight: the one that was given, or for auto
   * the greatest that fits of {@value #MOST_NODES}, half of it, a quarter and so on. If none fits
   * it is the least of these, at least {@value #LEAST_NODES}.
   *
   * @param fits whether a task with such options has the memory that it needs
   */
  public TaskOptions fitting(Predicate<TaskOptions> fits) {
    TaskOptions found = this;
    for (int nodes = MOST_NODES;
        nodesInFlight == AUTO && nodes >= LEAST_NODES && (found == this || !fits.test(found));
        nodes /= 2) {
      found = new TaskOptions();
      found.windowsPerTask = windowsPerTask;
      found.nodesInFlight = nodes;
    }

    return found;
  }

  /**
   * Returns how many windows a task evaluates at once: so many that they cannot have more distinct
   * prefixes than nodes-in-flight, but at least one.
   */
  public int windowsInFlight(int windowLength) {
    return Math.max(1, nodesInFlight() / windowLength);
  }
}
