/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.InvalidInput;
import dev.kindred.corpus.Prompt;
import dev.kindred.corpus.Prompts;
import dev.kindred.corpus.Tokenizer;
import dev.kindred.inversion.Recovery;
import dev.kindred.inversion.Recovery.Recovered;
import dev.kindred.jobs.option.Defaults.NoSetting;
import dev.kindred.jobs.option.GivenPrompts;
import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.jobs.option.ReadModelOptions;
import dev.kindred.jobs.report.Findings;
import dev.kindred.jobs.report.Findings.Cell;
import dev.kindred.jobs.report.Findings.Column;
import dev.kindred.jobs.report.Findings.Element;
import dev.kindred.jobs.report.Findings.Grid;
import dev.kindred.jobs.report.Findings.Note;
import dev.kindred.jobs.report.TerminalFindings;
import dev.kindred.jobs.report.VisibleText;
import dev.kindred.jobs.workspace.Terminal;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.model.files.LoadedModels;
import dev.kindred.model.files.ModelDirectory;
import java.io.IOException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Exact inversion, token by token. */
@Command(
    name = "recover",
    description =
        "Recovers the tokens of a text from the residual stream after a block alone, exactly: each"
            + " token of the vocabulary is tried in each place. Makes the vectors of a text first, or"
            + " reads them from a file.",
    footer = {
      "kindred recover 'The sky is blue.' --model models/dickens-small",
      "kindred recover 'The sky is blue.' --block 3 --save vectors.safetensors",
      "kindred recover --block 3 --vectors vectors.safetensors"
    })
final class RecoverCommand extends KindredCommand {
  @Mixin private GivenPrompts given;
  @Mixin private ReadModelOptions model;

  @NoSetting
  @Option(
      names = "--block",
      paramLabel = "B",
      converter = InversionOptions.BlockCount.class,
      description = "the block after which the vectors stand, from 0 (the last)")
  private Integer block;

  @NoSetting
  @Option(
      names = "--vectors",
      paramLabel = "FILE",
      description =
          "vectors instead of a text: a .safetensors file with one tensor [T, d_model], or .parquet"
              + " with the columns position and vector")
  private String vectors;

  @NoSetting
  @Option(
      names = "--save",
      paramLabel = "FILE",
      description = "writes the vectors of the text, as .safetensors")
  private String save;

  @Override
  public void run(Workspace workspace) throws IOException {
    ModelDirectory directory = model.read(workspace.hadoop());
    int blocks = directory.shape().blocks();
    int after = block == null ? blocks - 1 : block;
    if (after >= blocks) {
      throw new InvalidInput(
          "--block %d: the model has %d blocks; give 0 to %d", after, blocks, blocks - 1);
    }

    if (vectors != null) {
      if (given.areGiven() || save != null) {
        throw new InvalidInput(
            "--vectors %s: the vectors are there already; leave out the text and --save", vectors);
      }

      float[] read = VectorRows.read(vectors, directory.shape().modelDimension(), workspace);
      print(directory, after, "", recovered(directory, after, read));
      return;
    }

    List<Prompt> prompts =
        given.read(
            directory.tokenizerJson(),
            Prompts.Lengths.upTo(directory.contextLength()),
            workspace.hadoop());
    if (save != null && prompts.size() > 1) {
      throw new InvalidInput(
          "--save %s: there are %d prompts; give one, or leave it out", save, prompts.size());
    }

    if (save != null) {
      VectorRows.checkIsNew("--save", save, workspace.hadoop());
    }

    for (Prompt prompt : prompts) {
      float[] made =
          Recovery.vectors(
              LoadedModels.stream(directory),
              directory.input(prompt.tokenIds()),
              prompt.tokenIds().length,
              after);
      if (save != null) {
        VectorRows.write(save, made, directory.shape().modelDimension(), workspace.hadoop());
      }

      List<Recovered> found = recovered(directory, after, made);
      int[] ids = found.stream().mapToInt(Recovered::tokenId).toArray();
      print(
          directory,
          after,
          Arrays.equals(ids, prompt.tokenIds())
              ? "all tokens are those of the text"
              : "they are not the tokens of the text",
          found);
    }
  }

  private static List<Recovered> recovered(ModelDirectory directory, int block, float[] vectors) {
    return Recovery.recover(LoadedModels.get(directory), block, vectors);
  }

  private static void print(
      ModelDirectory directory, int block, String verdict, List<Recovered> found) {
    Tokenizer tokenizer = Tokenizer.of(directory.tokenizerJson());
    String text = tokenizer.text(found.stream().mapToInt(Recovered::tokenId).toArray());
    Recovered least =
        found.stream().min(Comparator.comparingDouble(Recovered::margin)).orElseThrow();
    Element grid =
        new Grid(
            "Tokens recovered after block " + block,
            "position",
            List.of(
                Column.of("token"),
                Column.of("distance"),
                Column.of("next"),
                Column.of("its distance"),
                Column.of("in units of rounding")),
            found.stream()
                .map(
                    one ->
                        new Findings.Row(
                            Cell.of(String.valueOf(one.position())),
                            List.of(
                                Cell.token(tokenizer.text(one.tokenId())),
                                Cell.of(number(one.distance())),
                                Cell.token(tokenizer.text(one.runnerUp())),
                                Cell.of(number(one.runnerUpDistance())),
                                Cell.of(number(one.margin())))))
                .toList());
    String sentence =
        String.format(
            Locale.ROOT,
            "after block %d%s; the smallest margin is %.3g times rounding, at position %d",
            block,
            verdict.isEmpty() ? "" : ", " + verdict,
            least.margin(),
            least.position());
    Findings findings = new Findings("", List.of(grid, Note.everywhere(sentence)), List.of());
    System.out.println();
    System.out.print(TerminalFindings.of(findings, Terminal.isColoured()));
    System.out.printf(
        Locale.ROOT,
        "kindred: tokens=%d margin=%.4g ids=%s text=%s%n",
        found.size(),
        least.margin(),
        found.stream().map(one -> String.valueOf(one.tokenId())).collect(Collectors.joining(",")),
        VisibleText.shown(text));
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.3g", value);
  }
}
