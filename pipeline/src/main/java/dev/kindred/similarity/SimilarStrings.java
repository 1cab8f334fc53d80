/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import static org.apache.spark.sql.functions.array_sort;
import static org.apache.spark.sql.functions.arrays_zip;
import static org.apache.spark.sql.functions.bool_or;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.collect_list;
import static org.apache.spark.sql.functions.explode;
import static org.apache.spark.sql.functions.get;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.map;
import static org.apache.spark.sql.functions.map_from_arrays;
import static org.apache.spark.sql.functions.map_from_entries;
import static org.apache.spark.sql.functions.row_number;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.sum;

import ai.djl.Device;
import dev.kindred.kernel.TileKernel;
import dev.kindred.kernel.TileKernels;
import dev.kindred.model.TaskDevice;
import dev.kindred.table.StoredVectors;
import dev.kindred.table.Tables;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.TreeMap;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.api.java.function.MapGroupsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.expressions.Window;
import org.apache.spark.sql.expressions.WindowSpec;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.util.LongAccumulator;
import org.apache.spark.util.TaskCompletionListener;

/**
 * The exact similarity join of one block: for every prompt, the windows whose FFN output has a
 * cosine similarity strictly above a threshold, as {@link Cosine} defines it.
 *
 * <p>Windows stay in their partitions and prompts are broadcast, in slices where they would not
 * fit; next-token counts are summed where the pairs are found, so that what travels is one row a
 * prompt and task. Memory does not grow with the corpus: a task holds a batch of windows, a slice
 * of the prompts and their evidence, and the next tokens of one piece of the corpus.
 */
public final class SimilarStrings {
  /** Settings value that lets the planner choose the axes. */
  public static final int AUTO_AXES = -1;

  /** The longest short prefix. */
  public static final int MAX_AXES = 64;

  /** Prompts that are broadcast at once, with the least that their evidence takes. */
  private static final long SLICE_BYTES = 512L << 20;

  /** Evidence that a task holds at most before it hands it on, if it can hand on any. */
  private static final long EVIDENCE_BYTES = 512L << 20;

  private static final long PAIRS_HELD = 4L << 20;

  /** Vectors that a task reads and brings into order at once. */
  public static final int CHUNK_BYTES = 48 << 20;

  private static final int SAMPLED_PARTITIONS = 8;
  private static final int TASKS_PER_CORE = 1;
  private static final DataType COUNTS =
      DataTypes.createMapType(DataTypes.IntegerType, DataTypes.LongType);

  /**
   * How to join.
   *
   * @param bins similarities above their floor are found; next tokens are counted by bin
   * @param keep the most similar windows to keep for a prompt; {@link Integer#MAX_VALUE} for all
   * @param vocabularySize {@code d_vocab}
   * @param kernel which implementation
   * @param prefixAxes axes of the prefix, 0 for brute force, {@link #AUTO_AXES} for a plan from a
   *     sample
   */
  public record Settings(
      SimilarityBins bins, int keep, int vocabularySize, TileKernels.Choice kernel, int prefixAxes)
      implements Serializable {}

  /**
   * Windows of one block that are joined together, with what follows them.
   *
   * @param activations rows of {@link Tables#ACTIVATIONS} of one model, corpus and block
   * @param nextTokens of at least these windows
   * @param center what is taken away from vectors of windows and prompts; null for nothing
   */
  public record Piece(Dataset<Row> activations, Broadcast<NextTokens> nextTokens, float[] center) {
    /** Windows whose vectors stay as they are. */
    public Piece(Dataset<Row> activations, Broadcast<NextTokens> nextTokens) {
      this(activations, nextTokens, null);
    }
  }

  private final Dataset<Evidence> evidence;
  private final JoinPlan plan;
  private final Counters counters;

  private SimilarStrings(Dataset<Evidence> evidence, JoinPlan plan, Counters counters) {
    this.evidence = evidence;
    this.plan = plan;
    this.counters = counters;
  }

