/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.jobs.option.Parsed;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.model.Models;
import dev.kindred.model.files.ModelDirectory;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

class TestEmbeddingSelection {
  /** A model of 80 tokens whose tokenizer has 77. */
  private static ModelDirectory padded() {
    ModelDirectory model = Models.directory(Models.DICKENS_SMALL);
    return new ModelDirectory(
        model.id(),
        model.uri(),
        model.configJson().replace("\"d_vocab\" : 77", "\"d_vocab\" : 80"),
        model.weights(),
        model.tokenizerJson(),
        model.selfcheckJson(),
        model.firstToken(),
        model.blocks(),
        model.vectors(),
        model.precision(),
        model.rule(),
        model.sha256());
  }

  /** Options of learned embeddings by themselves. */
  @Command
  static final class Selecting extends KindredCommand {
    @Mixin private EmbeddingOptions embeddings;

    @Override
    public void run(Workspace workspace) {
      throw new IllegalStateException("only parsed");
    }
  }

  private static EmbeddingSelection selection() {
    return Parsed.of(new Selecting(), null).embeddings.selection(padded());
  }

  @Test
  void allTokensAreTheModels() {
    EmbeddingSelection selection = selection();

    assertThat(selection.recipe().tokenIds()).hasSize(80).endsWith(78, 79);
    assertThat(selection.recipe().key()).isEqualTo("fast_n100_s42");
  }

  @Test
  void aTokenThatOnlyTheModelHasIsWithoutText() {
    assertThat(selection().token(79)).isEmpty();
  }
}
