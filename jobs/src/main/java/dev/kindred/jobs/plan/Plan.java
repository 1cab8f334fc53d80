/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.plan;

import dev.kindred.baseline.NGramFit;
import dev.kindred.corpus.CorpusSketch;
import dev.kindred.jobs.option.ActivationStore;
import dev.kindred.jobs.option.ClusterOptions;
import dev.kindred.jobs.option.JoinOptions;
import dev.kindred.jobs.option.PlacesOptions;
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
import java.util.Arrays;
import java.util.EnumMap;
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
    int keep = corpus.places().map(PlacesOptions::kept).orElse(1);
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
              .withPlaces(corpus.scan(), keep)
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
            .withPlaces(corpus.scan(), keep)
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
      JoinSettings[] joins = new JoinSettings[experiment.input().model().blocks().count()];
      for (int block = 0; block < joins.length; block++) {
        joins[block] =
            new JoinSettings(
                experiment.isRuleKnown()
                    ? experiment.rule().bins(block)
                    : SimilarityBins.above(UNKNOWN_THRESHOLD),
                experiment.keepSimilar(),
                experiment.input().model().shape().vocabularySize(),
                options.kernel(),
                options.prefixAxes());
      }

      return joins;
    }
  }
}
