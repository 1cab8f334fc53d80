/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.causal;

import dev.kindred.model.architecture.Blueprint;
import dev.kindred.training.TrainedModel;
import dev.kindred.training.TrainingRecord;
import java.io.Serializable;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * The trained model whose predictions are explained, with the text that it was trained on, for
 * tasks.
 *
 * @param record how it was trained, as JSON
 * @param weights by name
 * @param tokens of the whole corpus
 * @param trainTokens those that it was trained on, the first ones
 * @param context tokens that it reads at once
 */
public record AskedModel(
    String record, Map<String, float[]> weights, int[] tokens, int trainTokens, int context)
    implements Serializable {
  /** Tokens that are run through the model at once. */
  static final int TOGETHER = 4096;

  /** Puts a model and its text together. */
  public static AskedModel of(TrainingRecord record, Map<String, float[]> weights, int[] tokens) {
    return new AskedModel(
        record.toJson(),
        weights,
        tokens,
        record.trainTokens(),
        record.blueprint().shape().contextLength());
  }

  /** Returns how it was trained. */
  public TrainingRecord training() {
    return TrainingRecord.parse("the model's training", record);
  }

  /** Returns the model. */
  TrainedModel load() {
    return new TrainedModel(training().blueprint(), weights);
  }

  /** Reads all weights of a model by the names that its description has. */
  public static Map<String, float[]> weights(
      Blueprint blueprint, Function<String, float[]> floats) {
    Map<String, float[]> weights = new LinkedHashMap<>();
    blueprint.tensors().keySet().forEach(name -> weights.put(name, floats.apply(name)));
    return weights;
  }

  /** Returns how many stretches of the training text there are, of the context's length each. */
  int stretches() {
    return (trainTokens - 1) / context;
  }

  /** Returns the tokens of a stretch, of which all but the first are predicted. */
  int[] stretch(int number) {
    return Arrays.copyOfRange(tokens, number * context, (number + 1) * context + 1);
  }
}
