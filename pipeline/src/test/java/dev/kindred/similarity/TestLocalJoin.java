/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindred.InvalidInput;
import dev.kindred.LocalSpark;
import dev.kindred.activation.MappedVectors;
import dev.kindred.kernel.TileKernels;
import dev.kindred.math.Half;
import dev.kindred.table.Part;
import dev.kindred.table.Table;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Vectors in a warehouse's files, mapped and joined in this process. */
@ExtendWith(LocalSpark.class)
class TestLocalJoin {
  private static final int BLOCK = 1;

  @TempDir Path folder;

  @Test
  void mappedVectorsAreThoseThatWereWritten(SparkSession spark) {
    Random random = new Random(1);
    float[][] vectors = JoinProblem.gaussian(random, 5000, 33); // several pages and files
    for (Table table : List.of(Tables.ACTIVATIONS, Tables.ACTIVATIONS_F16)) {
      float[][] kept = table == Tables.ACTIVATIONS ? vectors : rounded(vectors);
      MappedVectors mapped = MappedVectors.open(written(spark, table, vectors), 33).orElseThrow();

      assertThat(mapped.rows()).isEqualTo(vectors.length);
      int most = 1234;
      for (int first = 0; first < vectors.length; first += most) {
        int count = Math.min(most, vectors.length - first);
        float[] rows = new float[count * 33];
        mapped.copy(first, count, rows);
        for (int i = 0; i < count; i++) {
          int window = (int) (mapped.id(first + i) / 10);
          assertThat(Arrays.copyOfRange(rows, i * 33, (i + 1) * 33)).isEqualTo(kept[window]);
        }
      }

      assertThat(IntStream.range(0, mapped.rows()).mapToLong(mapped::id).sorted().toArray())
          .isEqualTo(IntStream.range(0, vectors.length).mapToLong(JoinProblem::windowId).toArray());
    }
  }

  @Test
  void findsWhatTheOracleFinds(SparkSession spark) {
    Random random = new Random(2);
    float[][] windows = JoinProblem.clustered(random, 700, 33);
    float[][] prompts = JoinProblem.clustered(random, 70, 33);
    scale(windows[3], 1e-20f);
    scale(windows[4], 1e17f);
    scale(prompts[2], 1e-18f);
    scale(prompts[5], 1e16f);
    for (Table table : List.of(Tables.ACTIVATIONS, Tables.ACTIVATIONS_F16)) {
      boolean isHalf = table == Tables.ACTIVATIONS_F16;
      if (isHalf) {
        scale(windows[4], 1e-17f); // a half has no such numbers
      }

      MappedVectors mapped = MappedVectors.open(written(spark, table, windows), 33).orElseThrow();
      for (int count : new int[] {1, 9, 64, 65}) {
        JoinProblem problem =
            new JoinProblem(isHalf ? rounded(windows) : windows, Arrays.copyOf(prompts, count));
        for (double threshold : new double[] {0.6, 0, -0.3, -1}) {
          assertFinds(mapped, problem, threshold);
        }
      }
    }
  }

  private static void assertFinds(MappedVectors mapped, JoinProblem problem, double threshold) {
    for (int keep : new int[] {1, 5, MostSimilar.ALL}) {
      List<JoinProblem.Found> expected =
          JoinProblem.oracle(problem.similarities(), threshold, keep);
      for (int axes : new int[] {0, 4, JoinSettings.AUTO_AXES}) {
        for (int threads : new int[] {1, 3}) {
          assertThat(join(mapped, problem, threshold, keep, axes, threads))
              .as("threshold %s, keep %d, %d axes, %d threads", threshold, keep, axes, threads)
              .isEqualTo(expected);
        }
      }
    }
  }

  private static List<JoinProblem.Found> join(
      MappedVectors mapped,
      JoinProblem problem,
      double threshold,
      int keep,
      int axes,
      int threads) {
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    AtomicLong compared = new AtomicLong();
    try {
      List<Evidence> found =
          LocalJoin.join(
              mapped,
              nextTokens(problem.windows().length),
              IntStream.range(0, problem.prompts().length)
                  .mapToObj(i -> PromptVector.of(i, problem.ownWindowId(i), problem.prompts()[i]))
                  .toList(),
              new JoinSettings(
                  SimilarityBins.above(threshold),
                  keep,
                  JoinProblem.VOCABULARY,
                  TileKernels.Choice.AUTO,
                  axes),
              executor,
              threads,
              compared::addAndGet);
      assertThat(compared).hasValue(mapped.rows());
      return JoinProblem.found(problem.prompts().length, found);
    } finally {
      executor.shutdownNow();
    }
  }

