/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import static org.apache.spark.sql.functions.col;

import dev.kindred.ContentId;
import dev.kindred.activation.TreeBatches;
import dev.kindred.activation.TreeBatches.Sequence;
import dev.kindred.activation.WindowVector;
import dev.kindred.math.Vectors;
import dev.kindred.model.Blocks;
import dev.kindred.model.GpuTasks;
import dev.kindred.model.LanguageModel;
import dev.kindred.model.files.LoadedModels;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Tables;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.TreeMap;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.api.java.function.MapGroupsFunction;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.rdd.PartitionPruningRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.LongAccumulator;

/**
 * The exact similarity joins of any blocks and prompt sets with windows that the model evaluates on
 * the way: forward pass and joins in one stage, where {@link SimilarStrings} reads vectors that are
 * stored. Batches, and so the vectors and all that is found, are those of {@link
 * dev.kindred.activation.Activations}.
 *
 * <p>The windows are cut into pieces, each of which is joined by itself. A task holds the vectors
 * of a batch of windows in all blocks, and the evidence of all prompts.
 */
public final class EvaluatedJoin {
  private final SparkSession spark;
  private final Dataset<Row> windows;
  private final Broadcast<ModelDirectory> model;
  private final Cut cut;
  private final List<Target> targets;
  private final Broadcast<ArrayList<Target>> broadcast;
  private final LongAccumulator windowsDone;
  private JavaRDD<Sequence> sequences; // once they are needed
  private Broadcast<NextTokens> allNextTokens;

  /**
   * How the windows are cut.
   *
   * @param windows of the corpus
   * @param batchSize windows that a task evaluates at once
   * @param pieces that are joined one after the other
   * @param tasks of a piece, about
   */
  public record Cut(long windows, int batchSize, int pieces, int tasks) {
    private long batches() {
      return Math.max(1, (windows + batchSize - 1) / batchSize);
    }

    private int partitions() {
      return (int) Math.min(batches(), (long) pieces * tasks);
    }

    /** Pieces that have something in them. */
    public int count() {
      return Math.min(pieces, partitions());
    }

    /** The partitions of a piece begin with this one and end before that of the next piece. */
    private int first(int piece) {
      return (int) ((long) piece * partitions() / count());
    }
  }

  /**
   * What is joined with the windows of a block.
   *
   * @param promptActivations rows of {@link Tables#PROMPT_ACTIVATIONS} of the model, a prompt set
   *     and the block
   * @param prompts rows of {@link Tables#PROMPTS} of the prompt set
   */
  public record Side(
      String promptSet,
      int block,
      Dataset<Row> promptActivations,
      Dataset<Row> prompts,
      JoinSettings settings) {
    /** Names the side among those of a join. */
    public String key() {
      return promptSet + "/" + block;
    }
  }

  /** A side as tasks have it: a slice of its prompts. */
  private record Target(
      String promptSet,
      int block,
      PromptVectors prompts,
      JoinPlan plan,
      JoinSettings settings,
      JoinCounters counters)
      implements Serializable {}

  private EvaluatedJoin(
      SparkSession spark,
      Dataset<Row> windows,
      Broadcast<ModelDirectory> model,
      Cut cut,
      List<Target> targets) {
    this.spark = spark;
    this.windows = windows;
    this.model = model;
    this.cut = cut;
    this.targets = targets;
    this.windowsDone = spark.sparkContext().longAccumulator("kindred: windows joined");
    this.broadcast =
        JavaSparkContext.fromSparkContext(spark.sparkContext()).broadcast(new ArrayList<>(targets));
  }

  /**
   * Plans the joins, by windows that the driver evaluates.
   *
   * @param windows rows of {@link Tables#WINDOWS} of one corpus
   * @param sides what is joined, at least one
   */
  public static EvaluatedJoin of(
      Dataset<Row> windows, Broadcast<ModelDirectory> model, Cut cut, List<Side> sides) {
    SparkSession spark = windows.sparkSession();
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    boolean isPlanned = sides.stream().anyMatch(side -> side.settings().prefixAxes() != 0);
    float[][] sample = isPlanned ? sample(windows, model.value()) : new float[0][];
    List<Target> targets = new ArrayList<>();
    for (Side side : sides) {
      PromptVectors all =
          PromptVector.matrix(PromptVector.collect(side.promptActivations(), side.prompts()));
      List<float[]> ofBlock =
          side.settings().prefixAxes() == 0
              ? List.of()
              : rows(sample[model.value().blocks().place(side.block())], all.dimension());
      JoinPlan plan = JoinPlanner.plan(all, ofBlock, side.settings());
      JoinCounters counters = JoinCounters.register(context);
      for (PromptVectors slice : JoinMemory.slices(all, side.settings())) {
        targets.add(
            new Target(side.promptSet(), side.block(), slice, plan, side.settings(), counters));
      }
    }

    return new EvaluatedJoin(spark, windows, model, cut, targets);
  }

