/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.command;

import dev.kindred.corpus.Prompt;
import dev.kindred.corpus.Prompts;
import dev.kindred.jobs.explain.Explain;
import dev.kindred.jobs.explain.LocalExplain;
import dev.kindred.jobs.option.GivenPrompts;
import dev.kindred.jobs.option.JoinOptions;
import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.jobs.option.ModelOptions;
import dev.kindred.jobs.option.PageOptions;
import dev.kindred.jobs.option.RecomputeOption;
import dev.kindred.jobs.option.RuleOptions;
import dev.kindred.jobs.option.TaskOptions;
import dev.kindred.jobs.option.Values;
import dev.kindred.jobs.option.WarehouseOptions;
import dev.kindred.jobs.report.Explained;
import dev.kindred.jobs.report.ExplanationText;
import dev.kindred.jobs.report.Report;
import dev.kindred.jobs.report.Shown;
import dev.kindred.jobs.workspace.LocalProgress;
import dev.kindred.jobs.workspace.Terminal;
import dev.kindred.jobs.workspace.Workspace;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "explain",
    description =
        "Explains the model's next token after any prompts by the strings of the corpus that its"
            + " feed-forward layers find alike, as a published run of the warehouse would have. Needs"
            + " the warehouse and the model directory only, and writes nothing there.",
    footer = {
      "kindred explain 'And only l'",
      "kindred explain 'said.\\n\\nThe' 'Mr. Quilp ' --strings 3 --warehouse warehouse",
      "kindred explain 'And only l' --shading",
      "kindred explain --prompts prompts.jsonl --json > explanations.json",
      "kindred explain 'And only l' --html explanation.html --run-id r-20261122-041500-3f2a"
    })
final class ExplainCommand extends KindredCommand {
  @Mixin private GivenPrompts given;
  @Mixin private ModelOptions model;
  @Mixin private WarehouseOptions warehouse;
  @Mixin private RuleOptions rule;
  @Mixin private JoinOptions join;
  @Mixin private TaskOptions tasks;
  @Mixin private RecomputeOption recompute;
  @Mixin private PageOptions page;

  @Option(
      names = "--run-id",
      paramLabel = "ID",
      description =
          "id or name of the run whose corpus, thresholds, weights and ranks count (the model's last)")
  private String runId;

  @Option(
      names = "--strings",
      paramLabel = "N",
      converter = Values.Count.class,
      defaultValue = "5",
      description = "similar strings shown for each block (${DEFAULT-VALUE})")
  private int strings;

  @Option(
      names = "--shading",
      description =
          "shows which tokens of a prompt the prediction and each block's evidence hang on, too")
  private boolean isShaded;

  @Option(
      names = "--by-spark",
      description =
          "lets Spark read the vectors also where they are on this machine's disks; finds the same")
  private boolean isBySpark;

  @Override
  public List<String> steps() {
    return List.of("prompts", "similar strings", "explanations");
  }

  @Override
  public void run(Workspace workspace) {
    Shown.check(page, workspace.hadoop());
    Explain explain =
        new Explain(
            workspace.hadoop(),
            workspace.warehouseThere(warehouse.uri()),
            runId,
            model,
            rule,
            join,
            tasks,
            recompute,
            settings());
    List<Prompt> prompts =
        explain.fitted(
            given.read(explain.model().tokenizerJson(), Prompts.Lengths.any(), workspace.hadoop()),
            Terminal.standardError()::line);
    Explain.Shades shades = isShaded ? Explain.Shades.TOKENS : Explain.Shades.NOTHING;
    Explained explained = explained(workspace, explain, prompts, shades);
    Shown.show(
        page,
        workspace.hadoop(),
        () -> Report.html(explained),
        explained::json,
        () -> ExplanationText.of(explained, Terminal.isColoured()));
  }

  private Explained explained(
      Workspace workspace, Explain explain, List<Prompt> prompts, Explain.Shades shades) {
    Optional<LocalExplain> here = isBySpark ? Optional.empty() : LocalExplain.open(explain);
    if (here.isEmpty()) {
      return explain.explain(workspace.spark(), workspace.progress(), prompts, strings, shades);
    }

    try (LocalExplain opened = here.get();
        LocalProgress progress = new LocalProgress("similar strings", opened.vectors())) {
      return opened.explain(prompts, strings, shades, progress);
    }
  }
}
