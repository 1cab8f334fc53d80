/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import dev.kindred.InvalidInput;
import dev.kindred.corpus.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Token sequences with reference FFN-output norms and probabilities, computed when the model
 * directory was made. A wrong import, a wrong build of the engine or a wrong device then stops
 * before any long stage.
 */
final class SelfCheck {
  private static final double RELATIVE_TOLERANCE = 1e-3;
  private static final int TOP_TOKENS = 5; // of each case
  private static final ObjectMapper JSON =
      new ObjectMapper()
          .setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .configure(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, false);

  /**
   * The file.
   *
   * @param relativeTolerance of norms and probabilities; probabilities may also differ by as much
   *     absolutely
   */
  record Reference(double relativeTolerance, List<Case> cases) {}

  /** One sequence; {@code topTokenIds} are the most probable tokens, most probable first. */
  record Case(
      String text,
      int[] tokenIds,
      double[] ffnOutNorms,
      int[] topTokenIds,
      double[] topProbabilities) {}

  private final String source;
  private final Reference reference;

  private SelfCheck(String source, Reference reference) {
    this.source = source;
    this.reference = reference;
  }

  /**
   * A self-check that a model passes.
   *
   * @param sequences token ids, one sequence a case
   */
  static SelfCheck of(LanguageModel model, Tokenizer tokenizer, List<int[]> sequences) {
    List<Case> cases = new ArrayList<>();
    for (int[] sequence : sequences) {
      LanguageModel.Predictions found = model.predict(new int[][] {sequence});
      double[] norms = Arrays.stream(found.ffnOutputs()).mapToDouble(SelfCheck::norm).toArray();
      float[] ofTokens = found.probabilities();
      int[] top =
          IntStream.range(0, ofTokens.length)
              .boxed()
              .sorted(Comparator.comparing((Integer token) -> -ofTokens[token]))
              .limit(TOP_TOKENS)
              .mapToInt(Integer::intValue)
              .toArray();
      double[] probabilities = Arrays.stream(top).mapToDouble(token -> ofTokens[token]).toArray();
      cases.add(new Case(tokenizer.decode(sequence), sequence, norms, top, probabilities));
    }

    return new SelfCheck("self-check", new Reference(RELATIVE_TOLERANCE, cases));
  }

  /** The content of a {@code selfcheck.json}. */
  String toJson() {
    try {
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(reference) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("texts and numbers are always JSON", e);
    }
  }

  static SelfCheck parse(String source, String json, ModelShape shape) {
    Reference reference;
    try {
      reference = JSON.readValue(json, Reference.class);
    } catch (JsonProcessingException e) {
      throw new InvalidInput("%s: not a self-check: %s", source, e.getOriginalMessage());
    }

    if (reference.cases() == null || reference.cases().isEmpty()) {
      throw new InvalidInput("%s: it has no cases", source);
    }

    for (Case c : reference.cases()) {
      checkCase(source, c, shape);
    }

    return new SelfCheck(source, reference);
  }

  private static void checkCase(String source, Case c, ModelShape shape) {
    boolean complete =
        c.tokenIds() != null
            && c.tokenIds().length > 0
            && c.tokenIds().length <= shape.contextLength()
            && c.ffnOutNorms() != null
            && c.ffnOutNorms().length == shape.blocks()
            && c.topTokenIds() != null
            && c.topProbabilities() != null
            && c.topTokenIds().length == c.topProbabilities().length;
    if (!complete) {
      throw new InvalidInput(
          "%s: case \"%s\" lacks fields, or has not %d norms", source, c.text(), shape.blocks());
    }

    for (int token : c.tokenIds()) {
      if (token < 0 || token >= shape.vocabularySize()) {
        throw new InvalidInput(
            "%s: case \"%s\" has token %d, outside [0, %d)",
            source, c.text(), token, shape.vocabularySize());
      }
    }
  }

  /**
   * Runs every case.
   *
   * @param predict what the model finds for a sequence of token ids
   * @throws InvalidInput naming the first number that differs
   */
  void run(Function<int[], LanguageModel.Predictions> predict) {
    for (Case c : reference.cases()) {
      LanguageModel.Predictions found = predict.apply(c.tokenIds());
      for (int block = 0; block < c.ffnOutNorms().length; block++) {
        double norm = norm(found.ffnOutputs()[block]);
        double expected = c.ffnOutNorms()[block];
        // Negated, so that NaN fails.
        if (!(Math.abs(norm - expected) <= reference.relativeTolerance() * expected)) {
          throw failed(c, "norm of the FFN output of block " + block, norm, expected);
        }
      }

      for (int i = 0; i < c.topTokenIds().length; i++) {
        double probability = found.probabilities()[c.topTokenIds()[i]];
        double expected = c.topProbabilities()[i];
        if (!(Math.abs(probability - expected) <= reference.relativeTolerance())) {
          throw failed(c, "probability of token " + c.topTokenIds()[i], probability, expected);
        }
      }
    }
  }

  private static double norm(float[] vector) {
    double squares = 0;
    for (float component : vector) {
      squares += (double) component * component;
    }

    return Math.sqrt(squares);
  }

  private InvalidInput failed(Case c, String what, double found, double expected) {
    return new InvalidInput(
        "%s: self-check failed for \"%s\": %s is %.6f, expected %.6f; weights and config do not"
            + " belong together",
        source, c.text().replace("\n", "\\n"), what, found, expected);
  }
}
