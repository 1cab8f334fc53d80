/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The distinct prefixes of a sorted list of token sequences. Under causal attention a prefix has
 * the same activations in every sequence that begins with it, so a model need evaluate it only
 * once.
 *
 * <p>Letters in shapes: B = sequences, T = tokens in each of them, N = nodes. A node of depth t
 * stands for a prefix of t + 1 tokens, and stands at position t unless positions are given. Nodes
 * are numbered level by level, depth 0 first, and in the order of their prefixes within a level.
 * Leaves are the nodes of depth T - 1, one for each sequence, in the order of the sequences.
 */
public final class PrefixTree {
  private final int[][] sequences;
  private final int[] levelStarts; // T + 1; the last is N
  private final int[] tokens; // N
  private final int[] parents; // N; -1 at depth 0
  private final int[] positions; // T

  private PrefixTree(
      int[][] sequences, int[] levelStarts, int[] tokens, int[] parents, int[] positions) {
    this.sequences = sequences;
    this.positions = positions;
    this.levelStarts = levelStarts;
    this.tokens = tokens;
    this.parents = parents;
  }

  /**
   * Builds the tree.
   *
   * @param sequences B x T token ids, in strictly ascending lexicographic order; kept, not copied
   * @throws IllegalArgumentException if there are none, or they are empty, of several lengths, out
   *     of order or not distinct
   */
  public static PrefixTree of(int[][] sequences) {
    int length = sequences.length == 0 ? 0 : sequences[0].length;
    return of(sequences, IntStream.range(0, length).toArray());
  }

  /**
   * Builds the tree of sequences whose tokens stand at other positions than the first T: those of
   * later pieces of a text, or with a gap.
   *
   * @param sequences as above
   * @param positions of a sequence's tokens, T, ascending; kept, not copied
   * @throws IllegalArgumentException as above, or if positions are not ascending
   */
  public static PrefixTree of(int[][] sequences, int[] positions) {
    if (sequences.length == 0 || positions.length == 0) {
      throw new IllegalArgumentException("a prefix tree needs at least one token");
    }

    if (sequences[0].length != positions.length || positions[0] < 0) {
      throw new IllegalArgumentException(
          sequences[0].length + " tokens at " + Arrays.toString(positions));
    }

    for (int depth = 1; depth < positions.length; depth++) {
      if (positions[depth] <= positions[depth - 1]) {
        throw new IllegalArgumentException("not ascending: " + Arrays.toString(positions));
      }
    }

    int length = sequences[0].length;
    int[] shared = new int[sequences.length]; // tokens in common with the sequence before
    int[] levelStarts = new int[length + 1];
    for (int i = 0; i < sequences.length; i++) {
      shared[i] = i == 0 ? 0 : sharedWithPrevious(sequences, i);
      for (int depth = shared[i]; depth < length; depth++) {
        levelStarts[depth + 1]++;
      }
    }

    Arrays.parallelPrefix(levelStarts, Math::addExact);
    int[] tokens = new int[levelStarts[length]];
    int[] parents = new int[levelStarts[length]];
    int[] next = Arrays.copyOf(levelStarts, length);
    for (int i = 0; i < sequences.length; i++) {
      for (int depth = shared[i]; depth < length; depth++) {
        int node = next[depth]++;
        tokens[node] = sequences[i][depth];
        parents[node] = depth == 0 ? -1 : next[depth - 1] - 1;
      }
    }

    return new PrefixTree(sequences, levelStarts, tokens, parents, positions);
  }

