/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.files;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import dev.kindred.InvalidInput;
import dev.kindred.JsonProblem;
import dev.kindred.corpus.Tokenizer;
import dev.kindred.math.SplitMix;
import dev.kindred.model.LanguageModel;
import dev.kindred.model.ModelShape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Token sequences with reference values, computed when the model directory was made or checked:
 * norms and random projections of FFN outputs, and probabilities; and texts with their tokens. A
 * wrong import, a wrong build of the engine or a wrong device then stops before any long stage.
 *
 * <p>A projection of a vector is the sum of its coordinates, each with a random sign. Norms alone
 * would not notice coordinates in another order, and one coordinate not what is wrong in others.
 */
final class SelfCheck {
  /** Above what engines differ by, below what the nearest wrong reading of a model does. */
  static final double TOLERANCE = 5e-5;

  private static final int PROJECTIONS = 4;

  /** Texts whose tokens tell tokenizers apart. */
  private static final List<String> TEXTS =
      List.of(
          "The quick brown fox jumps over the lazy dog.",
          "  two blanks, a tab\tand\nlines\n\n",
          "It's 1,234.5 o'clock; we'll see",
          "na\u00efve caf\u00e9 \u2014 \u4f60\u597d \ud83d\ude42");

  private static final int TOP_TOKENS = 5; // of each case
  private static final ObjectMapper JSON =
      new ObjectMapper()
          .setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .configure(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, false)
          .configure(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES, true)
          .configure(DeserializationFeature.ACCEPT_FLOAT_AS_INT, false)
          .configure(DeserializationFeature.FAIL_ON_TRAILING_TOKENS, true);
  private static final double GREATEST_TOLERANCE = .1;

  /**
   * The file.
   *
   * @param relativeTolerance of norms, and of projections by the norm; probabilities and their
   *     projections may differ by as much absolutely
   * @param sha256 of the model directory's other files, by name; null in those of version 0.2
   * @param texts whose tokens are known; null in those before version 0.4
   */
  record Reference(
      double relativeTolerance, Map<String, String> sha256, List<Case> cases, List<Tokens> texts) {}

  /**
   * One sequence.
   *
   * @param ffnOutProjections [blocks][projections]; null before version 0.4
   * @param topTokenIds the most probable tokens, most probable first
   * @param probabilityProjections of all probabilities; null before version 0.4
   */
  record Case(
      String text,
      int[] tokenIds,
      double[] ffnOutNorms,
      double[][] ffnOutProjections,
      int[] topTokenIds,
      double[] topProbabilities,
      double[] probabilityProjections) {}

  /** A text as the tokenizer cuts it. */
  record Tokens(String text, int[] tokenIds) {}

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
   * @param sha256 of the directory's other files, by name
   * @param tolerance what a later evaluation may differ by
   * @throws InvalidInput if the model computes what is not finite
   */
  static SelfCheck of(
      LanguageModel model,
      Tokenizer tokenizer,
      List<int[]> sequences,
      Map<String, String> sha256,
      double tolerance) {
    List<Case> cases = new ArrayList<>();
    for (int[] sequence : sequences) {
      LanguageModel.Predictions found = model.predict(new int[][] {sequence});
      double[] norms = Arrays.stream(found.vectors()).mapToDouble(SelfCheck::norm).toArray();
      float[] ofTokens = found.probabilities();
      checkFinite(sequence, norms, ofTokens);
      int[] top =
          IntStream.range(0, ofTokens.length)
              .boxed()
              .sorted(Comparator.comparing((Integer token) -> -ofTokens[token]))
              .limit(TOP_TOKENS)
              .mapToInt(Integer::intValue)
              .toArray();
      double[] probabilities = Arrays.stream(top).mapToDouble(token -> ofTokens[token]).toArray();
      cases.add(
          new Case(
              tokenizer.text(sequence),
              sequence,
              norms,
              Arrays.stream(found.vectors()).map(SelfCheck::projections).toArray(double[][]::new),
              top,
              probabilities,
              projections(ofTokens)));
    }

    List<Tokens> texts = new ArrayList<>();
    for (String text : TEXTS) {
      Optional<int[]> tokenIds = tokenizer.encodeWhole(text);
      tokenIds.ifPresent(ids -> texts.add(new Tokens(text, ids)));
    }

    return new SelfCheck("self-check", new Reference(tolerance, sha256, cases, texts));
  }

  private static double[] projections(float[] vector) {
    double[] sums = new double[PROJECTIONS];
    for (int k = 0; k < vector.length; k++) {
      long signs = SplitMix.hash(k + 1);
      for (int i = 0; i < PROJECTIONS; i++) {
        sums[i] += (signs >>> i & 1) == 0 ? vector[k] : -vector[k];
      }
    }

    return sums;
  }

  private static void checkFinite(int[] sequence, double[] norms, float[] probabilities) {
    for (int block = 0; block < norms.length; block++) {
      if (!Double.isFinite(norms[block])) {
        throw notFinite(sequence, "the FFN output of block " + block, norms[block]);
      }
    }

    for (float probability : probabilities) {
      if (!Float.isFinite(probability)) {
        throw notFinite(sequence, "a probability", probability);
      }
    }
  }

  private static InvalidInput notFinite(int[] sequence, String what, double value) {
    return new InvalidInput(
        "model.safetensors: %s of this model is %s for the tokens %s: its weights overflow in"
            + " float32; are they damaged?",
        what, Double.isNaN(value) ? "NaN" : "infinite", Arrays.toString(sequence));
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
      throw new InvalidInput("%s: not a self-check: %s", source, JsonProblem.line(e));
    }

