/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.api.java.function.MapGroupsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.SparkSession;

/** What it takes to bring together the evidence that tasks of a join have found. */
public final class EvidenceSample {
  private static final int PROMPTS = 2000;
  private static final int PARTS = 16; // of each prompt's evidence
  private static final int FOUND = 40; // windows and tokens of a part
  private static final int BYTES_OF_WINDOW = 16; // its id and similarity
  private static final int BYTES_OF_TOKEN = 12; // its id and count
  private static final int BYTES_BESIDE = 120;

  private EvidenceSample() {}

  /**
   * About how many bytes a task's evidence for a prompt takes on its way.
   *
   * @param windows similar ones that are kept
   * @param tokens that follow similar windows
   */
  public static double bytes(double windows, double tokens) {
    return BYTES_BESIDE + BYTES_OF_WINDOW * windows + BYTES_OF_TOKEN * tokens;
  }

  /**
   * Shuffles and merges made-up evidence once; returns its bytes, as {@link #bytes} counts them.
   */
  public static double merge(SparkSession spark) {
    List<Integer> prompts = IntStream.range(0, PROMPTS).boxed().toList();
    Dataset<Evidence> parts =
        spark
            .createDataset(prompts, Encoders.INT())
            .flatMap(
                (FlatMapFunction<Integer, Evidence>)
                    prompt ->
                        IntStream.range(0, PARTS).mapToObj(part -> part(prompt, part)).iterator(),
                Encoders.bean(Evidence.class));
    parts
        .groupByKey((MapFunction<Evidence, Integer>) Evidence::getPromptId, Encoders.INT())
        .mapGroups(
            (MapGroupsFunction<Integer, Evidence, Evidence>)
                (prompt, found) -> Evidence.merge(prompt, found, FOUND),
            Encoders.bean(Evidence.class))
        .foreach(evidence -> {});
    return bytes(FOUND, FOUND) * PROMPTS * PARTS;
  }

  private static Evidence part(int prompt, int part) {
    Evidence evidence = new Evidence();
    evidence.setPromptId(prompt);
    evidence.setSimilarCounts(new long[] {FOUND});
    evidence.setTokens(IntStream.range(0, FOUND).map(i -> i * PARTS + part).toArray());
    long[] counts = new long[FOUND];
    Arrays.fill(counts, 1);
    evidence.setCounts(counts);
    evidence.setWindowIds(IntStream.range(0, FOUND).mapToLong(i -> i * PARTS + part).toArray());
    double[] similarities = new double[FOUND];
    Arrays.setAll(similarities, i -> 1 - (double) i / FOUND);
    evidence.setSimilarities(similarities);
    return evidence;
  }
}
