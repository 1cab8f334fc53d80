/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import dev.kindred.math.Cosine;
import dev.kindred.math.ExactDot;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * What is to be joined: window i has id 10 * i, prompt i has the own window 10 * i while there is
 * one.
 */
record JoinProblem(float[][] windows, float[][] prompts) {
  static final int VOCABULARY = 5;

  /** A window that is kept with its similarity. */
  record Kept(long windowId, float similarity) {}

  /**
   * What is found for a prompt.
   *
   * @param counts of next tokens
   * @param kept the most similar windows, best first
   */
  record Found(long similarCount, boolean own, Map<Integer, Long> counts, List<Kept> kept) {}

  /** A window with its similarity in double precision, which decides the order. */
  private record Similar(long windowId, double similarity) {
    private Kept rounded() {
      return new Kept(windowId, (float) similarity);
    }
  }

  private static final Comparator<Similar> BEST_FIRST =
      Comparator.comparingDouble(Similar::similarity)
          .reversed()
          .thenComparingLong(Similar::windowId);

  static long windowId(int window) {
    return 10L * window;
  }

  int dimension() {
    return prompts[0].length;
  }

  long ownWindowId(int prompt) {
    return prompt < windows.length ? windowId(prompt) : PromptVectors.NO_WINDOW;
  }

  PromptVectors promptVectors() {
    int[] promptIds = new int[prompts.length];
    long[] ownWindowIds = new long[prompts.length];
    float[] vectors = new float[prompts.length * dimension()];
    for (int i = 0; i < prompts.length; i++) {
      promptIds[i] = i;
      ownWindowIds[i] = ownWindowId(i);
      System.arraycopy(prompts[i], 0, vectors, i * dimension(), dimension());
    }

    return new PromptVectors(dimension(), promptIds, ownWindowIds, vectors);
  }

  /** Every similarity by its definition, prompts x windows. */
  double[][] similarities() {
    double[][] widePrompts = widened(prompts);
    double[][] wideWindows = widened(windows);
    double[] windowNorms = norms(windows);
    double[] promptNorms = norms(prompts);
    double[][] similarities = new double[prompts.length][windows.length];
    for (int prompt = 0; prompt < prompts.length; prompt++) {
      for (int window = 0; window < windows.length; window++) {
        similarities[prompt][window] =
            Cosine.similarity(
                ExactDot.dot(widePrompts[prompt], 0, wideWindows[window], 0, dimension()),
                promptNorms[prompt] * windowNorms[window]);
      }
    }

    return similarities;
  }

  private static double[] norms(float[][] vectors) {
    double[] norms = new double[vectors.length];
    for (int i = 0; i < norms.length; i++) {
      norms[i] = Cosine.norms(vectors[i], 1, vectors[i].length)[0];
    }

    return norms;
  }

  private static double[][] widened(float[][] vectors) {
    double[][] wide = new double[vectors.length][];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = new double[vectors[i].length];
      Cosine.widen(vectors[i], 0, vectors[i].length, wide[i], 0);
    }

    return wide;
  }

  /** What every join is to find, by nested loops. */
  static List<Found> oracle(double[][] similarities, double threshold, int keep) {
    List<Found> found = new ArrayList<>();
    for (int prompt = 0; prompt < similarities.length; prompt++) {
      Map<Integer, Long> counts = new TreeMap<>();
      List<Similar> similar = new ArrayList<>();
      boolean own = false;
      for (int window = 0; window < similarities[prompt].length; window++) {
        double similarity = similarities[prompt][window];
        if (similarity > threshold) {
          nextTokens(window).forEach((token, count) -> counts.merge(token, count, Long::sum));
          similar.add(new Similar(windowId(window), similarity));
          own |= window == prompt;
        }
      }

      found.add(
          new Found(
              similar.size(),
              own,
              counts,
              similar.stream().sorted(BEST_FIRST).limit(keep).map(Similar::rounded).toList()));
    }

    return found;
  }

  /** A join's evidence for each prompt, those without any included. */
  static List<Found> found(int prompts, List<Evidence> evidence) {
    List<Found> found = new ArrayList<>();
    for (int prompt = 0; prompt < prompts; prompt++) {
      found.add(new Found(0, false, Map.of(), List.of()));
    }

    for (Evidence row : evidence) {
      Map<Integer, Long> counts = new TreeMap<>();
      for (int i = 0; i < row.getTokens().length; i++) {
        counts.put(row.getTokens()[i], row.getCounts()[i]);
      }

      List<Similar> kept = new ArrayList<>();
      for (int i = 0; i < row.getWindowIds().length; i++) {
        kept.add(new Similar(row.getWindowIds()[i], row.getSimilarities()[i]));
      }

      kept.sort(BEST_FIRST);
      found.set(
          row.getPromptId(),
          new Found(
              row.similarCount(),
              row.getOwnBin() >= 0,
              counts,
              kept.stream().map(Similar::rounded).toList()));
    }

    return found;
  }

  /** Every seventh window ends a document: it has no next token. */
  static Map<Integer, Long> nextTokens(int window) {
    Map<Integer, Long> counts = new TreeMap<>();
    if (window % 7 != 6) {
      counts.put(window % VOCABULARY, 1L + window % 3);
      counts.put((window + 2) % VOCABULARY, 2L);
    }

    return counts;
  }

  /** Rows of the first windows, as {@link NextTokens#collect} reads them. */
  static Dataset<Row> windowRows(SparkSession spark, int count) {
    List<Row> rows = new ArrayList<>();
    for (int window = 0; window < count; window++) {
      rows.add(RowFactory.create(windowId(window), nextTokens(window)));
    }

    return spark.createDataFrame(
        rows,
        new StructType()
            .add("window_id", DataTypes.LongType)
            .add(
                "next_tokens", DataTypes.createMapType(DataTypes.IntegerType, DataTypes.LongType)));
  }

  /** Vectors near few directions, some of them opposite, and a vector of zeros. */
  static float[][] clustered(Random random, int count, int dimension) {
    return around(gaussian(random, 4, dimension), random, count);
  }

  /** Vectors near the centres, some of them opposite, and a vector of zeros. */
  static float[][] around(float[][] centres, Random random, int count) {
    int dimension = centres[0].length;
    float[][] vectors = gaussian(random, count, dimension);
    for (float[] vector : vectors) {
      float[] centre = centres[random.nextInt(centres.length)];
      float sign = random.nextInt(5) == 0 ? -1 : 1;
      for (int k = 0; k < dimension; k++) {
        vector[k] = sign * (centre[k] + 0.7f * vector[k]);
      }
    }

    if (count > 1) {
      vectors[count / 2] = new float[dimension];
    }

    return vectors;
  }

  static float[][] gaussian(Random random, int count, int dimension) {
    float[][] vectors = new float[count][dimension];
    for (float[] vector : vectors) {
      for (int k = 0; k < dimension; k++) {
        vector[k] = (float) random.nextGaussian();
      }
    }

    return vectors;
  }
}
