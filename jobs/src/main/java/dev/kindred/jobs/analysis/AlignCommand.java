/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.jobs.option.Values;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

@Command(
    name = "align",
    description =
        "Says how often the feed-forward outputs of a published run's prompts point at the tokens that"
            + " follow their similar strings, by the tokens' subspaces, the unembedding and random"
            + " directions: in the run's report and summaries. Needs the subspaces of the stage"
            + " final; takes those of other stages that are there.",
    footer = "kindred align --run-id r-20261122-041500-3f2a")
final class AlignCommand extends RunAnalysisCommand {
  @Option(
      names = "--recipe",
      paramLabel = "KEY",
      converter = RecipeConverter.class,
      defaultValue = Align.RECIPE,
      description = "the column recipe of the table subspaces (${DEFAULT-VALUE})")
  private String recipe;

  @Option(
      names = "--ranks",
      paramLabel = "K",
      converter = Values.Count.class,
      defaultValue = "1",
      description = "directions of each token that span its subspace (${DEFAULT-VALUE})")
  private int ranks;

  @Option(
      names = "--seed",
      paramLabel = "S",
      converter = Values.Whole.class,
      defaultValue = "42",
      description = "seed of the random directions (${DEFAULT-VALUE})")
  private long seed;

  /** Takes the key of a recipe. */
  static final class RecipeConverter implements ITypeConverter<String> {
    @Override
    public String convert(String text) {
      if (!text.matches("[A-Za-z0-9_-]+")) {
        throw new TypeConversionException("expected a recipe of subspaces, as " + Align.RECIPE);
      }

      return text;
    }
  }

  @Override
  Found find(AnalysedRun run) {
    Align align = Align.of(run, recipe, ranks, seed);
    return new Found(align.align(), align.lastLine());
  }
}
