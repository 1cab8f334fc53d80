/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.training;

import dev.kindred.model.ModelShape;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.family.Architectures;
import dev.kindred.model.files.Safetensors;
import java.util.Arrays;
import java.util.Locale;

/** The {@code README.md} of a trained model. */
final class ModelCard {
  private ModelCard() {}

  /**
   * Writes a card.
   *
   * @param step after which the model is as it is
   * @param sample what it says
   */
  static String text(
      String name, TrainingRecord record, int step, Safetensors.Dtype dtype, Sample sample) {
    Blueprint model = record.blueprint();
    ModelShape shape = model.shape();
    Recipe recipe = record.recipe();
    StringBuilder card = new StringBuilder();
    line(card, "# %s", name);
    line(card, "");
    line(
        card,
        "A `%s` of %d %s, %s, d_model %d, context %d and %d tokens of vocabulary: %,d"
            + " parameters, stored as %s.",
        Architectures.of(record.config()).name(),
        shape.blocks(),
        shape.blocks() == 1 ? "block" : "blocks",
        model.blocks().get(0).mixer().text(),
        shape.modelDimension(),
        shape.contextLength(),
        shape.vocabularySize(),
        model.parameters(),
        dtype.name().toLowerCase(Locale.ROOT));
    line(card, "");
    line(
        card,
        "Trained by `kindred train` on the first %,d tokens of `%s` (SHA-256 of its text `%s`),"
            + " validated on the other %,d.",
        record.trainTokens(),
        record.corpus(),
        record.corpusSha256(),
        record.validationTokens());
    line(card, "");
    if (step < recipe.steps()) {
      line(card, "This is what it was after step %,d of %,d.", step, recipe.steps());
      line(card, "");
    }

    line(card, "| setting | value |");
    line(card, "|---|---|");
    row(card, "seed", recipe.seed());
    row(card, "steps", recipe.steps());
    row(card, "tokens a step", recipe.batchTokens());
    row(
        card,
        "sequence lengths",
        Arrays.toString(recipe.contextLengths(shape.contextLength()))
            + ", with tokens in proportion to "
            + recipe.contextWeights());
    row(
        card,
        "optimiser",
        String.format(
            Locale.ROOT,
            "AdamW, betas %s and %s, weight decay %s of %s",
            recipe.beta1(),
            recipe.beta2(),
            recipe.weightDecay(),
            recipe.decayedWeights().name().toLowerCase(Locale.ROOT)));
    row(
        card,
        "learning rate",
        String.format(
            Locale.ROOT,
            "%s after %d steps, then by %s to %s",
            recipe.learningRate(),
            Math.max(recipe.warmUpSteps(), recipe.decayStart()),
            recipe.decay().name().toLowerCase(Locale.ROOT),
            recipe.finalLearningRate()));
    row(card, "gradient clip", recipe.clip());
    row(card, "dropout", recipe.dropout());
    record.versions().forEach((what, version) -> row(card, what, version));
    line(card, "");
    line(
        card,
        "Loss in nats a token, on %d random sequences of %d tokens of each split:",
        recipe.evaluationContexts(),
        shape.contextLength());
    line(card, "");
    line(card, "| step | train | validation |");
    line(card, "|---:|---:|---:|");
    for (TrainingRecord.Evaluation losses : record.losses()) {
      line(
          card,
          "| %,d | %.4f | %.4f |",
          losses.step(),
          losses.trainLoss(),
          losses.validationLoss());
    }

    line(card, "");
    line(
        card,
        "%d tokens of it, after %d of the validation split, drawn with seed %d"
            + " (`kindred generate`):",
        sample.tokens(),
        sample.promptTokens(),
        Sample.SEED);
    line(card, "");
    sample.text().lines().forEach(text -> line(card, "    %s", text));
    return card.toString();
  }

  private static void row(StringBuilder card, String setting, Object value) {
    line(card, "| %s | %s |", setting, value);
  }

  private static void line(StringBuilder card, String format, Object... arguments) {
    card.append(String.format(Locale.ROOT, format, arguments)).append('\n');
  }
}
