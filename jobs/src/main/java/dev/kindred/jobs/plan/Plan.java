/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.plan;

import dev.kindred.baseline.NGramFit;
import dev.kindred.corpus.CorpusSketch;
import dev.kindred.jobs.option.ActivationStore;
import dev.kindred.jobs.option.ClusterOptions;
import dev.kindred.jobs.option.JoinOptions;
import dev.kindred.jobs.option.TaskOptions;
import dev.kindred.jobs.run.CorpusInput;
import dev.kindred.jobs.run.DiskNeed;
import dev.kindred.jobs.run.Experiment;
import dev.kindred.jobs.run.Reused;
import dev.kindred.jobs.run.TaskNeed;
import dev.kindred.jobs.workspace.Progress;
import dev.kindred.model.LanguageModel;
import dev.kindred.model.ModelShape;
import dev.kindred.model.files.LoadedModels;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.similarity.JoinSettings;
import dev.kindred.similarity.SimilarityBins;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/** What a run would take, before it is run: stage by stage, from a calibration of some seconds. */
public final class Plan {
  /** Stands for the threshold of a block whose threshold is still to be chosen. */
  private static final double UNKNOWN_THRESHOLD = .8;

  private Plan() {}

  /**
   * Measures and estimates.
   *
   * @return what the terminal shows
   */
  public static String text(Experiment experiment, JoinOptions options) {
    Measured measured = Measured.of(experiment, options);
    TaskOptions tasks = experiment.input().tasks();
    CorpusInput corpus = experiment.input().corpus();
    ModelDirectory directory = experiment.input().model();
    ModelShape shape = experiment.input().keptShape();
    LanguageModel model = LoadedModels.get(directory);
    CorpusSketch sketch = measured.sketch();
    Estimate.Rates rates = measured.rates();
    Reused reused = experiment.reused();
    long prompts = experiment.choice().count();
    long windows = reused.windows() ? corpus.windowsPart().read().count() : sketch.windows();
    Estimate.Work work = work(experiment, sketch.prefixes(), corpus.scan().occurrences(), windows);
    ActivationStore chosen = experiment.input().store();
    double[] similar = Arrays.stream(rates.found()).map(found -> found * windows).toArray();
    Map<ActivationStore, Estimate> estimates = new EnumMap<>(ActivationStore.class);
    for (ActivationStore store : ActivationStore.values()) {
      Reused there = store == chosen ? reused : reused.ofCorpus();
      DiskNeed.Kept kept = experiment.input().kept(store);
      DiskNeed disk =
          DiskNeed.expected(
                  windows, prompts, work.alternates(), kept, experiment.keepSimilar(), similar)
              .withPlaces(corpus.scan())
              .without(there);
      estimates.put(store, Estimate.of(work, rates, kept, disk, there));
    }

    DiskNeed most =
        DiskNeed.of(
                windows,
                prompts,
                work.alternates(),
                experiment.input().kept(chosen),
                experiment.keepSimilar())
            .withPlaces(corpus.scan())
            .without(reused);
    boolean isExact = reused.windows() || sketch.error() == 0;
    return new PlanText(
            work,
            rates,
            estimates,
            chosen,
            TaskNeed.ofModel(tasks, corpus.windowLength(), model),
            TaskNeed.ofJoin(experiment.keepSimilar(), shape, windows, prompts),
            isExact ? 0 : sketch.error(),
            experiment.keepSimilar() == Integer.MAX_VALUE,
            directory.blocks().number(0) == 0 && directory.hasNetworkOfLastToken(),
            most.total(),
            corpus.warehouse().freeBytes())
        .text();
  }