  /**
   * Plans the join of one block.
   *
   * @param pieces all windows of the block
   * @param promptActivations rows of {@link Tables#PROMPT_ACTIVATIONS} of one model, prompt set and
   *     block
   * @param prompts rows of {@link Tables#PROMPTS} of the same prompt set
   */
  public static SimilarStrings join(
      SparkSession spark,
      List<Piece> pieces,
      Dataset<Row> promptActivations,
      Dataset<Row> prompts,
      Settings settings) {
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    List<PromptVector> ofPrompts = collect(promptActivations, prompts);
    ofPrompts.forEach(prompt -> Centers.subtract(prompt.ffnOut, pieces.get(0).center()));
    PromptVectors all = vectors(ofPrompts);
    JoinPlan plan = plan(all, pieces, settings);
    Counters counters = Counters.register(context);
    Dataset<Evidence> parts = noEvidence(spark, all);
    for (PromptVectors slice : slices(all, settings)) {
      Broadcast<PromptVectors> vectors = context.broadcast(slice);
      for (Piece piece : pieces) {
        JavaRDD<Evidence> found =
            inFewTasks(spark, vectors(piece))
                .mapPartitions(
                    new JoinPartition(vectors, piece.nextTokens(), plan, settings, counters));
        parts = parts.union(spark.createDataset(found.rdd(), Encoders.bean(Evidence.class)));
      }
    }

    int keep = settings.keep();
    Dataset<Evidence> merged =
        parts
            .groupByKey((MapFunction<Evidence, Integer>) Evidence::getPromptId, Encoders.INT())
            .mapGroups(
                (MapGroupsFunction<Integer, Evidence, Evidence>)
                    (promptId, found) -> Evidence.merge(promptId, found, keep),
                Encoders.bean(Evidence.class));
    return new SimilarStrings(merged, plan, counters);
  }

  /** One row a prompt, also for prompts without evidence; not computed yet. */
  public Dataset<Evidence> evidence() {
    return evidence;
  }

  /** What the planner chose, for the log. */
  public String plan() {
    return plan.toString();
  }

  /**
   * Pairs of a prompt and a window that tasks have compared so far, of all pairs that there are. A
   * task that runs twice counts twice.
   */
  public LongAccumulator compared() {
    return counters.compared();
  }

  /**
   * What the join did, once {@link #evidence} has been computed:
   *
   * <ul>
   *   <li>{@code axes}: axes of the prefix, 0 for brute force
   *   <li>{@code by_prefix}, {@code by_float}, {@code by_double}: share of pairs that each step
   *       settled, in [0, 1]
   * </ul>
   */
  public Map<String, Double> metrics() {
    Map<String, Double> metrics = new TreeMap<>(counters.shares());
    metrics.put("axes", (double) plan.shortAxes());
    return metrics;
  }

  /**
   * Rows with the file columns of {@link Tables#BLOCK_DISTRIBUTIONS}.
   *
   * @param evidence of a join with one bin
   */
  public static Dataset<Row> blockDistributions(Dataset<Evidence> evidence) {
    return evidence
        .select(
            col("promptId").as("prompt_id"),
            coalesce(get(col("similarCounts"), lit(0)), lit(0L)).as("similar_count"),
            map_from_arrays(col("tokens"), col("counts")).as("counts"),
            col("ownBin").geq(lit(0)).as("own_window_similar"))
        .sort("prompt_id");
  }

  /**
   * Rows with the file columns of {@link Tables#SIMILARITY_BINS}.
   *
   * @param evidence of a join with these settings
   */
  public static Dataset<Row> similarityBins(Dataset<Evidence> evidence, Settings settings) {
    SimilarityBins bins = settings.bins();
    int vocabularySize = settings.vocabularySize();
    return evidence
        .flatMap(
            (FlatMapFunction<Evidence, Row>)
                found -> EvidenceBins.rows(found, bins, vocabularySize).iterator(),
            Tables.SIMILARITY_BINS.encoder())
        .sort("prompt_id", "bin");
  }

