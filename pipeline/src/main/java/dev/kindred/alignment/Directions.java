/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.alignment;

import dev.kindred.model.Readout;
import dev.kindred.model.ResidualStream;
import dev.kindred.subspace.Stage;
import dev.kindred.subspace.Subspace;
import java.io.Serializable;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * Directions of a model's residual stream, one or more for every token, by which tokens are placed
 * for a vector: the one that it points at most comes first.
 *
 * <p>Letters in shapes: V = tokens, K = directions of a token, orthonormal, D = {@code d_model}.
 */
public final class Directions implements Serializable {
  private static final long serialVersionUID = 1L;

  private static final int EVERY = -1;
  private static final String SIGNED = "_signed";

  /** The {@link #source} of directions in which logits grow. */
  public static final String UNEMBEDDING = "unembedding";

  /** The {@link #use} of embeddings that were learned before the final norm. */
  public static final String FINAL_STAGE = "final_stage";

  /** The {@link #use} of embeddings that were learned right after a block. */
  public static final String OWN_STAGE = "own_stage";

  private static final String EITHER_SIGN = "either_sign";

  private final String key;
  private final String source;
  private final String use;
  private final float[][][] ofTokens; // V x K x D
  private final boolean signed;
  private final int block;

  private Directions(
      String key, String source, String use, float[][][] ofTokens, boolean signed, int block) {
    this.key = key;
    this.source = source;
    this.use = use;
    this.ofTokens = ofTokens;
    this.signed = signed;
    this.block = block;
  }

  /**
   * The strongest directions of learned embeddings. Those of the final stage are for all blocks;
   * those of another stage for the block that the stage comes right after.
   *
   * @param recipe by which embeddings were learned
   * @param subspaces of all tokens, by token id
   * @param ranks K
   */
  public static Directions ofSubspaces(
      Stage stage, String recipe, List<Subspace> subspaces, int ranks) {
    float[][][] ofTokens = new float[subspaces.size()][ranks][];
    for (int token = 0; token < ofTokens.length; token++) {
      System.arraycopy(subspaces.get(token).directions(), 0, ofTokens[token], 0, ranks);
    }

    return new Directions(
        keyOf(stage, recipe, ranks),
        source(recipe, ranks),
        stage.equals(Stage.FINAL) ? FINAL_STAGE : OWN_STAGE,
        ofTokens,
        false,
        stage.equals(Stage.FINAL) ? EVERY : stage.before() - 1);
  }

  /** Returns the {@link #source} of {@link #ofSubspaces}. */
  public static String source(String recipe, int ranks) {
    return ranks == 1 ? recipe : recipe + "_k" + ranks;
  }

  /** The key of {@link #ofSubspaces}. */
  public static String keyOf(Stage stage, String recipe, int ranks) {
    return stage + "_" + recipe + "_k" + ranks;
  }

  /**
   * The logit lens (nostalgebraist, "interpreting GPT: the logit lens", 2020): the direction in
   * which a vector before the final norm must point for a token's logit to be high.
   */
  public static Directions unembedding(ResidualStream model) {
    Readout readout = model.readout();
    float[][][] ofTokens = new float[model.shape().vocabularySize()][1][];
    for (int token = 0; token < ofTokens.length; token++) {
      ofTokens[token][0] = unit(readout.direction(token));
    }

    return new Directions(UNEMBEDDING, UNEMBEDDING, EITHER_SIGN, ofTokens, false, EVERY);
  }

  /** Directions that know nothing of the model: from normal noise that depends on the seed. */
  public static Directions random(int vocabularySize, int dimension, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[][][] ofTokens = new float[vocabularySize][1][];
    for (int token = 0; token < vocabularySize; token++) {
      double[] direction = new double[dimension];
      for (int i = 0; i < dimension; i++) {
        direction[i] = random.nextGaussian();
      }

      ofTokens[token][0] = unit(direction);
    }

    return new Directions("random_" + seed, "random_" + seed, EITHER_SIGN, ofTokens, false, EVERY);
  }

  private static float[] unit(double[] vector) {
    double squares = 0;
    for (double component : vector) {
      squares += component * component;
    }

    float[] unit = new float[vector.length];
    for (int i = 0; i < unit.length; i++) {
      unit[i] = (float) (vector[i] / Math.sqrt(squares));
    }

    return unit;
  }

  /**
   * The same directions, where a vector that points away from a token's is far from the token. As
   * they are, both ends count alike.
   *
   * @throws IllegalStateException if tokens have several directions: a subspace has no ends
   */
  public Directions signed() {
    if (ofTokens[0].length != 1) {
      throw new IllegalStateException("No sign in a subspace: " + key);
    }

    return new Directions(
        key + SIGNED,
        source,
        use.equals(EITHER_SIGN) ? "signed" : use + SIGNED,
        ofTokens,
        true,
        block);
  }

  /** Readable, and different for different directions of one model. */
  public String key() {
    return key;
  }

  /** Returns where they come from: a recipe of embeddings, the unembedding, or random draws. */
  public String source() {
    return source;
  }

  /** Returns how they are used: at which stage, and whether signed. */
  public String use() {
    return use;
  }

  /** V. */
  int tokens() {
    return ofTokens.length;
  }

  /** Whether they are meant for a block. */
  public boolean isFor(int otherBlock) {
    return block == EVERY || block == otherBlock;
  }

  /**
   * The last place of some tokens among all, by descending cosine and, of equal ones, by ascending
   * token id. The cosine is the study's score: that between the vector and its projection on the
   * span of a token's directions; if signed, between the vector and the direction.
   *
   * @param v D
   * @param tokens ids, at least one
   * @return from 1
   */
  int worstRank(float[] v, int[] tokens) {
    double[] lying = new double[ofTokens.length];
    for (int token = 0; token < lying.length; token++) {
      lying[token] = lying(v, token);
    }

    int worst = tokens[0];
    for (int token : tokens) {
      worst = isBefore(worst, token, lying) ? token : worst;
    }

    int rank = 1;
    for (int token = 0; token < lying.length; token++) {
      rank += isBefore(token, worst, lying) ? 1 : 0;
    }

    return rank;
  }

  private static boolean isBefore(int token, int other, double[] lying) {
    return lying[token] > lying[other] || lying[token] == lying[other] && token < other;
  }

  /** What ascends with the cosine: the square of the part in the subspace; if signed, the part. */
  double lying(float[] v, int token) {
    if (signed) {
      return dot(v, ofTokens[token][0]);
    }

    double squares = 0;
    for (float[] direction : ofTokens[token]) {
      double dot = dot(v, direction);
      squares += dot * dot;
    }

    return squares;
  }

  private static double dot(float[] a, float[] b) {
    if (a.length != b.length) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT, "Invalid vectors: lengths differ, %d != %d", a.length, b.length));
    }

    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (double) a[i] * b[i];
    }

    return sum;
  }
}
