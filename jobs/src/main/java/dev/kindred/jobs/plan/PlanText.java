/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.plan;

import dev.kindred.jobs.option.ActivationStore;
import dev.kindred.jobs.run.TaskNeed;
import dev.kindred.jobs.workspace.Progress;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;

/**
 * A plan as text of at most 100 columns, and a last line for scripts.
 *
 * @param estimates by how the vectors of windows are kept
 * @param chosen how they would be
 * @param error of the number of windows, relative; 0 if it is exact
 * @param keepsAll whether all similar strings are kept
 * @param isBlock0OfLastToken whether block 0 is looked at, and its network reads a token alone
 * @param mostBytes that the run adds to the warehouse at most, and checks that there is room for
 * @param freeBytes on the warehouse's disk
 */
record PlanText(
    Estimate.Work work,
    Estimate.Rates rates,
    Map<ActivationStore, Estimate> estimates,
    ActivationStore chosen,
    TaskNeed modelTask,
    TaskNeed joinTask,
    double error,
    boolean keepsAll,
    boolean isBlock0OfLastToken,
    long mostBytes,
    long freeBytes) {

  String text() {
    Estimate estimate = estimates.get(chosen);
    StringBuilder text = new StringBuilder("\n");
    line(
        text,
        "%s%,d distinct windows%s in %,d places; %,d prompts",
        error > 0 ? "about " : "",
        work.windows(),
        error > 0 ? String.format(Locale.ROOT, " (+- %.0f %%)", 200 * error) : "",
        work.occurrences(),
        work.prompts());
    line(
        text,
        "%.2e pairs in each of %d blocks",
        (double) work.windows() * work.prompts(),
        rates.secondsPerPair().length);
    if (isBlock0OfLastToken) {
      line(
          text,
          "Block 0's network reads the last token alone: it is evaluated once a token, and its"
              + " similar");
      line(text, "strings are those that end in that token or in one like it.");
    }

    line(
        text,
        "%d cores: model %.0f GFLOP/s, join %.2f ns a pair and core, write %.0f, read %.0f MB/s",
        rates.cores(),
        rates.operationsPerSecond() / 1e9,
        1e9 * Arrays.stream(rates.secondsPerPair()).average().orElse(0),
        rates.writtenPerSecond() / 1e6,
        rates.readPerSecond() / 1e6);
    text.append('\n');
    line(
        text,
        "%-15s %9s %12s %12s %12s %12s",
        "stage",
        "FLOP",
        "heap a task",
        "native",
        "disk",
        "time about");
    for (Estimate.Stage stage : estimate.stages()) {
      line(text, stage);
    }

    line(text, estimate.total());
    text.append('\n');
    line(text, "%-41s %12s %12s %12s", "--store-activations", "activations", "disk", "time about");
    estimates.forEach((store, all) -> line(text, store, all));
    text.append('\n');
    line(
        text,
        "Disk is about what was found similar; the run wants room for %s, and %s are free.",
        bytes(mostBytes),
        bytes(freeBytes));
    line(text, "Memory is what a task fills at most.");
    if (keepsAll) {
      line(text, "Disk is without similar_strings, which has no bound with keep-similar all.");
    }

    line(
        text,
        "FLOP of what is drawn is an upper bound. Windows, evaluation and audit go by constants,");
    line(text, "the other times by what was measured, for cores with nothing else to do.");
    if (freeBytes < mostBytes) {
      line(
          text,
          "The warehouse's disk is too small: the command run would stop before the stage that does"
              + " not fit.");
    }

    line(
        text,
        "kindred: plan windows=%d flop=%.3e disk_bytes=%d seconds=%.0f",
        work.windows(),
        estimate.total().operations(),
        estimate.total().diskBytes(),
        estimate.total().seconds());
    return text.toString();
  }

  private void line(StringBuilder text, ActivationStore store, Estimate all) {
    line(
        text,
        "%-41s %12s %12s %12s",
        store.name().toLowerCase(Locale.ROOT) + (store == chosen ? ", as chosen above" : ""),
        bytes(all.stage("activations").diskBytes()),
        bytes(all.total().diskBytes()),
        Progress.text(all.total().seconds()));
  }

  private void line(StringBuilder text, Estimate.Stage stage) {
    if (stage.reused()) {
      line(text, "%-15s reused: its tables are there", stage.name());
      return;
    }

    TaskNeed task =
        switch (stage.name()) {
          case "activations", "predictions", "fitting windows", "noise floor" -> modelTask;
          case "join" -> joinTask;
          default -> null;
        };
    line(
        text,
        "%-15s %9s %12s %12s %12s %12s",
        stage.name(),
        stage.operations() == 0 ? "-" : String.format(Locale.ROOT, "%.2e", stage.operations()),
        task == null ? "-" : bytes(task.heapBytes()),
        task == null || task.engineBytes() == 0 ? "-" : bytes(task.engineBytes()),
        stage.diskBytes() == 0 ? "-" : bytes(stage.diskBytes()),
        Progress.text(stage.seconds()));
  }

  /** Three digits or so, with their unit. */
  static String bytes(long bytes) {
    return bytes >= 1e12
        ? String.format(Locale.ROOT, "%.1f TB", bytes / 1e12)
        : bytes >= 1e9
            ? String.format(Locale.ROOT, "%.1f GB", bytes / 1e9)
            : String.format(Locale.ROOT, "%.0f MB", Math.ceil(bytes / 1e6));
  }

  private static void line(StringBuilder text, String format, Object... values) {
    text.append(String.format(Locale.ROOT, format, values)).append('\n');
  }
}
