/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.inversion;

import dev.kindred.ContentId;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * All that is asked of a model at once: every experiment with every prompt, some times.
 *
 * @param experiments its cells
 * @param prompts token ids of each, with the token that begins texts if the model reads one
 * @param restarts how often each is begun anew
 * @param seed of all noise
 * @param allowed sets of tokens among which vectors are read, too
 */
public record InversionGrid(
    List<Experiment> experiments,
    List<int[]> prompts,
    int restarts,
    long seed,
    List<AllowedTokens> allowed)
    implements Serializable {
  /** Tokens of sequences that are searched together: enough for the matrix products. */
  private static final int TOKENS_TOGETHER = 512;

  /**
   * Tokens up to which experiments share a search, where the same passes make their outputs. A pass
   * reads all weights, and so few tokens more cost next to nothing; many more would leave cores
   * without work.
   */
  private static final int TOKENS_SHARED = 64;

  /**
   * What is searched for together. What a unit is made of never depends on partitions, for last
   * bits of a product depend on how many rows it has.
   *
   * <p>Letters in shapes: B = sequences.
   *
   * @param cells numbers of experiments that {@link Experiment#sharesSearchWith} each other, B
   * @param prompts numbers of prompts of one length, B
   * @param restarts of them, B
   */
  public record Unit(int[] cells, int[] prompts, int[] restarts) implements Serializable {
    int size() {
      return cells.length;
    }
  }

  /** Everything that is to be searched for, experiment by experiment. */
  public List<Unit> units() {
    TreeMap<Integer, List<int[]>> byLength = new TreeMap<>(); // of prompt and restart
    for (int prompt = 0; prompt < prompts.size(); prompt++) {
      for (int restart = 0; restart < restarts; restart++) {
        byLength
            .computeIfAbsent(prompts.get(prompt).length, length -> new ArrayList<>())
            .add(new int[] {prompt, restart});
      }
    }

    List<Unit> units = new ArrayList<>();
    for (List<Integer> cells : sharing()) {
      byLength.forEach(
          (length, pairs) -> {
            int sharing = Math.max(1, TOKENS_SHARED / (pairs.size() * length)); // cells
            for (int first = 0; first < cells.size(); first += sharing) {
              List<int[]> sequences = new ArrayList<>(); // of cell, prompt and restart
              for (int cell : cells.subList(first, Math.min(first + sharing, cells.size()))) {
                pairs.forEach(pair -> sequences.add(new int[] {cell, pair[0], pair[1]}));
              }

              int together = Math.max(1, TOKENS_TOGETHER / length);
              for (int from = 0; from < sequences.size(); from += together) {
                units.add(
                    unit(sequences.subList(from, Math.min(from + together, sequences.size()))));
              }
            }
          });
    }

    return units;
  }

  /** The cells, those that share a search side by side. */
  private Collection<List<Integer>> sharing() {
    Map<Integer, List<Integer>> cells = new LinkedHashMap<>(); // by the first of them
    for (int cell = 0; cell < experiments.size(); cell++) {
      Experiment its = experiments.get(cell);
      int first =
          cells.keySet().stream()
              .filter(other -> experiments.get(other).sharesSearchWith(its))
              .findFirst()
              .orElse(cell);
      cells.computeIfAbsent(first, none -> new ArrayList<>()).add(cell);
    }

    return cells.values();
  }

  private static Unit unit(List<int[]> sequences) {
    return new Unit(
        sequences.stream().mapToInt(sequence -> sequence[0]).toArray(),
        sequences.stream().mapToInt(sequence -> sequence[1]).toArray(),
        sequences.stream().mapToInt(sequence -> sequence[2]).toArray());
  }

  /** Steps that a unit takes, times blocks that each goes through. */
  public long steps(Unit unit) {
    Experiment experiment = experiments.get(unit.cells()[0]);
    int positions = experiment.method().isByPosition() ? prompts.get(unit.prompts()[0]).length : 1;
    return (long) experiment.descent().steps() * positions * (1 + experiment.target().blocks());
  }

  /** In how many ways each position is read, over all experiments. */
  public long readings() {
    long direct =
        experiments.stream()
            .filter(experiment -> experiment.method() == Experiment.Method.DIRECT)
            .count();
    long sets =
        1 + allowed.stream().mapToLong(some -> some.isOwn() ? 1 : 2).sum(); // minus infinity and 0
    return sets * (experiments.size() * (long) Decoding.values().length + direct);
  }

  /** The cells with different outputs: the first with each. */
  public List<Integer> outputCells() {
    List<Integer> cells = new ArrayList<>();
    for (int cell = 0; cell < experiments.size(); cell++) {
      Target target = experiments.get(cell).target();
      if (cells.stream().noneMatch(other -> experiments.get(other).target().equals(target))) {
        cells.add(cell);
      }
    }

    return cells;
  }

  /**
   * Numbers that count of a cell's output, over all prompts: a derivative takes a pass back for
   * each.
   *
   * @param dimension {@code d_model}
   */
  public long numbers(int cell, int dimension) {
    Target target = experiments.get(cell).target();
    return prompts.stream().mapToLong(prompt -> target.size(prompt.length, dimension)).sum();
  }

  /** Differs for everything that gives different rows. */
  public String key() {
    ContentId id = new ContentId();
    experiments.forEach(experiment -> id.add(experiment.toString()));
    prompts.forEach(prompt -> id.add(Arrays.toString(prompt)));
    // Which sequences share a search decides last bits.
    id.add(restarts + " " + seed + " " + allowed + " " + TOKENS_SHARED);
    return id.id("g");
  }
}