  /** Rows with the file columns of {@link Tables#NEAREST_STRINGS}. */
  public static Dataset<Row> nearestStrings(Dataset<Evidence> evidence) {
    return evidence
        .select(
            col("promptId").as("prompt_id"),
            explode(arrays_zip(col("windowIds"), col("similarities"))).as("pair"))
        .select(
            col("prompt_id"),
            col("pair.windowIds").as("window_id"),
            col("pair.similarities").as("similarity"))
        .sort(col("prompt_id"), col("similarity").desc(), col("window_id"));
  }

  /** Rows with the file columns of {@link Tables#SIMILAR_STRINGS}. */
  public static Dataset<Row> mostSimilar(Dataset<Evidence> evidence) {
    return rounded(nearestStrings(evidence));
  }

  /**
   * Rows with the file columns of {@link Tables#SIMILAR_STRINGS}.
   *
   * @param nearestStrings rows of {@link Tables#NEAREST_STRINGS} of one block
   * @param threshold not below the floor of their bins
   * @param keep the most similar windows to keep for a prompt, not more than they are
   */
  public static Dataset<Row> mostSimilar(Dataset<Row> nearestStrings, double threshold, int keep) {
    WindowSpec bestFirst =
        Window.partitionBy("prompt_id").orderBy(col("similarity").desc(), col("window_id"));
    Dataset<Row> best =
        nearestStrings
            .where(col("similarity").gt(lit(threshold)))
            .withColumn("place", row_number().over(bestFirst))
            .where(col("place").leq(lit(keep)))
            .drop("place");
    return rounded(best).sort(col("prompt_id"), col("similarity").desc(), col("window_id"));
  }

  private static Dataset<Row> rounded(Dataset<Row> strings) {
    return strings.withColumn("similarity", col("similarity").cast(DataTypes.FloatType));
  }

  /**
   * Rows with the file columns of {@link Tables#BLOCK_DISTRIBUTIONS}.
   *
   * @param similarityBins rows of {@link Tables#SIMILARITY_BINS} of one block
   * @param prompts rows of {@link Tables#PROMPTS} of the same prompt set
   * @param threshold the lower edge of a bin
   */
  public static Dataset<Row> blockDistributions(
      Dataset<Row> similarityBins, Dataset<Row> prompts, double threshold) {
    Dataset<Row> bins = similarityBins.where(col("above").geq(lit(threshold)));
    Dataset<Row> counts =
        bins.select(col("prompt_id"), explode(col("counts")).as(new String[] {"token", "count"}))
            .groupBy("prompt_id", "token")
            .agg(sum("count").as("count"))
            .groupBy("prompt_id")
            .agg(
                map_from_entries(array_sort(collect_list(struct(col("token"), col("count")))))
                    .as("counts"));
    Dataset<Row> strings =
        bins.groupBy("prompt_id")
            .agg(
                sum("similar_count").as("similar_count"),
                bool_or(col("own_window_similar")).as("own_window_similar"));
    return prompts
        .select("prompt_id")
        .join(strings, new String[] {"prompt_id"}, "left")
        .join(counts, new String[] {"prompt_id"}, "left")
        .select(
            col("prompt_id"),
            coalesce(col("similar_count"), lit(0L)).as("similar_count"),
            coalesce(col("counts"), map().cast(COUNTS)).as("counts"),
            coalesce(col("own_window_similar"), lit(false)).as("own_window_similar"))
        .sort("prompt_id");
  }

