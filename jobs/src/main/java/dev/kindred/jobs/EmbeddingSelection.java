/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import dev.kindred.InvalidInput;
import dev.kindred.corpus.Prompts;
import dev.kindred.corpus.Tokenizer;
import dev.kindred.model.ModelDirectory;
import dev.kindred.subspace.EmbeddingRecipe;
import dev.kindred.subspace.Optimizer;
import dev.kindred.subspace.Stage;
import dev.kindred.table.Table;
import dev.kindred.table.Warehouse;
import java.util.List;
import java.util.Map;

/**
 * Which learned embeddings of a model are meant.
 *
 * @param given the options that say it, as they could be given again
 */
record EmbeddingSelection(
    ModelDirectory model, Stage stage, EmbeddingRecipe recipe, List<String> given) {
  private static final List<String> OPTIONS =
      List.of("--stage", "--restarts", "--optimizer", "--seed", "--tokens", "--max-steps");

  /**
   * Reads options.
   *
   * @param options by name, those that are given
   */
  static EmbeddingSelection of(ModelDirectory model, Map<String, String> options) {
    Stage stage =
        Stage.parse(
            options.getOrDefault("--stage", Stage.FINAL.toString()), model.shape().blocks());
    int restarts = wholeNumber("--restarts", options, "100");
    Optimizer optimizer =
        Optimizer.parse(options.getOrDefault("--optimizer", Optimizer.FAST.toString()));
    String seed = options.getOrDefault("--seed", "42");
    if (!seed.matches("-?\\d{1,18}")) {
      throw new InvalidInput("--seed %s: expected a whole number", seed);
    }

    int maxSteps = wholeNumber("--max-steps", options, String.valueOf(optimizer.maxSteps()));
    String tokens = options.get("--tokens");
    EmbeddingRecipe recipe =
        tokens == null
            ? EmbeddingRecipe.ofAll(
                optimizer, restarts, Long.parseLong(seed), maxSteps, model.shape().vocabularySize())
            : EmbeddingRecipe.of(
                optimizer,
                restarts,
                Long.parseLong(seed),
                maxSteps,
                tokenIds("--tokens", tokens, model));
    List<String> given =
        OPTIONS.stream()
            .filter(options::containsKey)
            .map(name -> name + " " + quoted(options.get(name)))
            .toList();
    return new EmbeddingSelection(model, stage, recipe, given);
  }

  private static String quoted(String value) {
    return value.matches("[A-Za-z0-9-]+") ? value : "'" + value.replace("'", "'\\''") + "'";
  }

  /** An option's value, of 1 or more. */
  static int wholeNumber(String name, Map<String, String> options, String otherwise) {
    String value = options.getOrDefault(name, otherwise);
    if (!value.matches("[1-9]\\d{0,6}")) {
      throw new InvalidInput("%s %s: expected a whole number from 1 to 9999999", name, value);
    }

    return Integer.parseInt(value);
  }

  /** The tokens of a text, of which there is one at least. */
  static int[] tokenIds(String option, String escaped, ModelDirectory model) {
    String text = Prompts.parse(option, escaped, model.tokenizerJson());
    int[] ids = Tokenizer.of(model.tokenizerJson()).encode(text);
    if (ids.length == 0) {
      throw new InvalidInput("%s: no token in it; leave it out for all tokens", option);
    }

    return ids;
  }

  /** The text of a token; empty for an id that only the model has. */
  String token(int tokenId) {
    return Tokenizer.of(model.tokenizerJson()).decode(tokenId);
  }

  /** These embeddings' part of a table. */
  Warehouse.Part part(Warehouse warehouse, Table table, String recipeKey) {
    return warehouse.part(table, model.id(), stage.toString(), recipeKey);
  }
}
