/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.model.RandomGpt;
import dev.kindred.model.family.Architectures;
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

  /** D 4, M 16, one block; 3 and 5 nodes, of 4 tokens. */
  @Test
  void whatATokenAloneDecidesIsCountedOnceAToken() {
    Blueprint parallel =
        Architectures.read(
            ConfigJson.parse(
                "config.json",
                "{\"model_type\": \"gpt_neox\", \"vocab_size\": 4, \"hidden_size\": 4,"
                    + " \"num_hidden_layers\": 1, \"num_attention_heads\": 1,"
                    + " \"intermediate_size\": 16, \"max_position_embeddings\": 8,"
                    + " \"rotary_pct\": 1.0}"));
    double queriesKeysAndValues = 4 * (3 * 2 * 4 * 4);
    double network = 4 * (2 * 2 * 4 * 16);
    double pairs = 2 * 5 * (4 * 4);
    double output = 5 * (2 * 4 * 4);
    double unembedding = 5 * (2 * 4 * 4);
    assertThat(parallel.operations(new long[] {3, 5}))
        .isEqualTo(queriesKeysAndValues + network + pairs + output + unembedding);
  }
}