  /** Identifies joins that find the same in the same pieces. */
  public static String id(Cut cut, List<Side> sides) {
    ContentId id = new ContentId().add(cut.toString());
    for (Side side : sides) {
      id.add(
          String.format(
              Locale.ROOT,
              ";%s %s %d",
              side.key(),
              side.settings().bins(),
              side.settings().keep()));
    }

    return id.id("j");
  }

  /** Vectors of some windows, by place of the block. */
  private static float[][] sample(Dataset<Row> windows, ModelDirectory directory) {
    int[][] tokens =
        windows
            .selectExpr("token_ids", "xxhash64(window_id) as place")
            .sort("place")
            .limit(JoinPlanner.SAMPLE_WINDOWS)
            .select("token_ids")
            .collectAsList()
            .stream()
            .map(row -> row.<Integer>getList(0).stream().mapToInt(Integer::intValue).toArray())
            .toArray(int[][]::new);
    return directory.blocks().of(LoadedModels.get(directory).vectors(directory.vectors(), tokens));
  }

  private static List<float[]> rows(float[] matrix, int dimension) {
    List<float[]> rows = new ArrayList<>();
    for (int row = 0; row < matrix.length / dimension; row++) {
      rows.add(Vectors.row(matrix, row, dimension));
    }

    return rows;
  }

  /** Windows that tasks have evaluated and joined so far. A task that runs twice counts twice. */
  public LongAccumulator windowsDone() {
    return windowsDone;
  }

  /** Joins a piece: rows with the file columns of {@link Tables#EVIDENCE_PIECES}, in no order. */
  public Dataset<Row> evidence(int piece) {
    if (sequences == null) {
      sequences =
          TreeBatches.cut(
                  windows.select(col("window_id").as("id"), col("token_ids").as("tokenIds")),
                  cut.batchSize(),
                  cut.partitions())
              .javaRDD();
    }

    int first = cut.first(piece);
    int end = cut.first(piece + 1);
    JavaRDD<Sequence> ofPiece =
        PartitionPruningRDD.create(
                sequences.rdd(),
                (scala.Function1<Object, Object> & Serializable)
                    partition -> (Integer) partition >= first && (Integer) partition < end)
            .toJavaRDD();
    Dataset<Found> found =
        GpuTasks.mapPartitions(
            spark.createDataset(ofPiece.rdd(), Encoders.bean(Sequence.class)),
            new EvaluateAndJoin(
                model, broadcast, nextTokens(ofPiece), cut.batchSize(), windowsDone),
            Encoders.bean(Found.class));
    return found.select(
        col("promptSet").as("prompt_set"),
        col("block"),
        col("evidence.promptId").as("prompt_id"),
        col("evidence.similarCounts").as("similar_counts"),
        col("evidence.ownBin").as("own_bin"),
        col("evidence.tokens").as("tokens"),
        col("evidence.counts").as("counts"),
        col("evidence.windowIds").as("window_ids"),
        col("evidence.similarities").as("similarities"));
  }

  /** Those of the whole corpus, if they fit into a broadcast, else the piece's. */
  private Broadcast<NextTokens> nextTokens(JavaRDD<Sequence> ofPiece) {
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    if (cut.windows() > SimilarStrings.PIECE_WINDOWS) {
      Dataset<Row> ids =
          spark
              .createDataset(ofPiece.map(Sequence::getId).rdd(), Encoders.LONG())
              .toDF("window_id");
      return context.broadcast(NextTokens.collect(windows, ids));
    }

    if (allNextTokens == null) {
      allNextTokens = context.broadcast(NextTokens.collect(windows));
    }

    return allNextTokens;
  }

  /**
   * How the pairs of each side were settled by now: {@code PROMPT_SET/BLOCK/axes}, and numbers of
   * pairs {@code by_prefix}, {@code by_float} and {@code by_double}.
   */
  public Map<String, Double> settled() {
    Map<String, Double> numbers = new TreeMap<>();
    for (Target target : targets) {
      String key = target.promptSet() + "/" + target.block() + "/";
      numbers.put(key + "axes", (double) target.plan().shortAxes());
      numbers.put(key + "by_prefix", (double) target.counters().byPrefix().sum());
      numbers.put(key + "by_float", (double) target.counters().byFloat().sum());
      numbers.put(key + "by_double", (double) target.counters().byDouble().sum());
    }

    return numbers;
  }

  /** What was planned for each side, for the log. */
  public String plan() {
    StringBuilder text = new StringBuilder();
    for (Target target : targets) {
      text.append(target.promptSet()).append('/').append(target.block());
      text.append(": ").append(target.plan()).append("; ");
    }

    return text.toString();
  }

