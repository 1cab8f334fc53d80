/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.serve;

import dev.kindred.InvalidInput;
import dev.kindred.evaluation.Summaries;
import dev.kindred.jobs.report.Comparison;
import dev.kindred.jobs.run.RunPlan;
import dev.kindred.table.Figures;
import dev.kindred.table.LocalColumns;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * A run and some of its prompts.
 *
 * @param comparisons predictions and their mean distances, the closest first
 * @param settings by name
 * @param q text that the prompts contain
 * @param order of the prompts
 * @param low first bin of honest distances that is listed
 * @param high bin after the last
 * @param from number of the first that is listed
 * @param histogram prompts that contain the text by their honest distance, in bins of 1 / {@link
 *     #BINS}
 * @param found those of them in the bins that are listed
 * @param prompts that are listed
 */
public record RunView(
    String runId,
    String modelId,
    String corpusId,
    List<Comparison> comparisons,
    Map<String, String> settings,
    String q,
    String order,
    int low,
    int high,
    int from,
    int[] histogram,
    int found,
    List<PromptLine> prompts) {
  /** Prompts of a page. */
  public static final int PAGE = 50;

  /** Bins of distances. */
  public static final int BINS = 50;

  /** Orders by name. */
  public static final Map<String, String> ORDERS =
      Map.of(
          "worst", "worst explained first",
          "best", "best explained first",
          "itself", "most changed by leaving itself out first",
          "text", "by text");

  /**
   * A prompt in a list.
   *
   * @param hellinger with itself as evidence
   * @param honest without it
   */
  public record PromptLine(int promptId, String text, double hellinger, double honest) {}

  /**
   * Reads a run.
   *
   * @throws InvalidInput if there is no such run, or no such order
   */
  static RunView of(
      Warehouse warehouse, String idOrName, String q, String order, int low, int high, int from) {
    RunPlan plan = RunPlan.published(warehouse, idOrName);
    List<PromptLine> all = new ArrayList<>(prompts(warehouse, plan));
    all.removeIf(prompt -> !prompt.text().contains(q));
    int[] histogram = new int[BINS];
    all.forEach(prompt -> histogram[bin(prompt)]++);
    all.removeIf(prompt -> bin(prompt) < low || bin(prompt) >= high);
    all.sort(comparator(order));
    return new RunView(
        plan.runId(),
        plan.modelId(),
        plan.corpusId(),
        Comparison.of(
            Figures.here(warehouse.part(Tables.SUMMARIES, plan.runId(), Summaries.OF_RUN))),
        plan.settings(),
        q,
        order,
        low,
        high,
        from,
        histogram,
        all.size(),
        all.subList(Math.min(from, all.size()), Math.min(from + PAGE, all.size())));
  }

  private static int bin(PromptLine prompt) {
    return Math.min(BINS - 1, (int) (prompt.honest() * BINS));
  }

  /** Returns how many prompts the fullest bin has. */
  public int fullest() {
    return Math.max(1, Arrays.stream(histogram).max().orElse(1));
  }

  /** Returns the prompts of a run, by their ids. */
  static List<PromptLine> prompts(Warehouse warehouse, RunPlan plan) {
    LocalColumns prompts =
        LocalColumns.read(warehouse.part(Tables.PROMPTS, plan.promptSet()), "prompt_id", "text");
    LocalColumns distances =
        LocalColumns.read(
            warehouse.part(Tables.DISTANCES, plan.runId()),
            "prompt_id",
            "hellinger",
            "hellinger_leave_one_out");
    PromptLine[] lines = new PromptLine[prompts.rows()];
    String[] texts = new String[prompts.rows()];
    for (int row = 0; row < prompts.rows(); row++) {
      texts[prompts.ints("prompt_id")[row]] = prompts.text("text", row);
    }

    for (int row = 0; row < distances.rows(); row++) {
      int id = distances.ints("prompt_id")[row];
      lines[id] =
          new PromptLine(
              id,
              texts[id],
              distances.doubles("hellinger")[row],
              distances.doubles("hellinger_leave_one_out")[row]);
    }

    return List.of(lines);
  }

  private static Comparator<PromptLine> comparator(String order) {
    Comparator<PromptLine> comparator =
        switch (order) {
          case "worst" -> Comparator.comparingDouble(PromptLine::honest).reversed();
          case "best" -> Comparator.comparingDouble(PromptLine::honest);
          case "itself" ->
              Comparator.<PromptLine>comparingDouble(
                      prompt -> Math.abs(prompt.honest() - prompt.hellinger()))
                  .reversed();
          case "text" -> Comparator.comparing(PromptLine::text);
          default ->
              throw new InvalidInput("order=%s: expected worst, best, itself or text", order);
        };
    return comparator.thenComparingInt(PromptLine::promptId);
  }
}
