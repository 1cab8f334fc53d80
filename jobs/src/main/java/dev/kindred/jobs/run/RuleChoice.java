/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.run;

import dev.kindred.InvalidInput;
import dev.kindred.jobs.option.MixtureOptions.Rule;
import dev.kindred.jobs.workspace.Progress;
import dev.kindred.model.ModelShape;
import dev.kindred.prediction.Mixture;
import dev.kindred.similarity.SimilarityBins;
import dev.kindred.tuning.PromptBins;
import dev.kindred.tuning.Search;
import dev.kindred.tuning.ThresholdCurves;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

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
    ModelShape shape = input.model().shape();
    String set = prompts.choosingPrompts(count(shape));
    SimilarityBins bins = BINS.centred(experiment.isCentred());
    experiment.join(set).joinFor(bins);
    Progress progress = corpus.progress();
    double[] weights = new double[1 + Search.TRIED];
    Arrays.fill(weights, 1);
    progress.begin("thresholds", weights);
    List<PromptBins> tuning =
        new ArrayList<>(
            EvidenceByBins.read(
                    corpus.warehouse(), input.model().id(), corpus.id(), set, shape.blocks(), bins)
                .collectAsList());
    if (tuning.size() < FEWEST_PROMPTS) {
      throw new InvalidInput(
          "--thresholds auto: the corpus has %d windows beside the prompts, at least %d are needed to"
              + " choose by; ask for fewer prompts, or give --thresholds and --weights",
          tuning.size(), FEWEST_PROMPTS);
    }

    tuning.sort(Comparator.comparingInt(PromptBins::promptId));
    List<ThresholdCurves.Point> curves = ThresholdCurves.of(tuning, shape.blocks(), bins);
    progress.partDone();
    Search.Found found =
        Search.of(
            tuning,
            bins,
            List.of(Search.eachAlone(curves, shape.blocks(), bins)),
            progress::partDone);
    progress.end();
    return experiment.with(
        new Rule(
            Arrays.stream(found.tuned().bins()).mapToDouble(bins::edge).toArray(),
            new Mixture(found.tuned().weights(), found.saturation())));
  }

  /** As many as take a quarter of the driver's heap, in blocks x bins x tokens floats each. */
  private static int count(ModelShape shape) {
    double bytes =
        (double) Float.BYTES
            * shape.blocks()
            * BINS.count()
            * Math.min(shape.vocabularySize(), 4096);
    double fit = Runtime.getRuntime().maxMemory() / 4 / bytes;
    return (int) Math.max(2 * FEWEST_PROMPTS, Math.min(MOST_PROMPTS, fit));
  }
}