  /**
   * Adds up what pieces have of one prompt set and block.
   *
   * @param pieces rows of {@link Tables#EVIDENCE_PIECES} of one join
   * @param side whose evidence it is
   * @return one row a prompt, also for prompts without evidence
   */
  public static Dataset<Evidence> merged(Dataset<Row> pieces, Side side) {
    int keep = side.settings().keep();
    Dataset<Evidence> found =
        pieces
            .where(
                col("prompt_set").equalTo(side.promptSet()).and(col("block").equalTo(side.block())))
            .select(
                col("prompt_id").as("promptId"),
                col("similar_counts").as("similarCounts"),
                col("own_bin").as("ownBin"),
                col("tokens"),
                col("counts"),
                col("window_ids").as("windowIds"),
                col("similarities"))
            .as(Encoders.bean(Evidence.class));
    Dataset<Evidence> none =
        side.prompts()
            .select("prompt_id")
            .as(Encoders.INT())
            .map((MapFunction<Integer, Evidence>) Evidence::none, Encoders.bean(Evidence.class));
    return found
        .unionByName(none)
        .groupByKey((MapFunction<Evidence, Integer>) Evidence::getPromptId, Encoders.INT())
        .mapGroups(
            (MapGroupsFunction<Integer, Evidence, Evidence>)
                (promptId, parts) -> Evidence.merge(promptId, parts, keep),
            Encoders.bean(Evidence.class));
  }

  private static final class EvaluateAndJoin implements MapPartitionsFunction<Sequence, Found> {
    private static final long serialVersionUID = 1L;

    private final Broadcast<ModelDirectory> directory;
    private final Broadcast<ArrayList<Target>> targets;
    private final Broadcast<NextTokens> nextTokens;
    private final int batchSize;
    private final LongAccumulator windowsDone;

    private EvaluateAndJoin(
        Broadcast<ModelDirectory> directory,
        Broadcast<ArrayList<Target>> targets,
        Broadcast<NextTokens> nextTokens,
        int batchSize,
        LongAccumulator windowsDone) {
      this.directory = directory;
      this.targets = targets;
      this.nextTokens = nextTokens;
      this.batchSize = batchSize;
      this.windowsDone = windowsDone;
    }

    @Override
    public Iterator<Found> call(Iterator<Sequence> windows) {
      LanguageModel model = LoadedModels.get(directory.value());
      Blocks blocks = directory.value().blocks();
      Iterator<List<Sequence>> batches = TreeBatches.batches(windows, batchSize);
      List<Target> all = targets.value();
      List<ChunkJoin> joins = new ArrayList<>();
      for (Target target : all) {
        joins.add(
            new ChunkJoin(
                target.prompts(),
                nextTokens.value(),
                target.plan(),
                target.settings(),
                target.counters()));
      }

      long evidenceBytes = JoinMemory.EVIDENCE_BYTES / all.size();
      return new Iterator<>() {
        private final List<Found> drained = new ArrayList<>();
        private int next;

        @Override
        public boolean hasNext() {
          while (next == drained.size() && batches.hasNext()) {
            drained.clear();
            next = 0;
            join(batches.next());
          }

          return next < drained.size();
        }

        @Override
        public Found next() {
          if (!hasNext()) {
            throw new NoSuchElementException();
          }

          return drained.get(next++);
        }

        private void join(List<Sequence> batch) {
          float[][] outputs =
              blocks.of(
                  model.vectors(
                      directory.value().vectors(), TreeBatches.tree(batch), blocks.depth()));
          boolean last = !batches.hasNext();
          int place = -1;
          List<WindowVector> chunk = Collections.emptyList();
          for (int i = 0; i < joins.size(); i++) {
            if (blocks.place(all.get(i).block()) != place) {
              place = blocks.place(all.get(i).block());
              chunk = chunk(batch, outputs[place]);
            }

            ChunkJoin join = joins.get(i);
            join.take(chunk);
            while (join.hasMore()) {
              join.joinSome();
              if (join.isFull(evidenceBytes)) {
                drain(all.get(i), join);
              }
            }

            if (last) {
              drain(all.get(i), join);
              join.end();
            }
          }

          windowsDone.add(batch.size());
        }

        private void drain(Target target, ChunkJoin join) {
          for (Evidence evidence : join.drain()) {
            drained.add(Found.of(target, evidence));
          }
        }
      };
    }

    private static List<WindowVector> chunk(List<Sequence> batch, float[] outputs) {
      int dimension = outputs.length / batch.size();
      List<WindowVector> chunk = new ArrayList<>(batch.size());
      for (int row = 0; row < batch.size(); row++) {
        chunk.add(new WindowVector(batch.get(row).getId(), Vectors.row(outputs, row, dimension)));
      }

      return chunk;
    }
  }

  /** Evidence with what it is about. A bean for Spark's encoder. */
  public static final class Found implements Serializable {
    private static final long serialVersionUID = 1L;

    private String promptSet;
    private int block;
    private Evidence evidence;

    private static Found of(Target target, Evidence evidence) {
      Found found = new Found();
      found.promptSet = target.promptSet();
      found.block = target.block();
      found.evidence = evidence;
      return found;
    }

    public String getPromptSet() {
      return promptSet;
    }

    public void setPromptSet(String promptSet) {
      this.promptSet = promptSet;
    }

    public int getBlock() {
      return block;
    }

    public void setBlock(int block) {
      this.block = block;
    }

    public Evidence getEvidence() {
      return evidence;
    }

    public void setEvidence(Evidence evidence) {
      this.evidence = evidence;
    }
  }
}
