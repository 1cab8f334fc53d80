/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.run;

import dev.kindred.InvalidInput;
import dev.kindred.corpus.Prompts;
import dev.kindred.jobs.option.ActivationStore;
import dev.kindred.jobs.option.ExperimentOptions;
import dev.kindred.jobs.option.Values;
import dev.kindred.jobs.report.ReportQueries;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.model.files.LoadedModels;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.prediction.Rule;
import dev.kindred.prediction.WeightedCounts;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Everything that a run begins with, checked: model, corpus, prompts, and how strings count as
 * evidence.
 */
public final class Experiment {
  private static final Logger LOG = LoggerFactory.getLogger(Experiment.class);

  private final Checked checked;
  private final ModelInput input;
  private final Optional<Rule> rule; // none if it is to be chosen
  private final String promptSet;

  private Experiment(Checked checked, ModelInput input, Optional<Rule> rule) {
    this.checked = checked;
    this.input = input;
    this.rule = rule;
    this.promptSet = checked.choice().set(input.corpus().id());
  }

  /** What can be read and checked before there is a Spark. */
  public record Checked(
      ExperimentOptions options,
      ModelDirectory model,
      Optional<Rule> rule,
      List<ModelDirectory> alternates,
      PromptChoice choice) {}

  /**
   * Reads models and prompts, and checks that the corpus can be listed.
   *
   * @param alternates the models to compare with, as {@link Alternates#read} takes them
   * @throws InvalidInput if an option does not fit
   */
  public static Checked check(ExperimentOptions options, String alternates, Configuration hadoop) {
    options.join().check();
    if (options.model().store() == ActivationStore.NONE && options.rule().isCentred()) {
      throw new InvalidInput(
          "--store-activations none: --center needs the mean of all vectors before they are compared;"
              + " give f32 or f16");
    }

    int windowLength = options.windows().length();
    ModelDirectory model = ModelInput.read(options.model(), windowLength, hadoop);
    CorpusInput.check(options.corpus(), Optional.of(options.places()), hadoop);
    return new Checked(
        options,
        model,
        options.rule().rule(model),
        Alternates.read(alternates, model, options.model().bos(), windowLength, hadoop),
        PromptChoice.read(options.prompts(), model.tokenizerJson(), windowLength, hadoop));
  }

  /**
   * Loads the model and counts the corpus.
   *
   * @param corpora the folder of the warehouse that the embedded corpus is copied into
   * @throws InvalidInput if something does not suffice
   */
  public static Experiment open(
      Workspace workspace, Warehouse warehouse, Checked checked, String corpora) {
    return open(workspace, warehouse, checked, corpora, OptionalLong.empty());
  }

  /**
   * The same for a plan.
   *
   * @param windows that the corpus is taken to have
   */
  public static Experiment open(
      Workspace workspace,
      Warehouse warehouse,
      Checked checked,
      String corpora,
      OptionalLong windows) {
    if (checked.alternates().isEmpty()) {
      workspace.progress().leaveOut("noise floor");
    }

    ExperimentOptions options = checked.options();
    ModelInput input =
        ModelInput.open(
            workspace,
            warehouse,
            options.corpus(),
            Optional.of(options.places()),
            checked.model(),
            options.model().store(),
            options.windows().length(),
            options.tasks(),
            corpora);
    checked.choice().check(windows.orElse(input.corpus().scan().occurrences()));
    return new Experiment(checked, input, checked.rule());
  }

  public ModelInput input() {
    return input;
  }

  public PromptChoice choice() {
    return checked.choice();
  }

  public String promptSet() {
    return promptSet;
  }

  public List<ModelDirectory> alternates() {
    return checked.alternates();
  }

  /** Whether similarities are of vectors without their block's mean. */
  public boolean isCentred() {
    return checked.options().rule().isCentred();
  }

  /** Whether the rule is known; else it is to be chosen by evidence. */
  public boolean isRuleKnown() {
    return rule.isPresent();
  }

  /** Returns the id of windows to choose a rule by, beside the prompts. */
  String choosingSet(int most) {
    return Prompts.drawnBeside(promptSet, most, choice().seed());
  }

  /** Returns the same experiment with a rule. */
  public Experiment with(Rule chosen) {
    return new Experiment(checked, input, Optional.of(chosen));
  }

  /** Returns one threshold a block. */
  public double[] thresholds() {
    return rule.orElseThrow().thresholds();
  }

  /** Returns how strings are evidence. */
  public Rule rule() {
    return rule.orElseThrow();
  }

  /** Whether a rule that is to be chosen may have rings. */
  public boolean mayHaveRings() {
    return checked.options().rule().isOfRings();
  }

  /** Returns how many similar strings are kept; {@link Integer#MAX_VALUE} for all. */
  public int keepSimilar() {
    return checked.options().keepSimilar().count();
  }

  /**
   * Returns the join of a prompt set.
   *
   * @throws InvalidInput if an earlier stage's tables are not there
   */
  public JoinStage join(String set) {
    return new JoinStage(input, set, checked.options().join(), keepSimilar(), isCentred());
  }

