/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.model.ModelDirectory;
import dev.kindred.model.Models;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TestEmbeddingSelection {
  /** A model of 80 tokens whose tokenizer has 77. */
  private static ModelDirectory padded() {
    ModelDirectory model = Models.directory(Models.DICKENS_SMALL);
    return new ModelDirectory(
        model.id(),
        model.uri(),
        model.configJson().replace("\"d_vocab\" : 77", "\"d_vocab\" : 80"),
        model.safetensors(),
        model.tokenizerJson(),
        model.selfcheckJson());
  }

  @Test
  void allTokensAreTheModels() {
    EmbeddingSelection selection = EmbeddingSelection.of(padded(), Map.of());

    assertThat(selection.recipe().tokenIds()).hasSize(80).endsWith(78, 79);
    assertThat(selection.recipe().key()).isEqualTo("fast_n100_s42");
  }

  @Test
  void aTokenThatOnlyTheModelHasIsWithoutText() {
    assertThat(EmbeddingSelection.of(padded(), Map.of()).token(79)).isEmpty();
  }
}
