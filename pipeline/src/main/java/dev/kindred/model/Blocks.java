/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import dev.kindred.InvalidInput;
import java.io.Serializable;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The transformer blocks of a model that are looked at. A block keeps its number in the model; what
 * has one value a block, such as thresholds, has them by place.
 *
 * @param numbers from 0, ascending; at least one
 * @param ofModel number of blocks that the model has
 */
public record Blocks(List<Integer> numbers, int ofModel) implements Serializable {
  /** The text for all blocks. */
  public static final String ALL = "all";

  private static final String EVERY = "every:";

  public Blocks {
    if (numbers.isEmpty()
        || numbers.get(0) < 0
        || numbers.get(numbers.size() - 1) >= ofModel
        || !numbers.equals(numbers.stream().distinct().sorted().toList())) {
      throw new IllegalArgumentException("not blocks of " + ofModel + ": " + numbers);
    }

    numbers = List.copyOf(numbers);
  }

  /** All blocks of a model. */
  public static Blocks all(int ofModel) {
    return new Blocks(IntStream.range(0, ofModel).boxed().toList(), ofModel);
  }

  /**
   * Reads a choice.
   *
   * @param text {@code all}; numbers with commas between them; or {@code every:K}: the last block,
   *     and each K-th before it
   * @throws InvalidInput if it is none, or the model has no such block
   */
  public static Blocks of(String text, int ofModel) {
    if (text.equalsIgnoreCase(ALL)) {
      return all(ofModel);
    }

    if (text.toLowerCase(Locale.ROOT).matches(EVERY + "[1-9]\\d{0,5}")) {
      int step = Integer.parseInt(text.substring(EVERY.length()));
      return new Blocks(
          IntStream.range(0, ofModel)
              .filter(block -> (ofModel - 1 - block) % step == 0)
              .boxed()
              .toList(),
          ofModel);
    }

    if (!text.matches("\\d{1,6}(\\s*,\\s*\\d{1,6})*")) {
      throw invalid(text, "expected all, block numbers such as 3,11,23, or every:4");
    }

    List<Integer> numbers = Stream.of(text.split("\\s*,\\s*")).map(Integer::valueOf).toList();
    for (int number : numbers) {
      if (number >= ofModel) {
        throw invalid(
            text, "the model has no block " + number + ", its blocks are 0 to " + (ofModel - 1));
      }

      if (numbers.indexOf(number) != numbers.lastIndexOf(number)) {
        throw invalid(text, "block " + number + " is named twice");
      }
    }

    List<Integer> ascending = numbers.stream().sorted().toList();
    if (!numbers.equals(ascending)) { // else thresholds might be meant in the order of the text
      throw invalid(
          text,
          "expected ascending numbers, in whose order thresholds and weights are: "
              + new Blocks(ascending, ofModel));
    }

    return new Blocks(numbers, ofModel);
  }

  private static InvalidInput invalid(String text, String problem) {
    return new InvalidInput("--blocks %s: %s", text, problem);
  }

  /** How many they are. */
  public int count() {
    return numbers.size();
  }

  /** Returns the number in the model of the block at a place. */
  public int number(int place) {
    return numbers.get(place);
  }

  /**
   * Returns the place of a block.
   *
   * @throws IllegalArgumentException if it is not among these
   */
  public int place(int number) {
    int place = numbers.indexOf(number);
    if (place < 0) {
      throw new IllegalArgumentException("block " + number + " is not among " + numbers);
    }

    return place;
  }

  /** Returns these of one array a block of the model, from the first on. */
  public float[][] of(float[][] ofAll) {
    return numbers.stream().map(number -> ofAll[number]).toArray(float[][]::new);
  }

  /** The same of one number a block. */
  public double[] of(double[] ofAll) {
    return numbers.stream().mapToDouble(number -> ofAll[number]).toArray();
  }

  /** How many blocks of the model must be evaluated, from the first on. */
  public int depth() {
    return number(count() - 1) + 1;
  }

  public boolean isAll() {
    return count() == ofModel;
  }

  /** Returns what {@link #of} reads. */
  @Override
  public String toString() {
    return isAll() ? ALL : numbers.stream().map(String::valueOf).collect(Collectors.joining(","));
  }
}