    if (reference == null || reference.cases() == null || reference.cases().isEmpty()) {
      throw new InvalidInput("%s: it has no cases", source);
    }

    double tolerance = reference.relativeTolerance();
    if (!(tolerance > 0 && tolerance <= GREATEST_TOLERANCE)) {
      throw new InvalidInput(
          "%s: relative_tolerance is %s, expected a number above 0, up to %s",
          source, tolerance, GREATEST_TOLERANCE);
    }

    for (int i = 0; i < reference.cases().size(); i++) {
      Case c = reference.cases().get(i);
      if (c == null || c.text() == null) {
        throw new InvalidInput("%s: case %d has no text", source, i + 1);
      }

      checkCase(source, c, shape);
    }

    for (Tokens known : reference.texts() == null ? List.<Tokens>of() : reference.texts()) {
      if (known == null || known.text() == null || known.tokenIds() == null) {
        throw new InvalidInput("%s: a text or its tokens are missing", source);
      }
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
            && c.topTokenIds().length == c.topProbabilities().length
            && (c.ffnOutProjections() == null
                || c.ffnOutProjections().length == shape.blocks()
                    && Arrays.stream(c.ffnOutProjections())
                        .allMatch(found -> found != null && found.length == PROJECTIONS))
            && (c.probabilityProjections() == null
                || c.probabilityProjections().length == PROJECTIONS);
    if (!complete) {
      throw new InvalidInput(
          "%s: case \"%s\" lacks fields, or has not %d norms", source, shown(c), shape.blocks());
    }

    checkTokens(source, c, c.tokenIds(), shape);
    checkTokens(source, c, c.topTokenIds(), shape);
  }

  private static void checkTokens(String source, Case c, int[] tokens, ModelShape shape) {
    for (int token : tokens) {
      if (token < 0 || token >= shape.vocabularySize()) {
        throw new InvalidInput(
            "%s: case \"%s\" has token %d, outside [0, %d)",
            source, shown(c), token, shape.vocabularySize());
      }
    }
  }

  /** Whether it has those of all files; version 0.2 wrote none. */
  boolean hasChecksums() {
    return reference.sha256() != null;
  }

  /**
   * Compares checksums, if there are any.
   *
   * @param folder for messages
   * @param found of each file
   * @throws InvalidInput naming the first file that is not the one that this was written for
   */
  void checkFiles(String folder, Map<String, String> found) {
    if (!hasChecksums()) {
      return;
    }

    found.forEach(
        (file, sha256) -> {
          String expected = reference.sha256().get(file);
          if (!sha256.equals(expected)) {
            throw new InvalidInput(
                "%s/%s: damaged or changed: its SHA-256 is %s, by selfcheck.json %s; get the file"
                    + " again, or give the folder as it is to kindred import-model --from",
                folder, file, sha256, expected);
          }
        });
  }

  /**
   * Checks that texts and tokens of all cases belong together, which needs no model. Texts are what
   * tokens were decoded to; a tokenizer that joins tokens may encode them otherwise.
   *
   * @throws InvalidInput naming the first text whose tokens are others
   */
  void check(Tokenizer tokenizer) {
    for (Case c : reference.cases()) {
      if (!tokenizer.relates(c.text(), c.tokenIds())) {
        throw new InvalidInput(
            "%s: self-check failed for \"%s\": its tokens %s are \"%s\" by tokenizer.json;"
                + " tokenizer and model do not belong together",
            source, shown(c), Arrays.toString(c.tokenIds()), shown(tokenizer.text(c.tokenIds())));
      }
    }

    for (Tokens known : reference.texts() == null ? List.<Tokens>of() : reference.texts()) {
      if (!Arrays.equals(tokenizer.encode(known.text()), known.tokenIds())) {
        throw new InvalidInput(
            "%s: self-check failed: tokenizer.json cuts \"%s\" into %s, expected %s; tokenizer and"
                + " model do not belong together",
            source,
            shown(known.text()),
            Arrays.toString(tokenizer.encode(known.text())),
            Arrays.toString(known.tokenIds()));
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
        double norm = norm(found.vectors()[block]);
        double expected = c.ffnOutNorms()[block];
        // Negated, so that NaN fails.
        if (!(Math.abs(norm - expected) <= reference.relativeTolerance() * expected)) {
          throw failed(c, "norm of the FFN output of block " + block, norm, expected);
        }

        if (c.ffnOutProjections() != null) {
          checkProjections(
              c,
              "a projection of the FFN output of block " + block,
              projections(found.vectors()[block]),
              c.ffnOutProjections()[block],
              reference.relativeTolerance() * expected);
        }
      }

      if (c.probabilityProjections() != null) {
        checkProjections(
            c,
            "a projection of the probabilities",
            projections(found.probabilities()),
            c.probabilityProjections(),
            reference.relativeTolerance());
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

  private void checkProjections(
      Case c, String what, double[] found, double[] expected, double tolerance) {
    for (int i = 0; i < PROJECTIONS; i++) {
      if (!(Math.abs(found[i] - expected[i]) <= tolerance)) {
        throw failed(c, what, found[i], expected[i]);
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
        source, shown(c), what, found, expected);
  }

  private static String shown(Case c) {
    return shown(c.text());
  }

  /** Escapes line ends, as messages are one line. */
  private static String shown(String text) {
    return text.replace("\n", "\\n").replace("\r", "\\r");
  }
}
