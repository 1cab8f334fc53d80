/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.command;

import dev.kindred.jobs.analysis.Analyses;
import dev.kindred.jobs.analysis.RunReport;
import dev.kindred.jobs.option.AlternatesOptions;
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
import dev.kindred.jobs.run.RuleChoice;
import dev.kindred.jobs.run.RunPlan;
import dev.kindred.jobs.run.WindowsStage;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.table.RunNames;
import dev.kindred.table.Warehouse;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "run",
    description = "Runs all stages and shows the result.",
    footer = {
      "kindred run --corpus 'texts/*.txt' --model models/tinyshakespeare --prompts 20000",
      "kindred run --prompts 500 --name first-look"
    })
final class RunCommand extends KindredCommand {
  @Mixin private ExperimentOptions experiment;
  @Mixin private AlternatesOptions alternates;
  @Mixin private WriterOptions warehouse;
  @Mixin private ReportOptions report;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description =
          "what the run can be called wherever a run's id is asked for; changes no result, and is"
              + " given also to a run that is there already")
  private String name;

  @Override
  public List<String> steps() {
    return List.of(
        "corpus",
        "windows",
        "activations",
        "prompts",
        "predictions",
        "tuning prompts",
        "tuning predictions",
        "similarity bins",
        "thresholds",
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
    if (name != null) {
      RunNames.check(name);
    }

    RunReport.check(report, workspace.hadoop());
    Experiment.Checked checked =
        Experiment.check(experiment, alternates.uris(), workspace.hadoop());
    Warehouse tables = workspace.lock(warehouse.uri(), warehouse.lockWait());
    if (checked.rule().isPresent()) {
      RuleChoice.STEPS.forEach(workspace.progress()::leaveOut);
    }

    Experiment asked = Experiment.open(workspace, tables, checked, CorpusInput.CORPORA);
    Experiment opened = asked.isRuleKnown() ? asked : RuleChoice.known(asked).orElse(asked);
    RunReport page = new RunReport(workspace, tables, report, Analyses.ALL);
    Map<String, String> all = settings().asText();
    Optional<RunPlan> run = Optional.empty();
    if (opened.isRuleKnown()) {
      RuleChoice.STEPS.forEach(workspace.progress()::leaveOut); // chosen before
      if (isDone(opened, page, all)) {
        return;
      }

      opened.checkRoom();
      run = Optional.of(begun(opened, all));
    } else {
      opened.checkRoom();
    }

    WindowsStage.write(opened.input().corpus());
    ActivationsStage.write(opened.input(), opened::checkDisk);
    PromptsStage prompts = new PromptsStage(opened.input(), opened.choice());
    prompts.prompts();
    if (run.isEmpty()) {
      opened = RuleChoice.of(opened, prompts);
      if (isDone(opened, page, all)) {
        return;
      }

      run = Optional.of(begun(opened, all));
    }

    finish(workspace, opened, prompts, run.get(), page);
  }

  /** Whether a run with the same results is there already. */
  private boolean isDone(Experiment opened, RunReport page, Map<String, String> all) {
    Optional<RunPlan> published = opened.published(all);
    published.ifPresent(
        there -> {
          giveName(opened, there);
          page.nothingToDo(there, opened.input().model(), settings());
        });
    return published.isPresent();
  }

  private RunPlan begun(Experiment opened, Map<String, String> all) {
    RunPlan run = opened.begin(all);
    giveName(opened, run);
    return run;
  }

  private void giveName(Experiment opened, RunPlan run) {
    if (name != null) {
      RunNames.give(opened.input().corpus().warehouse(), run.runId(), name);
    }
  }

  private void finish(
      Workspace workspace, Experiment opened, PromptsStage prompts, RunPlan run, RunReport page) {
    prompts.fittingWindows();
    ComparisonStage.write(opened.input(), opened.promptSet(), opened.alternates());
    opened.join(opened.promptSet()).joinFor(run);
    new EvaluationStage(workspace, opened.input().corpus().warehouse(), opened.input().model())
        .evaluate(run);
    page.publish(run, opened.input().model());
  }
}