  /**
   * Measures, and simulates the run on a cluster.
   *
   * @return what the terminal shows
   */
  public static String simulated(Experiment experiment, JoinOptions options, ClusterOptions asked) {
    Measured measured = Measured.of(experiment, options);
    CorpusInput corpus = experiment.input().corpus();
    LanguageModel model = LoadedModels.get(experiment.input().model());
    long there = measured.sketch().windows();
    long windows = asked.windows().orElse(there);
    double times = (double) windows / there;
    // A larger corpus shares more prefixes: that it shares as many is an upper bound of its nodes.
    long[] prefixes =
        Arrays.stream(measured.sketch().prefixes())
            .map(length -> Math.min(windows, Math.round(times * length)))
            .toArray();
    long occurrences = Math.round(times * corpus.scan().occurrences());
    DiskNeed.Kept kept = experiment.input().kept(experiment.input().store());
    Progress progress = corpus.workspace().progress();
    progress.begin("driver and shuffle");
    ClusterPlan.Overheads overheads = measured.calibration().overheads();
    progress.end();
    ClusterPlan.Run run =
        new ClusterPlan.Run(
            work(experiment, prefixes, occurrences, windows),
            kept,
            model.operations(new long[] {1}, model.shape().blocks()) / 2 * Float.BYTES,
            experiment.input().tasks().windowsPerTask(),
            experiment.input().tasks().windowsInFlight(corpus.windowLength()),
            experiment.keepSimilar());
    int here = measured.rates().cores();
    return new ClusterPlanText(
            run,
            measured.rates(),
            overheads,
            new ClusterPlan.Cluster(
                asked.cores(here), asked.executorCores(), asked.networkBytesPerSecond()),
            DiskNeed.expected(
                windows,
                run.work().prompts(),
                run.work().alternates(),
                kept,
                run.keepSimilar(),
                Arrays.stream(measured.rates().found()).map(found -> found * windows).toArray()),
            TaskNeed.ofModel(experiment.input().tasks(), corpus.windowLength(), model),
            TaskNeed.ofJoin(run.keepSimilar(), kept.shape(), windows, run.work().prompts()))
        .text();
  }

  /**
   * How much there is to do.
   *
   * @param prefixes of windows, by length
   */
  private static Estimate.Work work(
      Experiment experiment, long[] prefixes, long occurrences, long windows) {
    LanguageModel model = LoadedModels.get(experiment.input().model());
    int windowLength = experiment.input().corpus().windowLength();
    long prompts = experiment.choice().count();
    long[] nodes =
        Estimate.nodes(prefixes, experiment.input().tasks().windowsInFlight(windowLength));
    return new Estimate.Work(
        occurrences,
        windows,
        model.operations(nodes, experiment.input().model().blocks().depth()),
        prompts,
        model.operations(Estimate.prefixesOf(prefixes, prompts)),
        model.operations(Estimate.prefixesOf(prefixes, NGramFit.WINDOWS)),
        experiment.alternates().size());
  }

  /**
   * What was found out about corpus and machine.
   *
   * @param calibration that the rates are from
   */
  private record Measured(CorpusSketch sketch, Calibration calibration, Estimate.Rates rates) {
    private static Measured of(Experiment experiment, JoinOptions options) {
      CorpusInput corpus = experiment.input().corpus();
      Progress progress = corpus.workspace().progress();
      progress.begin("corpus sketch");
      CorpusSketch sketch =
          CorpusSketch.of(corpus.corpus(), corpus.tokenizerJson(), corpus.windowLength());
      progress.end();
      progress.begin("calibration");
      Calibration calibration =
          new Calibration(
              corpus.workspace().spark(), corpus.warehouse(), experiment.input().model());
      Estimate.Rates rates = calibration.rates(sketch.sample(), joins(experiment, options));
      progress.end();
      return new Measured(sketch, calibration, rates);
    }

    /** The join of each block. */
    private static JoinSettings[] joins(Experiment experiment, JoinOptions options) {
      double[] thresholds = new double[experiment.input().model().blocks().count()];
      Arrays.fill(thresholds, UNKNOWN_THRESHOLD);
      if (experiment.isRuleKnown()) {
        thresholds = experiment.thresholds();
      }

      JoinSettings[] joins = new JoinSettings[thresholds.length];
      for (int block = 0; block < joins.length; block++) {
        joins[block] =
            new JoinSettings(
                SimilarityBins.above(thresholds[block]),
                experiment.keepSimilar(),
                experiment.input().model().shape().vocabularySize(),
                options.kernel(),
                options.prefixAxes());
      }

      return joins;
    }
  }

