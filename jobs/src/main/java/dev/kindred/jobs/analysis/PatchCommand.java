/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.ContentId;
import dev.kindred.InvalidInput;
import dev.kindred.corpus.Prompt;
import dev.kindred.corpus.Tokenizer;
import dev.kindred.head.Patching;
import dev.kindred.head.Patching.Unit;
import dev.kindred.jobs.option.Defaults.NoSetting;
import dev.kindred.jobs.option.GivenPrompts;
import dev.kindred.jobs.option.ReadModelOptions;
import dev.kindred.jobs.option.Values;
import dev.kindred.jobs.option.WriterOptions;
import dev.kindred.jobs.report.Findings;
import dev.kindred.jobs.report.Findings.Column;
import dev.kindred.jobs.report.Findings.Grid;
import dev.kindred.jobs.report.Findings.Note;
import dev.kindred.jobs.report.SnakeCaseJson;
import dev.kindred.jobs.report.VisibleText;
import dev.kindred.jobs.run.Stages;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.model.HookPoint;
import dev.kindred.model.files.LoadedModels;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Part;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.sql.Row;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Activation patching. */
@Command(
    name = "patch",
    description =
        "Puts what is at a place of one prompt, the clean one, into the run of another of as many"
            + " tokens, the corrupted one: each block by each position, or by each head. Shows how far"
            + " that brings the difference of two tokens' logits from the second to the first (0 to"
            + " 1). Needs the model directory only. With --warehouse it keeps what it found in the"
            + " table patches.",
    footer = {
      "kindred patch 'And only l' 'She said i'",
      "kindred patch 'And only l' 'She said i' --hook attn.hook_z --by head",
      "kindred patch 'And only l' 'She said i' --answer o --against n --hook hook_attn_out --json"
    })
final class PatchCommand extends PromptAnalysisCommand<PatchCommand.Patched> {
  private static final List<HookPoint> OF_HEADS =
      List.of(
          HookPoint.Q,
          HookPoint.K,
          HookPoint.V,
          HookPoint.ATTN_SCORES,
          HookPoint.PATTERN,
          HookPoint.Z,
          HookPoint.RESULT);

  @Mixin private WriterOptions warehouse;

  @NoSetting
  @Option(
      names = "--hook",
      paramLabel = "NAME",
      converter = Point.class,
      defaultValue = "hook_resid_pre",
      description =
          "the place of each block, as TransformerLens names it: hook_resid_pre, hook_attn_out,"
              + " hook_mlp_out, attn.hook_z, .. (${DEFAULT-VALUE})")
  private HookPoint point;

  @Option(
      names = "--by",
      paramLabel = "position|head",
      converter = ByUnit.class,
      defaultValue = "position",
      description =
          "what is put there at once: all that is at one position, or of one head at all positions"
              + " (${DEFAULT-VALUE})")
  private Unit unit;

  @NoSetting
  @Option(
      names = "--answer",
      paramLabel = "TEXT",
      description = "token whose logit counts (the most probable one after the clean prompt)")
  private String answer;

  @NoSetting
  @Option(
      names = "--against",
      paramLabel = "TEXT",
      description =
          "token whose logit is taken away (the most probable one after the corrupted prompt)")
  private String against;

  private Integer answerId; // null for the most probable one
  private Integer againstId; // null likewise

  /** A place that blocks have. */
  static final class Point implements ITypeConverter<HookPoint> {
    @Override
    public HookPoint convert(String text) {
      return Arrays.stream(HookPoint.values())
          .filter(point -> point.isOfBlock() && point.hookName().equals(text))
          .findFirst()
          .orElseThrow(
              () ->
                  new TypeConversionException(
                      "expected one of "
                          + Arrays.stream(HookPoint.values())
                              .filter(HookPoint::isOfBlock)
                              .map(HookPoint::hookName)
                              .collect(Collectors.joining(", "))));
    }
  }

  /** What is put there at once. */
  static final class ByUnit extends Values.OneOf<Unit> {
    ByUnit() {
      super(Unit.class);
    }
  }

