/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.InvalidInput;
import dev.kindred.attribution.Attribution;
import dev.kindred.attribution.Attribution.Question;
import dev.kindred.attribution.Attributions;
import dev.kindred.attribution.Attributions.Asked;
import dev.kindred.corpus.Prompt;
import dev.kindred.corpus.Tokenizer;
import dev.kindred.corpus.Windows;
import dev.kindred.jobs.option.GivenPrompts;
import dev.kindred.jobs.option.ReadModelOptions;
import dev.kindred.jobs.option.WriterOptions;
import dev.kindred.jobs.report.Findings;
import dev.kindred.jobs.report.SnakeCaseJson;
import dev.kindred.jobs.run.RunPlan;
import dev.kindred.jobs.run.Stages;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.model.ResidualStream;
import dev.kindred.model.files.LoadedModels;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.spark.sql.Row;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Attributes predictions of prompts that are given, or of a run's. */
@Command(
    name = "attribute",
    description =
        "Shows which tokens of any prompts the prediction at their end hangs on: by gradients, and"
            + " by taking tokens away. Needs the model directory only. With --warehouse or --run-id"
            + " it keeps what it found in the tables attributions and attribution_checks.",
    footer = {
      "kindred attribute 'And only l'",
      "kindred attribute 'She said i' --method occlusion --replacement token:e",
      "kindred attribute --prompts prompts.jsonl --html attribution.html",
      "kindred attribute 'The sky is blue.' --triangle --method occlusion",
      "kindred attribute --prompts prompts.jsonl --warehouse study",
      "kindred attribute --run-id r-20261122-041500-3f2a --warehouse study"
    })
final class AttributeCommand extends PromptAnalysisCommand<List<ShownAttribution>> {
  private static final String UNIFORM = "uniform";
  private static final int SHOWN = 3; // prompts of a run

  @Mixin private AttributionOptions options;
  @Mixin private WriterOptions warehouse;

  @Option(
      names = "--run-id",
      paramLabel = "ID",
      description =
          "a published run: its prompts are attributed if none are given, and its corpus says how"
              + " frequent tokens are")
  private String runId;

  @Option(
      names = "--triangle",
      description = "attributes the prediction at each position of a text to all tokens before it")
  private boolean isTriangle;

  private RunPlan run; // null without one
  private boolean isOfRunsPrompts;
  private String weights; // of marginal; else null
  private String question; // null if nothing is kept
  private Findings ofAll; // null if nothing is kept

  /** Whether tables are filled. */
  private boolean isKept() {
    return runId != null || settings().isGiven("warehouse");
  }

  @Override
  public Optional<WriterOptions> written() {
    return isKept() ? Optional.of(warehouse) : Optional.empty();
  }

  @Override
  ModelDirectory directory(Workspace workspace, ReadModelOptions named) {
    if (isTriangle && isKept()) {
      throw new InvalidInput(
          "--triangle: fills no tables; leave it out, or %s",
          runId != null ? "--run-id " + runId : "--warehouse " + warehouse.uri());
    }

    if (isTriangle && options.isDeleting()) {
      throw new InvalidInput(
          "--replacement delete: nothing is left before the first prediction of a --triangle; give"
              + " another, as mean");
    }

    ModelDirectory directory;
    if (runId == null) {
      directory = super.directory(workspace, named);
    } else {
      Warehouse there = workspace.warehouseThere(warehouse.uri());
      run = RunPlan.published(there, runId);
      directory =
          settings().isGiven("model")
              ? run.checked(super.directory(workspace, named))
              : run.model(workspace.hadoop());
      Stages.checkTokenizer(there, run.corpusId(), run.windowLength(), directory);
    }

    options.check(directory);
    return directory;
  }

  @Override
  List<Prompt> prompts(Workspace workspace, GivenPrompts given, ModelDirectory directory) {
    if (run == null || given.areGiven()) {
      return super.prompts(workspace, given, directory);
    }

    isOfRunsPrompts = true;
    List<Prompt> prompts = new ArrayList<>();
    for (Row row :
        Stages.left(
                workspace.warehouse(warehouse.uri()).part(Tables.PROMPTS, run.promptSet()),
                "the command prompts")
            .sort("prompt_id")
            .select("text", "token_ids")
            .collectAsList()) {
      int[] ids = row.<Integer>getList(1).stream().mapToInt(Integer::intValue).toArray();
      prompts.add(new Prompt(row.getString(0), ids));
    }

    return prompts;
  }

