/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.run;

import dev.kindred.InvalidInput;
import dev.kindred.jobs.workspace.KindredVersion;
import dev.kindred.jobs.workspace.Progress;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.prediction.Mixture;
import dev.kindred.prediction.Rings;
import dev.kindred.prediction.Rule;
import dev.kindred.prediction.TokenFrequencies;
import dev.kindred.prediction.WeightedCounts;
import dev.kindred.similarity.SimilarityBins;
import dev.kindred.table.SealedJson;
import dev.kindred.table.Warehouse;
import dev.kindred.table.WholeFile;
import dev.kindred.tuning.PromptBins;
import dev.kindred.tuning.RingFit;
import dev.kindred.tuning.Search;
import dev.kindred.tuning.ThresholdCurves;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.hadoop.fs.Path;

/**
 * Chooses thresholds, weights and saturation for a model of which nobody knows them: those that the
 * command tune would find, on some hundred windows of the corpus that are not among the prompts, by
 * their distance to the model without themselves as evidence.
 */
public final class RuleChoice {
  /** The steps of a choice. */
  public static final List<String> STEPS =
      List.of("tuning prompts", "tuning predictions", "similarity bins", "thresholds");

  private static final int MOST_PROMPTS = 500;
  private static final int FEWEST_PROMPTS = 20;
  private static final double EVIDENCE_BYTES = 2e9;
  private static final int TOKENS_FOLLOWING = 4096; // different ones behind a prompt's strings
  private static final SimilarityBins BINS = SimilarityBins.grid("0.5", "0.01");

  private RuleChoice() {}

  /**
   * Chooses.
   *
   * @param experiment whose windows, activations and prompts are there
   * @throws InvalidInput if the corpus has too few windows beside the prompts
   */
  public static Experiment of(Experiment experiment, PromptsStage prompts) {
    ModelInput input = experiment.input();
    CorpusInput corpus = input.corpus();
    List<Integer> blocks = input.model().blocks().numbers();
    String set = prompts.choosingPrompts(count(input.model()));
    SimilarityBins bins = BINS.centred(experiment.isCentred());
    experiment.join(set).joinFor(bins);
    Progress progress = corpus.progress();
    double[] weights = new double[experiment.mayHaveRings() ? RingFit.STEPS : 1 + Search.TRIED];
    Arrays.fill(weights, 1);
    progress.begin("thresholds", weights);
    List<PromptBins> tuning =
        new ArrayList<>(
            EvidenceByBins.read(corpus.warehouse(), input.model(), corpus.id(), set, blocks, bins)
                .collectAsList());
    if (tuning.size() < FEWEST_PROMPTS) {
      throw new InvalidInput(
          "--thresholds auto: the corpus has %d windows beside the prompts, at least %d are needed to"
              + " choose by; ask for fewer prompts, or give --thresholds and --weights",
          tuning.size(), FEWEST_PROMPTS);
    }

    tuning.sort(Comparator.comparingInt(PromptBins::promptId));
    Rule rule =
        experiment.mayHaveRings()
            ? RingFit.of(
                    tuning,
                    bins,
                    TokenFrequencies.of(
                        corpus.windowsPart().read(), input.model().shape().vocabularySize()),
                    progress::partDone)
                .rings()
            : counts(tuning, blocks, bins, progress);
    progress.end();
    keep(experiment, rule);
    return experiment.with(rule);
  }

  private static Rule counts(
      List<PromptBins> tuning, List<Integer> blocks, SimilarityBins bins, Progress progress) {
    List<ThresholdCurves.Point> curves = ThresholdCurves.of(tuning, blocks, bins);
    progress.partDone();
    Search.Found found =
        Search.of(
            tuning, bins, List.of(Search.eachAlone(curves, blocks, bins)), progress::partDone);
    return new WeightedCounts(
        Arrays.stream(found.tuned().bins()).mapToDouble(bins::edge).toArray(),
        new Mixture(found.tuned().weights(), found.saturation()));
  }

  /**
   * What was chosen, for the next command.
   *
   * @param rings {@link RunPlan#NO_RINGS} where the rest is the rule
   */
  private record Chosen(String rings, double[] thresholds, double[] weights, double saturation) {
    private static Chosen of(Rule rule) {
      return new Chosen(
          rule instanceof Rings ? rule.toString() : RunPlan.NO_RINGS,
          rule.thresholds(),
          rule.weights(),
          RunPlan.saturation(rule));
    }

    private Rule rule() {
      return RunPlan.rule(rings, thresholds, weights, saturation);
    }
  }

  /**
   * Returns the experiment with what an earlier command has chosen for it.
   *
   * @throws InvalidInput if that is damaged
   */
  public static Optional<Experiment> known(Experiment experiment) {
    Path path = path(experiment);
    try {
      return Optional.of(
          experiment.with(
              SealedJson.read(
                      experiment.input().corpus().warehouse().fileSystem(),
                      path,
                      "choice",
                      "remove it and run again",
                      opened -> SealedJson.Opened.bind(opened.content(), Chosen.class))
                  .rule()));
    } catch (FileNotFoundException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void keep(Experiment experiment, Rule rule) {
    Warehouse warehouse = experiment.input().corpus().warehouse();
    warehouse.checkLock();
    try {
      WholeFile.replace(
          warehouse.fileSystem(),
          path(experiment),
          SealedJson.sealIndented(SealedJson.content(Chosen.of(rule))));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Returns the file of the choice. The version is in its name, as another version may choose
   * otherwise.
   */
  private static Path path(Experiment experiment) {
    String set = experiment.choosingSet(count(experiment.input().model()));
    return new Path(
        experiment.input().corpus().warehouse().root(),
        String.format(
            Locale.ROOT,
            "tunings/auto-%s-%s-%s-%s-%s.json",
            experiment.input().model().id(),
            set,
            BINS.centred(experiment.isCentred()),
            experiment.mayHaveRings() ? "rings" : "counts",
            KindredVersion.current()));
  }

  /**
   * How many windows to choose by: fewer for a large model, whose evidence takes blocks x bins x
   * tokens floats each on the driver. The same on every machine.
   */
  private static int count(ModelDirectory model) {
    double bytes =
        (double) Float.BYTES
            * model.blocks().count()
            * BINS.count()
            * Math.min(model.shape().vocabularySize(), TOKENS_FOLLOWING);
    return (int) Math.max(2 * FEWEST_PROMPTS, Math.min(MOST_PROMPTS, EVIDENCE_BYTES / bytes));
  }
}
