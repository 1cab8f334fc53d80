/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import dev.kindred.activation.WindowVector;
import dev.kindred.model.Precision;
import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
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
import org.apache.spark.util.LongAccumulator;

/**
 * The exact similarity join of one block: for every prompt, the windows whose FFN output has a
 * cosine similarity strictly above a threshold, as {@link dev.kindred.math.Cosine} defines it.
 *
 * <p>Windows stay in their partitions and prompts are broadcast, in slices where they would not
 * fit; next-token counts are summed where the pairs are found, so that what travels is one row a
 * prompt and task. Memory does not grow with the corpus: a task holds a batch of windows, a slice
 * of the prompts and their evidence, and the next tokens of one piece of the corpus.
 */
public final class SimilarStrings {
  /** Windows whose next tokens fit into a broadcast: about 160 MB. */
  public static final long PIECE_WINDOWS = 8L << 20;

  private static final int SAMPLED_PARTITIONS = 8;

  /** Tasks of a core where pieces and slices are many. */
  private static final int TASKS_PER_CORE = 4;

  /**
   * Windows of one block that are joined together, with what follows them.
   *
   * @param activations rows of {@link Precision#activations} of one model, corpus and block
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
  private final JoinCounters counters;

  private SimilarStrings(Dataset<Evidence> evidence, JoinPlan plan, JoinCounters counters) {
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
      JoinSettings settings) {
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    List<PromptVector> ofPrompts = PromptVector.collect(promptActivations, prompts);
    ofPrompts.forEach(prompt -> Centers.subtract(prompt.getFfnOut(), pieces.get(0).center()));
    PromptVectors all = PromptVector.matrix(ofPrompts);
    JoinPlan plan = plan(all, pieces, settings);
    JoinCounters counters = JoinCounters.register(context);
    Dataset<Evidence> parts = noEvidence(spark, all);
    List<PromptVectors> slices = JoinMemory.slices(all, settings);
    for (PromptVectors slice : slices) {
      Broadcast<PromptVectors> vectors = context.broadcast(slice);
      for (Piece piece : pieces) {
        JavaRDD<Evidence> found =
            inFewTasks(spark, vectors(piece), (long) slices.size() * pieces.size())
                .mapPartitions(new JoinTask(vectors, piece.nextTokens(), plan, settings, counters));
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

  private static Dataset<Evidence> noEvidence(SparkSession spark, PromptVectors prompts) {
    List<Evidence> none = new ArrayList<>();
    for (int i = 0; i < prompts.count(); i++) {
      none.add(Evidence.none(prompts.promptId(i)));
    }

    return spark.createDataset(none, Encoders.bean(Evidence.class));
  }

  private static JavaRDD<WindowVector> vectors(Piece piece) {
    float[] center = piece.center();
    return WindowVector.read(piece.activations())
        .map(vector -> new WindowVector(vector.id(), Centers.subtract(vector.ffnOut(), center)));
  }

  /**
   * How many tasks the windows of a piece are joined in with a slice of the prompts. A task sends
   * one row a prompt, and finds the most similar windows sooner the more of them it sees: one a
   * core. Where pieces and slices are many, a task a core for each would be short, and the driver
   * would start more of them than the cores are busy with: all together are some tasks a core, and
   * never fewer, so that they are even.
   *
   * @param parts pieces times slices
   */
  public static int tasks(int cores, long parts) {
    long together = TASKS_PER_CORE * (long) cores;
    return parts == 1 ? cores : (int) ((together + parts - 1) / parts);
  }

  /** How many pieces so many windows are joined in. */
  public static long pieces(long windows) {
    return (windows + PIECE_WINDOWS - 1) / PIECE_WINDOWS;
  }

  /** Where executors come and go the number of cores is not known. */
  private static JavaRDD<WindowVector> inFewTasks(
      SparkSession spark, JavaRDD<WindowVector> vectors, long parts) {
    boolean coresVary =
        spark.sparkContext().getConf().getBoolean("spark.dynamicAllocation.enabled", false);
    return coresVary
        ? vectors
        : vectors.coalesce(tasks(spark.sparkContext().defaultParallelism(), parts));
  }

  private static JoinPlan plan(PromptVectors prompts, List<Piece> pieces, JoinSettings settings) {
    if (settings.prefixAxes() == 0) {
      return JoinPlan.bruteForce();
    }

    JavaRDD<WindowVector> first = vectors(pieces.get(0));
    int step = Math.max(1, first.getNumPartitions() / SAMPLED_PARTITIONS);
    int each = JoinPlanner.SAMPLE_WINDOWS / SAMPLED_PARTITIONS;
    List<float[]> sample =
        first.mapPartitions(new FirstOfSomePartitions(step, each)).collect().stream()
            .map(WindowVector::ffnOut)
            .limit(JoinPlanner.SAMPLE_WINDOWS)
            .toList();
    return JoinPlanner.plan(prompts, sample, settings);
  }

  /** The first rows of every so many partitions: a sample that does not read the others. */
  private static final class FirstOfSomePartitions
      implements FlatMapFunction<Iterator<WindowVector>, WindowVector> {
    private static final long serialVersionUID = 1L;

    private final int step;
    private final int rows;

    private FirstOfSomePartitions(int step, int rows) {
      this.step = step;
      this.rows = rows;
    }

    @Override
    public Iterator<WindowVector> call(Iterator<WindowVector> vectors) {
      List<WindowVector> first = new ArrayList<>();
      if (TaskContext.getPartitionId() % step == 0) {
        while (first.size() < rows && vectors.hasNext()) {
          first.add(vectors.next());
        }
      }

      return first.iterator();
    }
  }
}