  private static int sharedWithPrevious(int[][] sequences, int i) {
    int[] previous = sequences[i - 1];
    int[] sequence = sequences[i];
    if (sequence.length != previous.length) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "sequence %d has %d tokens, the one before it %d",
              i,
              sequence.length,
              previous.length));
    }

    int mismatch = Arrays.mismatch(previous, sequence);
    if (mismatch < 0 || previous[mismatch] > sequence[mismatch]) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "sequence %d %s the one before it",
              i,
              mismatch < 0 ? "is the same as" : "sorts before"));
    }

    return mismatch;
  }

  /** The sequences that the tree was built from: B x T token ids, not to be changed. */
  public int[][] sequences() {
    return sequences;
  }

  /** Returns T, the number of tokens in each sequence. */
  public int depths() {
    return levelStarts.length - 1;
  }

  /** Returns N, the number of nodes. */
  public int nodes() {
    return tokens.length;
  }

  /** Returns B, the number of sequences. */
  public int leaves() {
    return sequences.length;
  }

  /** Nodes of each depth, T numbers. */
  public long[] levels() {
    long[] sizes = new long[depths()];
    Arrays.setAll(sizes, this::levelSize);
    return sizes;
  }

  /** The first node of a depth; that of depth T would be N. */
  public int levelStart(int depth) {
    return levelStarts[depth];
  }

  /** Returns how many nodes a depth has. */
  public int levelSize(int depth) {
    return levelStarts[depth + 1] - levelStarts[depth];
  }

  /** The positions of the tokens on the way to the nodes of a depth, depth + 1 numbers. */
  public int[] positions(int depth) {
    return Arrays.copyOf(positions, depth + 1);
  }

  /** The position of each node, N numbers. */
  public int[] positionsOfNodes() {
    int[] ofNodes = new int[nodes()];
    for (int depth = 0; depth < depths(); depth++) {
      Arrays.fill(ofNodes, levelStarts[depth], levelStarts[depth + 1], positions[depth]);
    }

    return ofNodes;
  }

  /** How long a text is that has all positions of this tree: the last one, and one. */
  public int context() {
    return positions[positions.length - 1] + 1;
  }

  /** The last token of a node's prefix. */
  public int token(int node) {
    return tokens[node];
  }

  /** The node whose prefix is one token shorter; -1 at depth 0. */
  public int parent(int node) {
    return parents[node];
  }

  /**
   * Numbers the nodes of some depths one after another, from 0 on.
   *
   * @param depths ascending
   * @return N numbers; -1 of nodes at other depths
   */
  public int[] rowsAt(int... depths) {
    int[] rows = new int[nodes()];
    Arrays.fill(rows, -1);
    int row = 0;
    for (int depth : depths) {
      for (int node = levelStarts[depth]; node < levelStarts[depth + 1]; node++) {
        rows[node] = row++;
      }
    }

    return rows;
  }

  /**
   * The nodes on the way to each node of a depth, itself included, from depth 0 on.
   *
   * @return [nodes of the depth, depth + 1], row-major
   */
  public int[] paths(int depth) {
    int start = levelStarts[depth];
    int length = depth + 1;
    int[] paths = new int[levelSize(depth) * length];
    for (int i = 0; i < levelSize(depth); i++) {
      int node = start + i;
      for (int d = depth; d >= 0; d--) {
        paths[i * length + d] = node;
        node = parents[node];
      }
    }

    return paths;
  }

  /**
   * The distinct pairs of token and position among the nodes: all that a model without attention
   * could tell them apart by.
   *
   * @param tokens one a pair
   * @param positions one a pair
   * @param ofNodes each node's pair, N
   */
  public record Inputs(int[] tokens, int[] positions, int[] ofNodes) {}

  /** The pairs of this tree. */
  public Inputs inputs() {
    int[] inputTokens = new int[nodes()];
    int[] inputPositions = new int[nodes()];
    int[] ofNodes = new int[nodes()];
    int count = 0;
    for (int depth = 0; depth < depths(); depth++) {
      Map<Integer, Integer> ofTokens = new HashMap<>();
      for (int node = levelStarts[depth]; node < levelStarts[depth + 1]; node++) {
        Integer known = ofTokens.putIfAbsent(tokens[node], count);
        ofNodes[node] = known == null ? count : known;
        if (known == null) {
          inputTokens[count] = tokens[node];
          inputPositions[count++] = positions[depth];
        }
      }
    }

    return new Inputs(
        Arrays.copyOf(inputTokens, count), Arrays.copyOf(inputPositions, count), ofNodes);
  }
}