  /**
   * Two prompts, and what patching does.
   *
   * @param shares how far each place brings the difference: [blocks][positions or heads]; null
   *     where a block has no such place
   */
  record Patched(
      String cleanText,
      String corruptedText,
      int[] cleanTokenIds,
      int[] corruptedTokenIds,
      String hook,
      Unit by,
      String answer,
      String against,
      List<String> tokens,
      Patching differences,
      Double[][] shares) {}

  private boolean isKept() {
    return settings().isGiven("warehouse");
  }

  @Override
  public Optional<WriterOptions> written() {
    return isKept() ? Optional.of(warehouse) : Optional.empty();
  }

  @Override
  ModelDirectory directory(Workspace workspace, ReadModelOptions named) {
    ModelDirectory directory = super.directory(workspace, named);
    answerId = answer == null ? null : OneToken.of("--answer " + answer, answer, directory);
    againstId = against == null ? null : OneToken.of("--against " + against, against, directory);
    if (directory.hooks().stream().noneMatch(hook -> hook.point() == point)) {
      throw new InvalidInput(
          "--hook %s: the model has no such place; it has %s",
          point.hookName(),
          directory.hooks().stream()
              .map(hook -> hook.point())
              .filter(HookPoint::isOfBlock)
              .map(HookPoint::hookName)
              .distinct()
              .collect(Collectors.joining(", ")));
    }

    if (unit == Unit.HEAD && !OF_HEADS.contains(point)) {
      throw new InvalidInput(
          "--by head: %s is not of heads; give --hook %s",
          point.hookName(),
          OF_HEADS.stream().map(HookPoint::hookName).collect(Collectors.joining(", ")));
    }

    if (unit == Unit.POSITION && point.isOfPairs()) {
      throw new InvalidInput(
          "--hook %s: is of pairs of positions; give --by head", point.hookName());
    }

    return directory;
  }

  @Override
  List<Prompt> prompts(Workspace workspace, GivenPrompts named, ModelDirectory directory) {
    List<Prompt> prompts = super.prompts(workspace, named, directory);
    if (prompts.size() != 2) {
      throw new InvalidInput(
          "%d prompts: give two, the clean one and the corrupted one", prompts.size());
    }

    int[] clean = prompts.get(0).tokenIds();
    int[] corrupted = prompts.get(1).tokenIds();
    if (clean.length != corrupted.length) {
      throw new InvalidInput(
          "prompt 2 has %d tokens, prompt 1 has %d; give prompts of as many tokens",
          corrupted.length, clean.length);
    }

    if (Arrays.equals(clean, corrupted)) {
      throw new InvalidInput("prompt 2 is prompt 1; give two that differ");
    }

    return prompts;
  }

  @Override
  List<Patched> find(Workspace workspace, ModelDirectory directory, List<Prompt> prompts) {
    int[] clean = directory.input(prompts.get(0).tokenIds());
    int[] corrupted = directory.input(prompts.get(1).tokenIds());
    Tokenizer tokenizer = Tokenizer.of(directory.tokenizerJson());
    Patching found =
        Patching.of(
            LoadedModels.stream(directory), clean, corrupted, point, unit, answerId, againstId);
    if (found.answer() == found.other()) {
      throw new InvalidInput(
          "the token of both prompts is %s; name two with --answer and --against",
          VisibleText.shown(tokenizer.text(found.answer())));
    }

    Double[][] shares =
        Arrays.stream(found.patched())
            .map(
                ofBlock ->
                    ofBlock.length == 0
                        ? null
                        : Arrays.stream(ofBlock)
                            .mapToObj(
                                value ->
                                    found.clean() == found.corrupted()
                                        ? null
                                        : Double.valueOf(found.share(value)))
                            .toArray(Double[]::new))
            .toArray(Double[][]::new);
    List<String> tokens =
        IntStream.range(0, clean.length)
            .mapToObj(
                i ->
                    clean[i] == corrupted[i]
                        ? VisibleText.shown(tokenizer.text(clean[i]))
                        : VisibleText.shown(tokenizer.text(clean[i]))
                            + " for "
                            + VisibleText.shown(tokenizer.text(corrupted[i])))
            .toList();
    Patched patched =
        new Patched(
            prompts.get(0).text(),
            prompts.get(1).text(),
            clean,
            corrupted,
            point.hookName(),
            unit,
            tokenizer.text(found.answer()),
            tokenizer.text(found.other()),
            tokens,
            found,
            shares);
    if (isKept()) {
      keep(workspace, directory, patched);
    }

    return List.of(patched);
  }

