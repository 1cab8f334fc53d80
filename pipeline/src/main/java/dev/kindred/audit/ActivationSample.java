/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.audit;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.forall;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.size;

import dev.kindred.activation.WindowVector;
import dev.kindred.math.SplitMix;
import dev.kindred.model.LanguageModel;
import dev.kindred.model.Precision;
import dev.kindred.table.StoredVectors;
import dev.kindred.table.Tables;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.util.ArrayData;

/**
 * Some of a run's activations, evaluated anew.
 *
 * <p>The sample is, in every block, {@value #WINDOWS} windows: of the first {@value #READ} rows of
 * {@value #PARTITIONS} partitions those whose ids have the least hash, seeded by the run. The other
 * partitions are not read. The same run over the same files has the same sample.
 */
final class ActivationSample {
  private static final int PARTITIONS = 8;
  private static final int WINDOWS = 64;
  private static final int READ = 1024;

  /**
   * How far a component may be from its fresh value, relative to the vector's largest. On one kind
   * of processor they are equal; engines, GPUs and other processors sum in other orders. What is
   * rounded may be as far from it in addition as rounding goes.
   */
  private static final double TOLERANCE = 1e-4;

  private ActivationSample() {}

  /** Returns a line for each block whose sample is not what the model gives. */
  static List<String> problems(AuditedRun run, LanguageModel model) {
    Optional<Precision> kept = precision(run);
    return kept.isPresent() ? problems(run, kept.get(), model) : List.of();
  }

  private static List<String> problems(AuditedRun run, Precision precision, LanguageModel model) {
    List<Stored> sample = read(run, precision);
    Map<Long, int[]> tokens = tokens(run, sample, model.shape().vocabularySize());
    Map<Long, Integer> rows = new HashMap<>();
    List<int[]> sequences = new ArrayList<>();
    tokens.forEach(
        (id, sequence) -> {
          rows.put(id, sequences.size());
          sequences.add(sequence);
        });
    float[][] fresh =
        sequences.isEmpty()
            ? new float[model.shape().blocks()][]
            : model.vectors(run.vectors(), sequences.toArray(int[][]::new));
    int dimension = model.shape().modelDimension();
    Map<Integer, Differences> differences = new TreeMap<>();
    for (int block : run.blocks()) {
      differences.put(block, new Differences(TOLERANCE + precision.error()));
    }

    for (Stored stored : sample) {
      Integer row = rows.get(stored.windowId());
      differences
          .get(stored.block())
          .add(
              stored, row == null ? null : fresh[stored.block()], row == null ? 0 : row, dimension);
    }

    List<String> problems = new ArrayList<>();
    differences.forEach((block, found) -> found.describe(block).ifPresent(problems::add));
    return problems;
  }

  /** The precision of the table that a run has; none if it has no activations. */
  private static Optional<Precision> precision(AuditedRun run) {
    return Arrays.stream(Precision.values())
        .filter(precision -> run.tables().containsKey(precision.activations()))
        .findFirst();
  }

  private static List<Stored> read(AuditedRun run, Precision precision) {
    long seed = run.runId().hashCode();
    JavaRDD<Stored> all = null;
    List<Integer> chosen = new ArrayList<>();
    int offset = 0;
    for (int block : run.blocks()) {
      JavaRDD<InternalRow> vectors = vectors(run.tables().get(precision.activations()), block);
      int partitions = vectors.getNumPartitions();
      int each = Math.min(partitions, PARTITIONS);
      JavaRDD<Stored> ofBlock =
          vectors.mapPartitions(new SomeRows(block, seed, WINDOWS / Math.max(1, each), precision));
      for (int i = 0; i < each; i++) {
        chosen.add(offset + (int) ((i + share(seed)) * partitions / each));
      }

      offset += partitions;
      all = all == null ? ofBlock : all.union(ofBlock);
    }

    List<Stored>[] found =
        all.collectPartitions(chosen.stream().mapToInt(Integer::intValue).toArray());
    return Arrays.stream(found).flatMap(List::stream).toList();
  }

  /** The rows as Spark keeps them: its encoders box every component of an array. */
  private static JavaRDD<InternalRow> vectors(Dataset<Row> activations, int block) {
    Dataset<Row> columns =
        activations.where(col("block").equalTo(block)).select("window_id", "ffn_out");
    return StoredVectors.rows(columns);
  }

