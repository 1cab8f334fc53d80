/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class TestPrefixTree {
  @Test
  void nodesAreTheDistinctPrefixesInOrder() {
    Random random = new Random(1);
    for (int repetition = 0; repetition < 200; repetition++) {
      int length = 1 + random.nextInt(6);
      int[][] sequences = sequences(random, 1 + random.nextInt(60), length, 1 + random.nextInt(5));
      PrefixTree tree = PrefixTree.of(sequences);
      List<List<Integer>> found = new ArrayList<>();
      for (int node = 0; node < tree.nodes(); node++) {
        found.add(prefix(tree, node));
      }

      assertThat(found).isEqualTo(prefixes(sequences));
      assertThat(tree.leaves()).isEqualTo(sequences.length);
      assertThat(tree.depths()).isEqualTo(length);
      assertThat(tree.levelStart(length - 1)).isEqualTo(tree.nodes() - tree.leaves());
    }
  }

  @Test
  void pathsLeadFromTheFirstTokenToTheNode() {
    Random random = new Random(2);
    PrefixTree tree = PrefixTree.of(sequences(random, 50, 4, 3));
    for (int depth = 0; depth < tree.depths(); depth++) {
      int[] paths = tree.paths(depth);
      assertThat(paths).hasSize(tree.levelSize(depth) * (depth + 1));
      for (int i = 0; i < tree.levelSize(depth); i++) {
        int[] path = Arrays.copyOfRange(paths, i * (depth + 1), (i + 1) * (depth + 1));
        int node = tree.levelStart(depth) + i;
        assertThat(path[depth]).isEqualTo(node);
        assertThat(Arrays.stream(path).map(tree::token).boxed().toList())
            .isEqualTo(prefix(tree, node));
      }
    }
  }

  @Test
  void inputsAreTheDistinctPairsOfTokenAndDepth() {
    Random random = new Random(3);
    PrefixTree tree = PrefixTree.of(sequences(random, 80, 5, 4));
    PrefixTree.Inputs inputs = tree.inputs();
    TreeSet<String> pairs = new TreeSet<>();
    for (int depth = 0; depth < tree.depths(); depth++) {
      for (int node = tree.levelStart(depth); node < tree.levelStart(depth + 1); node++) {
        int input = inputs.ofNodes()[node];
        assertThat(inputs.tokens()[input]).isEqualTo(tree.token(node));
        assertThat(inputs.positions()[input]).isEqualTo(depth);
        pairs.add(depth + "/" + tree.token(node));
      }
    }

    assertThat(inputs.tokens()).hasSize(pairs.size());
    assertThat(inputs.positions()).hasSize(pairs.size());
  }

  @Test
  void sequencesOutOfOrderAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PrefixTree.of(new int[][] {{1, 2}, {1, 1}}))
        .withMessage("sequence 1 sorts before the one before it");
  }

  @Test
  void theSameSequenceTwiceIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PrefixTree.of(new int[][] {{0, 2}, {1, 2}, {1, 2}}))
        .withMessage("sequence 2 is the same as the one before it");
  }

  @Test
  void sequencesOfSeveralLengthsAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PrefixTree.of(new int[][] {{1, 2}, {1, 2, 3}}))
        .withMessage("sequence 1 has 3 tokens, the one before it 2");
  }

  @Test
  void aTreeHasATokenAtLeast() {
    assertThatIllegalArgumentException().isThrownBy(() -> PrefixTree.of(new int[][] {}));
    assertThatIllegalArgumentException().isThrownBy(() -> PrefixTree.of(new int[][] {{}}));
  }

  /** Distinct sequences in order. */
  static int[][] sequences(Random random, int count, int length, int vocabulary) {
    TreeSet<int[]> sequences = new TreeSet<>(Arrays::compare);
    for (int i = 0; i < count; i++) {
      sequences.add(random.ints(length, 0, vocabulary).toArray());
    }

    return sequences.toArray(int[][]::new);
  }

  private static List<Integer> prefix(PrefixTree tree, int node) {
    List<Integer> prefix = new ArrayList<>();
    for (int n = node; n >= 0; n = tree.parent(n)) {
      prefix.add(0, tree.token(n));
    }

    return prefix;
  }

  /** All distinct prefixes, the shorter first. */
  private static List<List<Integer>> prefixes(int[][] sequences) {
    TreeSet<int[]> prefixes =
        new TreeSet<>(
            (a, b) ->
                a.length == b.length ? Arrays.compare(a, b) : Integer.compare(a.length, b.length));
    for (int[] sequence : sequences) {
      for (int length = 1; length <= sequence.length; length++) {
        prefixes.add(Arrays.copyOf(sequence, length));
      }
    }

    return prefixes.stream().map(p -> Arrays.stream(p).boxed().toList()).toList();
  }
}
