/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.InvalidInput;
import dev.kindred.jobs.option.Values;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.subspace.EmbeddingRecipe;
import dev.kindred.subspace.Optimizer;
import dev.kindred.subspace.Stage;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/** What says which learned embeddings of a model are meant. */
final class EmbeddingOptions {
  private static final List<String> NAMES =
      List.of("--stage", "--restarts", "--optimizer", "--seed", "--tokens", "--max-steps");

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--stage",
      paramLabel = "final|block-B",
      defaultValue = "final",
      description = "before the final norm, or before block B, from 0 (${DEFAULT-VALUE})")
  private String stage;

  @Option(
      names = "--restarts",
      paramLabel = "N",
      converter = Values.Count.class,
      defaultValue = "100",
      description = "embeddings of each token (${DEFAULT-VALUE})")
  private int restarts;

  @Option(
      names = "--optimizer",
      paramLabel = "fast|study",
      converter = OptimizerConverter.class,
      defaultValue = "fast",
      description = "the study's AdamW, or the same path in fewer, longer steps (${DEFAULT-VALUE})")
  private Optimizer optimizer;

  @Option(
      names = "--seed",
      paramLabel = "S",
      converter = Values.Whole.class,
      defaultValue = "42",
      description = "seed of the vectors that are begun with (${DEFAULT-VALUE})")
  private long seed;

  @Option(
      names = "--tokens",
      paramLabel = "TEXT",
      description = "the tokens in this text; \\n is a line break (all tokens)")
  private String tokens;

  @Option(
      names = "--max-steps",
      paramLabel = "N",
      converter = Values.Count.class,
      description = "steps after which a token has not converged (fast: 1667, study: 50000)")
  private Integer maxSteps;

  /** Takes an optimiser's name. */
  static final class OptimizerConverter extends Values.OneOf<Optimizer> {
    OptimizerConverter() {
      super(Optimizer.class);
    }
  }

  /**
   * Says which embeddings of a model are meant.
   *
   * @throws InvalidInput if an option does not fit the model
   */
  EmbeddingSelection selection(ModelDirectory directory) {
    Stage place = Stage.parse(stage, directory.shape().blocks());
    int most = maxSteps == null ? optimizer.maxSteps() : maxSteps;
    EmbeddingRecipe recipe =
        tokens == null
            ? EmbeddingRecipe.ofAll(
                optimizer, restarts, seed, most, directory.shape().vocabularySize())
            : EmbeddingRecipe.of(
                optimizer,
                restarts,
                seed,
                most,
                EmbeddingSelection.tokenIds("--tokens", tokens, directory));
    return new EmbeddingSelection(directory, place, recipe, given());
  }

  /** The options that say it, as they could be given again. */
  private List<String> given() {
    ParseResult result = command.commandLine().getParseResult();
    return NAMES.stream()
        .filter(result::hasMatchedOption)
        .map(
            name ->
                name
                    + " "
                    + quoted(String.join(",", result.matchedOption(name).originalStringValues())))
        .toList();
  }

  private static String quoted(String value) {
    return value.matches("[A-Za-z0-9-]+") ? value : "'" + value.replace("'", "'\\''") + "'";
  }
}