  /**
   * Collects a block's prompts to the driver, in ascending order of their ids.
   *
   * @param promptActivations rows of {@link Tables#PROMPT_ACTIVATIONS} of one model, prompt set and
   *     block
   * @param prompts rows of {@link Tables#PROMPTS} of the same prompt set
   */
  public static List<PromptVector> collect(Dataset<Row> promptActivations, Dataset<Row> prompts) {
    return promptActivations
        .join(prompts.select("prompt_id", "window_id"), "prompt_id")
        .select(
            col("prompt_id").as("id"),
            coalesce(col("window_id"), lit(PromptVectors.NO_WINDOW)).as("ownWindowId"),
            col("ffn_out").as("ffnOut"))
        .sort("id")
        .as(Encoders.bean(PromptVector.class))
        .collectAsList();
  }

  /** One matrix of all rows. */
  static PromptVectors vectors(List<PromptVector> rows) {
    int dimension = rows.get(0).ffnOut.length;
    int[] promptIds = new int[rows.size()];
    long[] ownWindowIds = new long[rows.size()];
    float[] vectors = new float[Math.multiplyExact(rows.size(), dimension)];
    for (int i = 0; i < promptIds.length; i++) {
      PromptVector row = rows.get(i);
      promptIds[i] = row.id;
      ownWindowIds[i] = row.ownWindowId;
      System.arraycopy(row.ffnOut, 0, vectors, i * dimension, dimension);
    }

    return new PromptVectors(dimension, promptIds, ownWindowIds, vectors);
  }

  private static Dataset<Evidence> noEvidence(SparkSession spark, PromptVectors prompts) {
    List<Evidence> none = new ArrayList<>();
    for (int i = 0; i < prompts.count(); i++) {
      none.add(Evidence.none(prompts.promptId(i)));
    }

    return spark.createDataset(none, Encoders.bean(Evidence.class));
  }

  /**
   * The rows as Spark keeps them: its encoders box every component of an array that could hold
   * nulls, as all arrays in files could.
   */
  private static JavaRDD<Vector> vectors(Piece piece) {
    Dataset<Row> columns = piece.activations().select("window_id", "ffn_out");
    float[] center = piece.center();
    return StoredVectors.rows(columns)
        .map(
            row ->
                new Vector(
                    row.getLong(0), Centers.subtract(row.getArray(1).toFloatArray(), center)));
  }

  /**
   * A task sends one row a prompt, and finds the most similar windows sooner the more of them it
   * sees: a few tasks a core. Where executors come and go the number of cores is not known.
   */
  private static JavaRDD<Vector> inFewTasks(SparkSession spark, JavaRDD<Vector> vectors) {
    boolean coresVary =
        spark.sparkContext().getConf().getBoolean("spark.dynamicAllocation.enabled", false);
    return coresVary
        ? vectors
        : vectors.coalesce(TASKS_PER_CORE * spark.sparkContext().defaultParallelism());
  }

  private static JoinPlan plan(PromptVectors prompts, List<Piece> pieces, Settings settings) {
    if (settings.prefixAxes() == 0) {
      return JoinPlan.bruteForce();
    }

    TileKernel kernel = TileKernels.get(settings.kernel());
    JavaRDD<Vector> first = vectors(pieces.get(0));
    int step = Math.max(1, first.getNumPartitions() / SAMPLED_PARTITIONS);
    int each = JoinPlanner.SAMPLE_WINDOWS / SAMPLED_PARTITIONS;
    List<float[]> sample =
        first.mapPartitions(new FirstOfSomePartitions(step, each)).collect().stream()
            .map(Vector::ffnOut)
            .limit(JoinPlanner.SAMPLE_WINDOWS)
            .toList();
    return settings.prefixAxes() == AUTO_AXES
        ? JoinPlanner.plan(kernel, prompts, sample, settings.bins().floor())
        : JoinPlanner.forced(
            kernel, prompts, sample, settings.bins().floor(), settings.prefixAxes());
  }

