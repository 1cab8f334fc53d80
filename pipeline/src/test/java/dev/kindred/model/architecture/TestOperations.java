/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.model.RandomGpt;
import org.junit.jupiter.api.Test;

class TestOperations {

  @Test
  void areThoseOfTheMatrixProductsOfATree() {
    // D = 4, M = 16, V = 3: 6 D D = 96 a node for queries, keys and values, and
    // 2 D (D + 2 M) = 288 for the output and the feed-forward network.
    Blueprint config =
        RandomGpt.blueprint(
            3, 4, 3, 2, 16, 8, Activation.values()[0], false, true, false, false, 1e-5f);

    // 3 nodes of depth 0, 5 leaves of depth 1; attention has 4 D (depth + 1) = 16 or 32 a node.
    double first = 96 * (3 + 3) + 288 * 8 + 16 * 3 + 32 * 5;
    double second = 96 * 8 + 288 * 8 + 16 * 3 + 32 * 5;
    double last = 32 * (2 * 8 + 5) + 288 * 5 + 32 * 5;
    double unembedding = 2 * 4 * 3 * 5;
    assertThat(config.operations(new long[] {3, 5})).isEqualTo(first + second + last + unembedding);
  }
}