  /** A list a prompt: its attribution, or those of all its positions. */
  @Override
  List<List<ShownAttribution>> find(
      Workspace workspace, ModelDirectory directory, List<Prompt> prompts) {
    List<int[]> read = prompts.stream().map(prompt -> directory.input(prompt.tokenIds())).toList();
    for (int i = 0; i < read.size(); i++) {
      if (options.isDeleting() && read.get(i).length < 2) {
        throw new InvalidInput(
            "--replacement delete: prompt %d has one token; give longer prompts, or mean", i + 1);
      }
    }

    ResidualStream model = LoadedModels.stream(directory);
    Question asked = options.question(directory, model, counts(workspace, directory));
    List<List<Attribution>> found;
    if (isKept()) {
      found = kept(workspace, directory, asked, read).stream().map(List::of).toList();
    } else if (isTriangle) {
      found = read.stream().map(ids -> Attribution.atEachPosition(model, ids, asked)).toList();
    } else {
      found = read.stream().map(ids -> List.of(Attribution.of(model, ids, asked))).toList();
    }

    Tokenizer tokenizer = Tokenizer.of(directory.tokenizerJson());
    return IntStream.range(0, found.size())
        .mapToObj(
            i ->
                found.get(i).stream()
                    .map(one -> ShownAttribution.of(one, prompts.get(i).text(), tokenizer))
                    .toList())
        .toList();
  }

  /** How often tokens are in the run's corpus; null if that does not matter, or is not known. */
  private long[] counts(Workspace workspace, ModelDirectory directory) {
    weights = options.isMarginal(directory) ? UNIFORM : null;
    if (weights == null || run == null) {
      return null;
    }

    weights = run.corpusId();
    return Windows.tokenCounts(
        Stages.left(
            workspace.warehouse(warehouse.uri()).part(Tables.WINDOWS, run.corpusId()),
            "the command windows"),
        directory.shape().vocabularySize());
  }

  /** Fills the tables, and returns what they have of all given prompts, or a run's first. */
  private List<Attribution> kept(
      Workspace workspace, ModelDirectory directory, Question asked, List<int[]> prompts) {
    Asked all =
        new Asked(
            asked,
            options.objective(),
            options.name(directory),
            weights,
            isOfRunsPrompts ? run.promptSet() : null,
            prompts);
    question = all.key();
    Warehouse tables = workspace.lock(warehouse.uri(), warehouse.lockWait());
    AttributeGrid.Filled filled = new AttributeGrid(workspace, tables, directory, all).filled();
    ofAll =
        AttributionGrids.ofAll(Attributions.summarize(filled.checks()), prompts.size(), question);
    AttributeGrid.Filled shown = isOfRunsPrompts ? filled.first(SHOWN) : filled;
    return Attributions.read(shown.scores(), shown.checks());
  }

  @Override
  Findings shown(List<ShownAttribution> found, String name) {
    return new Findings(
        found.get(0).text(),
        isTriangle
            ? AttributionGrids.triangles(found, name, weights)
            : AttributionGrids.of(found.get(0), name, weights),
        List.of());
  }

  @Override
  Optional<Findings> ofAll() {
    return Optional.ofNullable(ofAll);
  }

  /**
   * All prompts, with names in snake case.
   *
   * @param question the key of the tables' rows; null if nothing is kept
   * @param prompts a {@link ShownAttribution} or {@link Triangle} each
   */
  private record Attributed(
      String model,
      String modelId,
      String replacement,
      String weights,
      String question,
      List<?> prompts) {}

  /**
   * A text whose positions are attributed.
   *
   * @param text of the prompt
   * @param positions one a token that the model reads, each over the tokens up to it
   */
  private record Triangle(String text, List<ShownAttribution> positions) {}

  @Override
  String json(ModelDirectory directory, List<List<ShownAttribution>> found) {
    List<?> prompts =
        isTriangle
            ? found.stream().map(all -> new Triangle(all.get(0).text(), all)).toList()
            : found.stream().map(all -> all.get(0)).toList();
    return SnakeCaseJson.of(
        new Attributed(
            directory.uri(), directory.id(), options.name(directory), weights, question, prompts));
  }

  @Override
  List<String> head() {
    return List.of(
        "attribution",
        "What each token of a prompt adds to the prediction at its end, by several methods. A row"
            + " is shaded by its own greatest value.");
  }
}