  /**
   * Bytes that prompts take in a join with one bin, at most.
   *
   * @param vectors of the prompts of a slice, once an executor
   * @param evidence for them, once a task
   */
  public record PromptBytes(long vectors, long evidence) {
    /**
     * Counts them.
     *
     * @param keep the most similar windows to keep; {@link Integer#MAX_VALUE} for all, which has no
     *     bound and counts as none
     */
    public static PromptBytes of(long prompts, int dimension, int vocabularySize, int keep) {
      long slice = Math.min(prompts, slice(dimension, vocabularySize, 1, keep));
      long least = slice * EvidenceTable.leastBytesPerPrompt(vocabularySize, 1, keep);
      long most = slice * EvidenceTable.mostBytesPerPrompt(vocabularySize, 1, keep);
      return new PromptBytes(
          slice * bytesOfVectors(dimension), Math.min(most, Math.max(least, EVIDENCE_BYTES)));
    }
  }

  /** As they came, as unit vectors, and rotated. */
  private static long bytesOfVectors(int dimension) {
    return 3L * Float.BYTES * dimension;
  }

  /** How many prompts are joined at once: all of them, if they fit. */
  private static long slice(int dimension, int vocabularySize, int bins, int keep) {
    long each =
        bytesOfVectors(dimension) + EvidenceTable.leastBytesPerPrompt(vocabularySize, bins, keep);
    return Math.max(1, SLICE_BYTES / each);
  }

  private static List<PromptVectors> slices(PromptVectors prompts, Settings settings) {
    int size =
        (int)
            Math.min(
                prompts.count(),
                slice(
                    prompts.dimension(),
                    settings.vocabularySize(),
                    settings.bins().count(),
                    settings.keep()));
    List<PromptVectors> slices = new ArrayList<>();
    for (int from = 0; from < prompts.count(); from += size) {
      slices.add(prompts.slice(from, Math.min(prompts.count(), from + size)));
    }

    return slices;
  }

  /** The first rows of every so many partitions: a sample that does not read the others. */
  private static final class FirstOfSomePartitions
      implements FlatMapFunction<Iterator<Vector>, Vector> {
    private static final long serialVersionUID = 1L;

    private final int step;
    private final int rows;

    private FirstOfSomePartitions(int step, int rows) {
      this.step = step;
      this.rows = rows;
    }

    @Override
    public Iterator<Vector> call(Iterator<Vector> vectors) {
      List<Vector> first = new ArrayList<>();
      if (TaskContext.getPartitionId() % step == 0) {
        while (first.size() < rows && vectors.hasNext()) {
          first.add(vectors.next());
        }
      }

      return first.iterator();
    }
  }

  private static final class JoinPartition implements FlatMapFunction<Iterator<Vector>, Evidence> {
    private static final long serialVersionUID = 1L;

    private final Broadcast<PromptVectors> prompts;
    private final Broadcast<NextTokens> nextTokens;
    private final JoinPlan plan;
    private final Settings settings;
    private final Counters counters;

    private JoinPartition(
        Broadcast<PromptVectors> prompts,
        Broadcast<NextTokens> nextTokens,
        JoinPlan plan,
        Settings settings,
        Counters counters) {
      this.prompts = prompts;
      this.nextTokens = nextTokens;
      this.plan = plan;
      this.settings = settings;
      this.counters = counters;
    }