  private void keep(Workspace workspace, ModelDirectory directory, Patched found) {
    Patching differences = found.differences;
    String question =
        new ContentId()
            .add("patch 1 " + found.hook + " " + found.by)
            .add(" " + differences.answer() + " " + differences.other())
            .add(Arrays.toString(found.cleanTokenIds) + Arrays.toString(found.corruptedTokenIds))
            .id("p");
    Warehouse tables = workspace.lock(warehouse.uri(), warehouse.lockWait());
    Part part = tables.part(Tables.PATCHES, directory.id(), question);
    if (part.isComplete()) {
      workspace.progress().reused("patches", part);
      return;
    }

    workspace.progress().begin("patches");
    List<Row> rows = new ArrayList<>();
    for (int block = 0; block < differences.patched().length; block++) {
      for (int i = 0; i < differences.patched()[block].length; i++) {
        rows.add(
            Tables.PATCHES.row(
                found.cleanTokenIds,
                found.corruptedTokenIds,
                differences.answer(),
                differences.other(),
                found.hook,
                block,
                unit == Unit.POSITION ? Integer.valueOf(i) : null,
                unit == Unit.HEAD ? Integer.valueOf(i) : null,
                differences.clean(),
                differences.corrupted(),
                differences.patched()[block][i],
                found.shares[block][i]));
      }
    }

    part.write(Tables.PATCHES.rows(workspace.spark(), rows));
    Stages.audit(tables, directory.shape(), part);
    workspace.progress().end(part);
  }

  @Override
  Findings shown(Patched found, String name) {
    int units =
        Arrays.stream(found.differences.patched()).mapToInt(row -> row.length).max().orElse(0);
    List<Findings.Row> rows = new ArrayList<>();
    for (int i = 0; i < units; i++) {
      int which = i;
      rows.add(
          Findings.Row.of(
              unit == Unit.HEAD ? "head " + i : i + "  " + found.tokens.get(i),
              Arrays.stream(found.shares)
                  .map(
                      ofBlock ->
                          ofBlock == null || ofBlock.length <= which || ofBlock[which] == null
                              ? "-"
                              : String.format(Locale.ROOT, "%.2f", ofBlock[which]))
                  .toArray(String[]::new)));
    }

    return new Findings(
        found.cleanText + " into " + found.corruptedText,
        List.of(
            Note.everywhere(
                String.format(
                    Locale.ROOT,
                    "logit of %s less that of %s: %.3f clean, %.3f corrupted",
                    VisibleText.shown(found.answer),
                    VisibleText.shown(found.against),
                    found.differences.clean(),
                    found.differences.corrupted())),
            new Grid(
                "How far " + found.hook + " of each block brings it from corrupted to clean",
                unit == Unit.HEAD ? "of" : "position",
                IntStream.range(0, found.shares.length)
                    .mapToObj(block -> Column.of("block", String.valueOf(block)))
                    .toList(),
                rows)),
        List.of());
  }

  /** What was found, with names in snake case. */
  private record All(String model, String modelId, Patched patched) {}

  @Override
  String json(ModelDirectory directory, List<Patched> found) {
    return SnakeCaseJson.of(new All(directory.uri(), directory.id(), found.get(0)));
  }

  @Override
  List<String> head() {
    return List.of(
        "activation patching",
        "How far the difference of two tokens' logits goes from the corrupted to the clean prompt if"
            + " one place is as in the clean one.");
  }
}
