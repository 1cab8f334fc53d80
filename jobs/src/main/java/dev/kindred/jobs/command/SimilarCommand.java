/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.command;

import dev.kindred.jobs.option.AlternatesOptions;
import dev.kindred.jobs.option.ExperimentOptions;
import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.jobs.option.RecomputeOption;
import dev.kindred.jobs.option.WriterOptions;
import dev.kindred.jobs.run.CorpusInput;
import dev.kindred.jobs.run.Experiment;
import dev.kindred.jobs.run.PassTime;
import dev.kindred.jobs.run.PromptsStage;
import dev.kindred.jobs.run.RuleChoice;
import dev.kindred.jobs.run.RunPlan;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.table.Warehouse;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "similar",
    description =
        "Joins prompts and windows by cosine similarity: tables similar_strings, block_distributions."
            + " Starts a run and prints its id.",
    footer = "kindred similar --thresholds .95,.94,.85,.76,.81,.89 --keep-similar 100")
final class SimilarCommand extends KindredCommand {
  @Mixin private ExperimentOptions experiment;
  @Mixin private AlternatesOptions alternates;
  @Mixin private RecomputeOption recompute;
  @Mixin private WriterOptions warehouse;

  @Override
  public List<String> steps() {
    List<String> steps = new ArrayList<>(List.of("corpus"));
    steps.addAll(RuleChoice.STEPS);
    steps.add("similar strings");
    return steps;
  }

  @Override
  public Optional<WriterOptions> written() {
    return Optional.of(warehouse);
  }

  @Override
  public void run(Workspace workspace) {
    Experiment.Checked checked =
        Experiment.check(experiment, alternates.uris(), workspace.hadoop());
    Warehouse tables = workspace.lock(warehouse.uri(), warehouse.lockWait());
    if (checked.rule().isPresent()) {
      RuleChoice.STEPS.forEach(workspace.progress()::leaveOut);
    }

    Experiment asked = Experiment.open(workspace, tables, checked, CorpusInput.CORPORA);
    asked.input().corpus().checkPlaces();
    if (asked.input().isEvaluatedInJoins()) {
      recompute.check(
          "--store-activations none", PassTime.ofLastRun(tables, asked.input().model().id()));
    }

    Experiment opened = asked.isRuleKnown() ? asked : RuleChoice.known(asked).orElse(asked);
    if (!opened.isRuleKnown()) {
      opened = RuleChoice.of(opened, new PromptsStage(opened.input(), opened.choice()));
    }

    opened.checkRoom();
    RunPlan run = opened.begin(settings().asText());
    opened.join(opened.promptSet()).joinFor(run);
    System.out.println("kindred: run_id=" + run.runId());
  }
}