    @Override
    public Iterator<Evidence> call(Iterator<Vector> windows) {
      PromptVectors vectors = prompts.value();
      EvidenceTable table =
          new EvidenceTable(
              vectors, settings.vocabularySize(), settings.bins().count(), settings.keep());
      TileKernel kernel = TileKernels.get(settings.kernel());
      SettledPairs settled = new SettledPairs();
      PairJoin join = open(kernel, vectors, table, settled);
      WindowBatch batch = new WindowBatch(vectors.dimension(), kernel);
      return new Iterator<>() {
        private Iterator<Evidence> drained = Collections.emptyIterator();
        private List<Vector> chunk = List.of();
        private int[] order = {};
        private int next; // in order

        @Override
        public boolean hasNext() {
          while (!drained.hasNext() && (next < order.length || windows.hasNext())) {
            fill();
            join.join(batch);
            counters.compared.add((long) batch.size() * vectors.count());
            boolean last = next == order.length && !windows.hasNext();
            if (last || table.pairsKept() > limit() || table.bytes() > EVIDENCE_BYTES) {
              drained = table.drain().iterator();
            }

            if (last) {
              counters.add(settled);
            }
          }

          return drained.hasNext();
        }

        @Override
        public Evidence next() {
          if (!hasNext()) {
            throw new NoSuchElementException();
          }

          return drained.next();
        }

        private void fill() {
          if (next == order.length) {
            chunk = chunk();
            order = plan.order(kernel, chunk.stream().map(Vector::ffnOut).toList());
            next = 0;
          }

          batch.clear();
          while (!batch.isFull() && next < order.length) {
            Vector window = chunk.get(order[next++]);
            batch.add(window.id(), window.ffnOut(), nextTokens.value());
          }
        }

        private List<Vector> chunk() {
          int size = Math.max(1, CHUNK_BYTES / Float.BYTES / vectors.dimension());
          List<Vector> read = new ArrayList<>(size);
          while (read.size() < size && windows.hasNext()) {
            read.add(windows.next());
          }

          return read;
        }

        /** Only where all pairs are kept can there be too many to hold. */
        private long limit() {
          return settings.keep() == MostSimilar.ALL ? PAIRS_HELD : Long.MAX_VALUE;
        }
      };
    }

    /** On the GPU that Spark assigned to the task all pairs are computed, else it goes by plan. */
    private PairJoin open(
        TileKernel kernel, PromptVectors vectors, EvidenceTable table, SettledPairs settled) {
      PairCheck check = new PairCheck(kernel, vectors, table, settled, settings.bins());
      Device device = TaskDevice.assigned();
      if (!device.isGpu()) {
        return plan.open(kernel, vectors, check, settled, settings.bins().floor());
      }

      TorchJoin join = new TorchJoin(device, vectors, check, settled);
      TaskContext.get().addTaskCompletionListener((TaskCompletionListener) task -> join.close());
      return join;
    }
  }

  /**
   * All tasks' {@link SettledPairs}. A task that runs twice counts twice, so these are for shares
   * only.
   */
  private record Counters(
      LongAccumulator compared,
      LongAccumulator byPrefix,
      LongAccumulator byFloat,
      LongAccumulator byDouble)
      implements Serializable {

    private static Counters register(JavaSparkContext context) {
      return new Counters(
          context.sc().longAccumulator("kindred: pairs compared"),
          context.sc().longAccumulator(),
          context.sc().longAccumulator(),
          context.sc().longAccumulator());
    }

    private void add(SettledPairs settled) {
      byPrefix.add(settled.byPrefix);
      byFloat.add(settled.byFloat);
      byDouble.add(settled.byDouble);
    }

    private Map<String, Double> shares() {
      double all = Math.max(1, byPrefix.sum() + byFloat.sum() + byDouble.sum());
      return Map.of(
          "by_prefix", byPrefix.sum() / all,
          "by_float", byFloat.sum() / all,
          "by_double", byDouble.sum() / all);
    }
  }

  /** A window's FFN output. */
  private record Vector(long id, float[] ffnOut) implements Serializable {}

  /** A prompt's FFN output. A bean for Spark's encoder. */
  public static final class PromptVector implements Serializable {
    private static final long serialVersionUID = 1L;

    private int id;
    private long ownWindowId;
    private float[] ffnOut;

    public int getId() {
      return id;
    }

    public void setId(int id) {
      this.id = id;
    }

    public long getOwnWindowId() {
      return ownWindowId;
    }

    public void setOwnWindowId(long ownWindowId) {
      this.ownWindowId = ownWindowId;
    }

    public float[] getFfnOut() {
      return ffnOut;
    }

    public void setFfnOut(float[] ffnOut) {
      this.ffnOut = ffnOut;
    }
  }
}