  private static NextTokens nextTokens(int windows) {
    long[] ids = new long[windows];
    int[] starts = new int[windows + 1];
    List<Integer> tokens = new ArrayList<>();
    List<Long> counts = new ArrayList<>();
    for (int window = 0; window < windows; window++) {
      ids[window] = JoinProblem.windowId(window);
      JoinProblem.nextTokens(window)
          .forEach(
              (token, count) -> {
                tokens.add(token);
                counts.add(count);
              });
      starts[window + 1] = tokens.size();
    }

    return NextTokens.of(
        ids,
        starts,
        tokens.stream().mapToInt(Integer::intValue).toArray(),
        counts.stream().mapToLong(Long::longValue).toArray());
  }

  @Test
  void aFileThatChangedIsNamed(SparkSession spark) throws IOException {
    Part part = written(spark, Tables.ACTIVATIONS, JoinProblem.gaussian(new Random(3), 100, 8));
    Path file = part.localFiles().orElseThrow().get(0);
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, bytes.length - 1));

    assertThatThrownBy(() -> MappedVectors.open(part, 8))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContainingAll(file.getFileName().toString(), "is damaged");
  }

  @Test
  void aVectorThatChangedIsNotCompared(SparkSession spark) throws IOException {
    float[][] vectors = JoinProblem.gaussian(new Random(4), 100, 8);
    for (Table table : List.of(Tables.ACTIVATIONS, Tables.ACTIVATIONS_F16)) {
      Part part = written(spark, table, vectors);
      Path file = part.localFiles().orElseThrow().get(0);
      byte[] bytes = Files.readAllBytes(file);
      bytes[600] ^= 1; // within the first column's only page, or the second's
      Files.write(file, bytes);
      Files.deleteIfExists(file.resolveSibling("." + file.getFileName() + ".crc")); // Hadoop's own
      MappedVectors mapped = MappedVectors.open(part, 8).orElseThrow();

      assertThatThrownBy(
              () -> {
                for (int row = 0; row < mapped.rows(); row++) {
                  mapped.id(row);
                  mapped.copy(row, 1, new float[8]);
                }
              })
          .isInstanceOf(InvalidInput.class)
          .hasMessageContainingAll(part.name(), "is damaged: the checksum of a page");
    }
  }

  private Part written(SparkSession spark, Table table, float[][] vectors) {
    boolean isHalf = table == Tables.ACTIVATIONS_F16;
    List<Row> rows = new ArrayList<>();
    for (int window = 0; window < vectors.length; window++) {
      for (int block = 0; block < 2; block++) {
        float[] vector = block == BLOCK ? vectors[window] : new float[] {window};
        rows.add(
            RowFactory.create(
                block,
                JoinProblem.windowId(window),
                isHalf ? Half.encode(vector) : (Object) vector));
      }
    }

    StructType schema = new StructType();
    for (String column : List.of("block", "window_id", "ffn_out")) {
      StructField field = table.columns().apply(column);
      schema = schema.add(field);
    }

    Warehouse warehouse = new Warehouse(spark, folder.toString());
    Part all = warehouse.part(table, "m-" + vectors.length, "c-" + vectors[0].length);
    all.writeVectors(spark.createDataFrame(rows, schema).repartition(3), 2);
    return warehouse.part(table, "m-" + vectors.length, "c-" + vectors[0].length, BLOCK);
  }

  private static void scale(float[] vector, float factor) {
    for (int k = 0; k < vector.length; k++) {
      vector[k] *= factor;
    }
  }

  private static float[][] rounded(float[][] vectors) {
    return Arrays.stream(vectors)
        .map(vector -> Half.decode(Half.encode(vector)))
        .toArray(float[][]::new);
  }
}
