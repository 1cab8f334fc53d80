/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.subspace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.subspace.EmbeddingRecipe.Unit;
import org.junit.jupiter.api.Test;

class TestEmbeddingRecipe {

  @Test
  void keyNamesOptimizerRestartsAndSeed() {
    assertThat(EmbeddingRecipe.ofAll(Optimizer.STUDY, 100, 42, 50_000, 65).key())
        .isEqualTo("study_n100_s42");
  }

  @Test
  void otherStepsAreInTheKey() {
    assertThat(EmbeddingRecipe.ofAll(Optimizer.FAST, 5, -1, 3, 65).key())
        .isEqualTo("fast_n5_s-1_m3");
  }

  @Test
  void someTokensAreInTheKeyWhateverTheirOrder() {
    String key = EmbeddingRecipe.of(Optimizer.STUDY, 100, 42, 50_000, 7, 3, 7).key();
    assertThat(key).matches("study_n100_s42_t[0-9a-f]{9}");
    assertThat(EmbeddingRecipe.of(Optimizer.STUDY, 100, 42, 50_000, 3, 7).key()).isEqualTo(key);
    assertThat(EmbeddingRecipe.of(Optimizer.STUDY, 100, 42, 50_000, 37).key()).isNotEqualTo(key);
  }

  @Test
  void unitsAreGroupsOfOneToken() {
    assertThat(EmbeddingRecipe.of(Optimizer.FAST, 250, 42, 10, 4, 2).units())
        .containsExactly(
            new Unit(2, 0, 100),
            new Unit(2, 100, 100),
            new Unit(2, 200, 50),
            new Unit(4, 0, 100),
            new Unit(4, 100, 100),
            new Unit(4, 200, 50));
  }
}