  /**
   * A plan as text of at most 100 columns, and a last line for scripts.
   *
   * @param estimates by how the vectors of windows are kept
   * @param chosen how they would be
   * @param error of the number of windows, relative; 0 if it is exact
   * @param keepsAll whether all similar strings are kept
   * @param isBlock0OfLastToken whether block 0 is looked at, and its network reads a token alone
   * @param mostBytes that the run adds to the warehouse at most, and checks that there is room for
   * @param freeBytes on the warehouse's disk
   */
  record PlanText(
      Estimate.Work work,
      Estimate.Rates rates,
      Map<ActivationStore, Estimate> estimates,
      ActivationStore chosen,
      TaskNeed modelTask,
      TaskNeed joinTask,
      double error,
      boolean keepsAll,
      boolean isBlock0OfLastToken,
      long mostBytes,
      long freeBytes) {

    String text() {
      Estimate estimate = estimates.get(chosen);
      StringBuilder text = new StringBuilder("\n");
      line(
          text,
          "%s%,d distinct windows%s in %,d places; %,d prompts",
          error > 0 ? "about " : "",
          work.windows(),
          error > 0 ? String.format(Locale.ROOT, " (+- %.0f %%)", 200 * error) : "",
          work.occurrences(),
          work.prompts());
      line(
          text,
          "%.2e pairs in each of %d blocks",
          (double) work.windows() * work.prompts(),
          rates.secondsPerPair().length);
      if (isBlock0OfLastToken) {
        line(
            text,
            "Block 0's network reads the last token alone: it is evaluated once a token, and its"
                + " similar");
        line(text, "strings are those that end in that token or in one like it.");
      }

      line(
          text,
          "%d cores: model %.0f GFLOP/s, join %.2f ns a pair and core, write %.0f, read %.0f MB/s",
          rates.cores(),
          rates.operationsPerSecond() / 1e9,
          1e9 * java.util.Arrays.stream(rates.secondsPerPair()).average().orElse(0),
          rates.writtenPerSecond() / 1e6,
          rates.readPerSecond() / 1e6);
      text.append('\n');
      line(
          text,
          "%-15s %9s %12s %12s %12s %12s",
          "stage",
          "FLOP",
          "heap a task",
          "native",
          "disk",
          "time about");
      for (Estimate.Stage stage : estimate.stages()) {
        line(text, stage);
      }

      line(text, estimate.total());
      text.append('\n');
      line(
          text, "%-41s %12s %12s %12s", "--store-activations", "activations", "disk", "time about");
      estimates.forEach((store, all) -> line(text, store, all));
      text.append('\n');
      line(
          text,
          "Disk is about what was found similar; the run wants room for %s, and %s are free.",
          bytes(mostBytes),
          bytes(freeBytes));
      line(text, "Memory is what a task fills at most.");
      if (keepsAll) {
        line(text, "Disk is without similar_strings, which has no bound with keep-similar all.");
      }

      line(
          text,
          "FLOP of what is drawn is an upper bound. Windows, evaluation and audit go by constants,");
      line(text, "the other times by what was measured, for cores with nothing else to do.");
      if (freeBytes < mostBytes) {
        line(
            text,
            "The warehouse's disk is too small: the command run would stop before the stage that does"
                + " not fit.");
      }

      line(
          text,
          "kindred: plan windows=%d flop=%.3e disk_bytes=%d seconds=%.0f",
          work.windows(),
          estimate.total().operations(),
          estimate.total().diskBytes(),
          estimate.total().seconds());
      return text.toString();
    }

    private void line(StringBuilder text, ActivationStore store, Estimate all) {
      line(
          text,
          "%-41s %12s %12s %12s",
          store.name().toLowerCase(Locale.ROOT) + (store == chosen ? ", as chosen above" : ""),
          bytes(all.stage("activations").diskBytes()),
          bytes(all.total().diskBytes()),
          Progress.text(Duration.ofMillis(Math.round(1000 * all.total().seconds()))));
    }

    private void line(StringBuilder text, Estimate.Stage stage) {
      if (stage.reused()) {
        line(text, "%-15s reused: its tables are there", stage.name());
        return;
      }

      TaskNeed task =
          switch (stage.name()) {
            case "activations", "predictions", "fitting windows", "noise floor" -> modelTask;
            case "join" -> joinTask;
            default -> null;
          };
      line(
          text,
          "%-15s %9s %12s %12s %12s %12s",
          stage.name(),
          stage.operations() == 0 ? "-" : String.format(Locale.ROOT, "%.2e", stage.operations()),
          task == null ? "-" : bytes(task.heapBytes()),
          task == null || task.engineBytes() == 0 ? "-" : bytes(task.engineBytes()),
          stage.diskBytes() == 0 ? "-" : bytes(stage.diskBytes()),
          Progress.text(Duration.ofMillis(Math.round(1000 * stage.seconds()))));
    }

    private static String bytes(long bytes) {
      return bytes >= 1e9
          ? String.format(Locale.ROOT, "%.1f GB", bytes / 1e9)
          : String.format(Locale.ROOT, "%.0f MB", Math.ceil(bytes / 1e6));
    }

    private static void line(StringBuilder text, String format, Object... values) {
      text.append(String.format(Locale.ROOT, format, values)).append('\n');
    }
  }
}
