/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import java.util.Locale;

/**
 * The settings of {@code kindred.train} in {@code conf/kindred.conf}, as options of the command
 * train. Defaults and presets stand only there.
 */
enum TrainingSetting {
  PRESET("NAME", "settings to start from, of those under kindred.train.presets"),
  OUT("DIR", "folder of the model; a training that was stopped there goes on"),
  TOKENIZER("FILE", "tokenizer.json; empty for one of the corpus's characters"),
  LAYERS("N", "transformer blocks"),
  HEADS("N", "attention heads"),
  D_MODEL("N", "width of the residual stream; a multiple of heads"),
  CONTEXT("N", "longest token sequence"),
  SEED("S", "seed of weights, batches and dropout"),
  STEPS("N", "updates of the weights"),
  EPOCHS("X", "passes over the training split, instead of steps"),
  BATCH_TOKENS("N", "tokens that a step learns from"),
  CONTEXT_WEIGHTS(
      "a,b,c,d", "shares of tokens in sequences of 1/8, 1/4, 1/2 and all of the context"),
  LEARNING_RATE("X", "the highest learning rate"),
  FINAL_LEARNING_RATE("X", "the last step's learning rate"),
  WARM_UP_STEPS("N", "steps in which the learning rate rises"),
  DECAY("cosine|drop", "how the learning rate falls"),
  DECAY_START("N", "the step after which it falls; 0 for the end of the warm-up"),
  BETA1("X", "AdamW's decay of mean gradients"),
  BETA2("X", "AdamW's decay of mean squared gradients"),
  WEIGHT_DECAY("X", "AdamW's weight decay"),
  DECAYED_WEIGHTS("matrices|all", "what is decayed"),
  CLIP("X", "longest gradient; 0 for any"),
  DROPOUT("X", "probability of being dropped in training"),
  EVALUATE_EVERY("N", "steps between two evaluations"),
  EVALUATION_CONTEXTS("N", "sequences of each split that losses are computed on"),
  CHECKPOINT_SECONDS("N", "seconds between two checkpoints"),
  THREADS("auto|N", "parts of a batch at the same time; the result does not depend on it"),
  DTYPE("f16|f32", "what weights are stored as");

  private final String parameter;
  private final String description;

  TrainingSetting(String parameter, String description) {
    this.parameter = parameter;
    this.description = description;
  }

  /** The name in kindred.conf, and with two dashes before it on the command line. */
  String key() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  String parameter() {
    return parameter;
  }

  String description() {
    return description;
  }
}
