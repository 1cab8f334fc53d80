/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.InvalidInput;
import dev.kindred.corpus.Prompts;
import dev.kindred.corpus.Tokenizer;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.subspace.EmbeddingRecipe;
import dev.kindred.subspace.Stage;
import dev.kindred.table.Part;
import dev.kindred.table.Table;
import dev.kindred.table.Warehouse;
import java.util.List;

/**
 * Which learned embeddings of a model are meant.
 *
 * @param given the options that say it, as they could be given again
 */
record EmbeddingSelection(
    ModelDirectory model, Stage stage, EmbeddingRecipe recipe, List<String> given) {
  /** The tokens of a text, of which there is one at least. */
  static int[] tokenIds(String option, String escaped, ModelDirectory model) {
    int[] ids = Prompts.parse(option, escaped, model.tokenizerJson()).tokenIds();
    if (ids.length == 0) {
      throw new InvalidInput("%s: no token in it; leave it out for all tokens", option);
    }

    return ids;
  }

  /** The text of a token; empty for an id that only the model has. */
  String token(int tokenId) {
    return Tokenizer.of(model.tokenizerJson()).text(tokenId);
  }

  /** These embeddings' part of a table. */
  Part part(Warehouse warehouse, Table table, String recipeKey) {
    return warehouse.part(table, model.id(), stage.toString(), recipeKey);
  }
}