  /** The tokens of the sampled windows that are as windows must be. */
  private static Map<Long, int[]> tokens(AuditedRun run, List<Stored> sample, int vocabulary) {
    Object[] ids = sample.stream().map(Stored::windowId).distinct().toArray();
    Map<Long, int[]> tokens = new TreeMap<>();
    for (Row row :
        run.tables()
            .get(Tables.WINDOWS)
            .where(col("window_id").isin(ids))
            .where(size(col("token_ids")).equalTo(run.windowLength()))
            .where(
                forall(
                    col("token_ids"),
                    token -> coalesce(token.between(0, vocabulary - 1), lit(false))))
            .select("window_id", "token_ids")
            .collectAsList()) {
      tokens.put(row.getLong(0), row.<Integer>getList(1).stream().mapToInt(i -> i).toArray());
    }

    return tokens;
  }

  /** A number in [0, 1). */
  private static double share(long seed) {
    return (SplitMix.hash(seed) >>> 11) * 0x1p-53;
  }

  /**
   * A stored activation.
   *
   * @param ffnOut with NaN in place of missing components
   */
  private record Stored(int block, long windowId, float[] ffnOut) implements Serializable {}

  /** How a block's sample differs from the model. */
  private static final class Differences {
    private final double tolerance;
    private int windows;
    private int wrong;
    private Stored example;
    private String found;

    private Differences(double tolerance) {
      this.tolerance = tolerance;
    }

    /**
     * @param fresh rows of the model's FFN outputs, or null if the window's tokens are not known
     */
    private void add(Stored stored, float[] fresh, int row, int dimension) {
      windows++;
      String difference =
          fresh == null
              ? "a window without its tokens in windows"
              : difference(stored.ffnOut(), fresh, row * dimension, dimension);
      if (difference == null) {
        return;
      }

      wrong++;
      if (example == null || stored.windowId() < example.windowId()) {
        example = stored;
        found = difference;
      }
    }

    private String difference(float[] stored, float[] fresh, int from, int dimension) {
      if (stored.length != dimension) {
        return stored.length + " components instead of " + dimension;
      }

      double largest = 0;
      for (int k = 0; k < dimension; k++) {
        largest = Math.max(largest, Math.abs(fresh[from + k]));
      }

      for (int k = 0; k < dimension; k++) {
        if (!(Math.abs((double) stored[k] - fresh[from + k]) <= tolerance * largest)) {
          return String.format(
              Locale.ROOT, "%s instead of %s in component %d", stored[k], fresh[from + k], k);
        }
      }

      return null;
    }

    private Optional<String> describe(int block) {
      if (windows == 0) {
        return Optional.of(
            String.format(
                Locale.ROOT,
                "activations: expected windows to evaluate anew in block %d, found none",
                block));
      }

      return wrong == 0
          ? Optional.empty()
          : Optional.of(
              String.format(
                  Locale.ROOT,
                  "activations: expected in block %d what the model gives, within %.0e of a"
                      + " vector's largest component, found %s (%d of %d windows sampled, for"
                      + " instance window_id %d)",
                  block,
                  tolerance,
                  found,
                  wrong,
                  windows,
                  example.windowId()));
    }
  }

  /** The rows of a partition's beginning whose hash is least. */
  private static final class SomeRows implements FlatMapFunction<Iterator<InternalRow>, Stored> {
    private static final long serialVersionUID = 1L;

    private final int block;
    private final long seed;
    private final int count;
    private final Precision precision;

    private SomeRows(int block, long seed, int count, Precision precision) {
      this.block = block;
      this.seed = seed;
      this.count = count;
      this.precision = precision;
    }

    @Override
    public Iterator<Stored> call(Iterator<InternalRow> rows) {
      List<Stored> first = new ArrayList<>();
      while (first.size() < READ && rows.hasNext()) {
        InternalRow row = rows.next();
        if (!row.isNullAt(0)) {
          first.add(
              new Stored(block, row.getLong(0), row.isNullAt(1) ? new float[0] : floats(row)));
        }
      }

      Stream<Stored> least =
          first.stream()
              .sorted(
                  Comparator.comparingLong(
                      stored ->
                          SplitMix.hash(seed ^ SplitMix.hash(stored.windowId())) + Long.MIN_VALUE));
      return least.limit(count).iterator();
    }

    private float[] floats(InternalRow row) {
      if (precision == Precision.F16) {
        return WindowVector.vector(row, 1, precision);
      }

      ArrayData array = row.getArray(1);
      float[] floats = array.toFloatArray();
      for (int k = 0; k < floats.length; k++) {
        if (array.isNullAt(k)) {
          floats[k] = Float.NaN;
        }
      }

      return floats;
    }
  }
}