  /** Returns what is there of a run, from an earlier one with the same inputs. */
  public Reused reused() {
    Warehouse warehouse = input.corpus().warehouse();
    String modelId = input.model().id();
    return new Reused(
        input.corpus().windowsPart().isComplete() && input.corpus().hasPlaces(),
        input.activations().isComplete(),
        warehouse.part(Tables.PROMPTS, promptSet).isComplete()
            && PromptsStage.isPredicted(warehouse, modelId, promptSet),
        warehouse.part(Tables.PREDICTIONS, modelId, NGrams.fittingSet(promptSet)).isComplete(),
        alternates().stream()
            .allMatch(
                alternate ->
                    warehouse
                        .part(Tables.MODEL_DISTANCES, modelId, promptSet, alternate.id())
                        .isComplete()));
  }

  /** Returns the last published run with these inputs and settings. */
  public Optional<RunPlan> published(Map<String, String> settings) {
    return plan(settings).publishedAlike(input.corpus().warehouse());
  }

  /**
   * Checks the disk and the tasks' memory.
   *
   * @throws InvalidInput if something does not suffice
   */
  public void checkRoom() {
    checkDisk(0); // what the activations need is known once windows are
    checkJoinMemory();
  }

  /**
   * Begins a run, or goes on with one that was begun with the same plan and did not end.
   *
   * @param settings all settings by name, for the record
   */
  public RunPlan begin(Map<String, String> settings) {
    Warehouse warehouse = input.corpus().warehouse();
    RunPlan plan = plan(settings);
    Optional<RunPlan> begun = plan.begunBefore(warehouse);
    RunPlan run = begun.orElseGet(() -> plan.write(warehouse));
    input.corpus().progress().setRun(run.runId());
    LOG.info(
        "run={} resumed={} model={} corpus={} prompts={} warehouse={}",
        run.runId(),
        begun.isPresent(),
        run.modelId(),
        run.corpusId(),
        run.promptSet(),
        warehouse.root());
    return run;
  }

  private RunPlan plan(Map<String, String> settings) {
    return RunPlan.start(
        input.model().id(),
        input.corpus().id(),
        promptSet,
        alternates().stream().map(ModelDirectory::id).toList(),
        rule(),
        recorded(settings));
  }

  /** Settings with the rule in numbers, where it is from, and what the model was checked by. */
  private Map<String, String> recorded(Map<String, String> settings) {
    Map<String, String> all = new TreeMap<>(settings);
    all.put(ReportQueries.MODEL_CHECK, input.model().isChecked() ? "selfcheck.json" : "none");
    all.put(
        ReportQueries.RULE,
        checked.rule().isEmpty()
            ? ReportQueries.CHOSEN
            : checked.options().rule().isOfModel() ? "of the model's folder" : "given");
    all.put(RunPlan.PLACES, input.corpus().placesId());
    all.put("blocks", input.model().blocks().toString());
    all.put("vectors", input.model().vectors().toString());
    all.put("nodes-in-flight", Integer.toString(input.tasks().nodesInFlight()));
    if (rule() instanceof WeightedCounts counts) {
      double saturation = counts.mixture().saturation();
      all.put("thresholds", Values.text(counts.thresholds()));
      all.put("weights", Values.text(counts.weights()));
      all.put(
          "saturation",
          Double.isInfinite(saturation) ? "none" : BigDecimal.valueOf(saturation).toPlainString());
      all.put(RunPlan.RINGS, RunPlan.NO_RINGS);
    } else {
      all.put(RunPlan.RINGS, rule().toString());
    }

    return all;
  }

  /**
   * Checks the disk for everything that is not there yet.
   *
   * @param windows whose activations are to be computed
   * @throws InvalidInput if there is no room
   */
  public void checkDisk(long windows) {
    Reused reused = reused();
    DiskNeed.check(
        input.corpus().warehouse(),
        input.store(),
        other ->
            DiskNeed.of(
                    input.corpus().scan().occurrences(),
                    windows,
                    choice().count(),
                    alternates().size(),
                    input.kept(other),
                    keepSimilar())
                .without(
                    new Reused(
                        true,
                        windows == 0,
                        reused.predictions(),
                        reused.fittingWindows(),
                        reused.noiseFloor())));
  }

  private void checkJoinMemory() {
    TaskNeed ofBlock =
        TaskNeed.ofJoin(
            keepSimilar(),
            input.keptShape(),
            input.corpus().scan().occurrences(),
            choice().count());
    TaskNeed need =
        input.isEvaluatedInJoins()
            ? ofBlock.evaluated(
                TaskNeed.ofModel(
                    input.tasks(), input.corpus().windowLength(), LoadedModels.get(input.model())),
                input.keptShape(),
                choice().count(),
                keepSimilar())
            : ofBlock;
    TaskMemory.of(input.corpus().spark().sparkContext())
        .checkJoin(checked.options().prompts().file(), need);
  }
}
