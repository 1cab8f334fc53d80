/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.command;

import dev.kindred.jobs.analysis.RunReport;
import dev.kindred.jobs.option.ExperimentOptions;
import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.jobs.option.ReportOptions;
import dev.kindred.jobs.option.WriterOptions;
import dev.kindred.jobs.run.ActivationsStage;
import dev.kindred.jobs.run.ComparisonStage;
import dev.kindred.jobs.run.CorpusInput;
import dev.kindred.jobs.run.EvaluationStage;
import dev.kindred.jobs.run.Experiment;
import dev.kindred.jobs.run.PromptsStage;
import dev.kindred.jobs.run.RunPlan;
import dev.kindred.jobs.run.WindowsStage;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.table.Warehouse;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "run",
    description = "Runs all stages and shows the result.",
    footer = "kindred run --corpus 'texts/*.txt' --model models/tinyshakespeare --prompts 20000")
final class RunCommand extends KindredCommand {
  @Mixin private ExperimentOptions experiment;
  @Mixin private WriterOptions warehouse;
  @Mixin private ReportOptions report;

  @Override
  public List<String> steps() {
    return List.of(
        "corpus",
        "windows",
        "activations",
        "prompts",
        "predictions",
        "fitting windows",
        "noise floor",
        "similar strings",
        "evaluation",
        "audit");
  }

  @Override
  public Optional<WriterOptions> written() {
    return Optional.of(warehouse);
  }

  @Override
  public void run(Workspace workspace) {
    RunReport.check(report, workspace.hadoop());
    Experiment.Checked checked = Experiment.check(experiment, workspace.hadoop());
    Warehouse tables = workspace.lock(warehouse.uri(), warehouse.lockWait());
    Experiment opened = Experiment.open(workspace, tables, checked, CorpusInput.CORPORA);
    RunReport page = new RunReport(workspace, tables, report);
    Map<String, String> all = settings().asText();
    Optional<RunPlan> published = opened.published(all);
    if (published.isPresent()) {
      page.nothingToDo(published.get(), settings());
      return;
    }

    RunPlan run = opened.begin(all);
    WindowsStage.write(opened.input().corpus());
    ActivationsStage.write(opened.input(), opened::checkDisk);
    PromptsStage prompts = new PromptsStage(opened.input(), opened.choice());
    prompts.prompts();
    prompts.fittingWindows();
    ComparisonStage.write(opened.input(), opened.promptSet(), opened.alternates());
    opened.join(opened.promptSet()).joinFor(run);
    new EvaluationStage(workspace, tables).evaluate(run, checked.model());
    page.publish(run, checked.model());
  }
}
