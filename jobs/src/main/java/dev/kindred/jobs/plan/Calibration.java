/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.plan;

import dev.kindred.activation.Activations.Activation;
import dev.kindred.jobs.workspace.NewFolders;
import dev.kindred.math.Vectors;
import dev.kindred.model.Blocks;
import dev.kindred.model.DistinctSequences;
import dev.kindred.model.GpuTasks;
import dev.kindred.model.LanguageModel;
import dev.kindred.model.ModelShape;
import dev.kindred.model.TaskDevice;
import dev.kindred.model.files.LoadedModels;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.similarity.EvidenceSample;
import dev.kindred.similarity.JoinSample;
import dev.kindred.similarity.JoinSettings;
import dev.kindred.similarity.NextTokens;
import dev.kindred.table.Part;
import dev.kindred.table.StoredVectors;
import dev.kindred.table.Table;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.io.IOException;
import java.io.Serializable;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.apache.hadoop.fs.Path;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.functions;
import org.apache.spark.util.LongAccumulator;
import org.apache.spark.util.TaskCompletionListener;

/**
 * How fast this cluster is, measured in some seconds with a task on every core at once: the model
 * and the join on windows of the corpus, and writing and reading vectors in the warehouse.
 *
 * <p>The model on a CPU and the join are timed by the processor time of their tasks: the figures
 * are for cores that do nothing else. Join and prefixes are timed on the CPU also where tasks have
 * GPUs.
 */
final class Calibration {
  private static final double WARM_UP_SECONDS = 1.5;
  private static final double MODEL_SECONDS = 2.5;
  private static final double JOIN_SECONDS = 4; // all blocks together
  private static final double JOIN_WARM_UP_SECONDS = 1.5;

  /** Windows of a batch that the model is warmed up with. */
  private static final int WARM_UP_WINDOWS = 64;

  private static final int PROMPTS = 960;

  /** Windows and prompts that the join is timed with, at least: fewer would not fill its tiles. */
  private static final int LEAST_WINDOWS = 768;

  private static final long VECTOR_BYTES = 48L << 20;
  private static final int ROUNDS = 4;
  private static final int EMPTY_TASKS = 500;
  private static final long COLLECTED_WINDOWS = 200_000;

  private static final java.nio.file.Path SCHEDULER_STATISTICS =
      java.nio.file.Path.of("/proc/thread-self/schedstat");
  private static final float[] NOISE = noise();

  private final SparkSession spark;
  private final Warehouse warehouse;
  private final ModelDirectory model;
  private final int cores;

  Calibration(SparkSession spark, Warehouse warehouse, ModelDirectory model) {
    this.spark = spark;
    this.warehouse = warehouse;
    this.model = model;
    this.cores = spark.sparkContext().defaultParallelism();
  }

  /**
   * Measures.
   *
   * @param sample distinct windows of the corpus, in random order; some stand for prompts
   * @param join settings of the join, one a block
   */
  Estimate.Rates rates(List<int[]> sample, JoinSettings[] join) {
    List<Timed> timed = timeTasks(sample, join);
    double written = 0;
    double read = 0;
    for (int round = 0; round < ROUNDS; round++) { // the first ones warm up
      double[] rates = timeVectors(VECTOR_BYTES);
      written = Math.max(written, rates[0]);
      read = Math.max(read, rates[1]);
    }

    int blocks = model.blocks().count();
    return new Estimate.Rates(
        cores,
        cores * mean(timed, Timed::operationsPerSecond),
        written,
        read,
        IntStream.range(0, blocks)
            .mapToDouble(b -> mean(timed, t -> t.joins()[b].secondsPerPair()))
            .toArray(),
        IntStream.range(0, blocks)
            .mapToDouble(b -> mean(timed, t -> t.joins()[b].operationsPerPair()))
            .toArray(),
        IntStream.range(0, blocks)
            .mapToDouble(b -> mean(timed, t -> t.joins()[b].found()))
            .toArray());
  }

  /** Measures what a driver does alone, and merging. */
  ClusterPlan.Overheads overheads() {
    double task = Double.POSITIVE_INFINITY;
    double nextTokens = Double.POSITIVE_INFINITY;
    double evidence = 0;
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    Dataset<Row> windows =
        spark
            .range(COLLECTED_WINDOWS)
            .selectExpr("id as window_id", "map(int(id % 997), 1L) as next_tokens");
    for (int round = 0; round < ROUNDS; round++) { // the first ones warm up
      long started = System.nanoTime();
      context.parallelize(List.of(), EMPTY_TASKS).foreach(nothing -> {});
      task = Math.min(task, seconds(started) / EMPTY_TASKS);
      started = System.nanoTime();
      NextTokens.collect(windows);
      nextTokens = Math.min(nextTokens, seconds(started) / COLLECTED_WINDOWS);
      started = System.nanoTime();
      evidence = Math.max(evidence, EvidenceSample.merge(spark) / seconds(started) / cores);
    }

    return new ClusterPlan.Overheads(task, nextTokens, evidence);
  }

  private static double mean(List<Timed> timed, ToDoubleFunction<Timed> figure) {
    return timed.stream().mapToDouble(figure).average().orElseThrow();
  }

  private List<Timed> timeTasks(List<int[]> sample, JoinSettings[] join) {
    Broadcast<ModelDirectory> broadcast = model.onExecutors(spark);
    Dataset<Integer> tasks =
        spark
            .createDataset(IntStream.range(0, cores).boxed().toList(), Encoders.INT())
            .repartitionById(cores, functions.col("value"));
    return GpuTasks.mapPartitions(
            tasks,
            new TimeTask(broadcast, new ArrayList<>(sample), join),
            Encoders.javaSerialization(Timed.class))
        .collectAsList();
  }

  /** Bytes of vectors written and read a second, all cores together. */
  private double[] timeVectors(long bytes) {
    ModelShape shape = model.shape();
    int dimension = shape.modelDimension();
    int blocks = model.blocks().count();
    long rows = Math.max(1, bytes / Float.BYTES / dimension);
    String key = "calibration-" + UUID.randomUUID();
    Table table = Tables.ACTIVATIONS;
    Part part = warehouse.part(table, key, "c");
    LongAccumulator writing = spark.sparkContext().longAccumulator();
    LongAccumulator reading = spark.sparkContext().longAccumulator();
    try {
      Dataset<Row> vectors =
          spark
              .range(0, rows, 1, cores)
              .mapPartitions(
                  (MapPartitionsFunction<Long, Activation>)
                      ids -> {
                        timeThisTask(writing);
                        return activations(ids, blocks, dimension);
                      },
                  Encoders.bean(Activation.class))
              .select(
                  functions.col("block"),
                  functions.col("windowId").as("window_id"),
                  functions.col("ffnOut").as("ffn_out"));
      part.writeVectors(vectors, blocks);
      long floats =
          StoredVectors.rows(part.read().select("ffn_out"))
              .mapPartitions(
                  read -> {
                    timeThisTask(reading);
                    return floats(read);
                  })
              .reduce(Long::sum);
      return new double[] {
        1e9 * cores * Float.BYTES * rows * dimension / writing.sum(),
        1e9 * cores * Float.BYTES * floats / reading.sum()
      };
    } finally {
      NewFolders.delete(
          warehouse.fileSystem(),
          new Path(new Path(warehouse.root(), table.name()), "model_id=" + key));
    }
  }

  private static float[] noise() {
    Random random = new Random(1);
    float[] noise = new float[1 << 18];
    for (int k = 0; k < noise.length; k++) {
      noise[k] = random.nextFloat() - .5f;
    }

    return noise;
  }

  /** Adds what this task takes from here to its end. */
  private static void timeThisTask(LongAccumulator nanoseconds) {
    long started = System.nanoTime() - queuedTime();
    TaskContext.get()
        .addTaskCompletionListener(
            (TaskCompletionListener)
                task -> nanoseconds.add(System.nanoTime() - queuedTime() - started));
  }

  /**
   * How long this thread has waited for a core, in nanoseconds, because of other work on the
   * machine; 0 where the system does not say.
   */
  private static long queuedTime() {
    try {
      return Long.parseLong(Files.readString(SCHEDULER_STATISTICS).split(" ")[1]);
    } catch (IOException | RuntimeException e) {
      return 0; // Only Linux has them: elsewhere waiting counts.
    }
  }

  private static Iterator<Activation> activations(Iterator<Long> ids, int blocks, int dimension) {
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return ids.hasNext();
      }

      @Override
      public Activation next() {
        return activation(ids.next(), blocks, dimension);
      }
    };
  }

  private static Activation activation(long id, int blocks, int dimension) {
    int start = (int) (id * 31 % (NOISE.length - dimension));
    float[] vector = Arrays.copyOfRange(NOISE, start, start + dimension);
    Activation activation = new Activation();
    activation.setBlock((int) (id % blocks));
    activation.setWindowId(id / blocks);
    activation.setFfnOut(vector);
    return activation;
  }

  private static Iterator<Long> floats(Iterator<InternalRow> rows) {
    long floats = 0;
    while (rows.hasNext()) {
      floats += rows.next().getArray(0).toFloatArray().length;
    }

    return List.of(floats).iterator();
  }

  private static double seconds(long started) {
    return (System.nanoTime() - started) / 1e9;
  }

  /** What one task has measured. */
  public record Timed(double operationsPerSecond, JoinSample.Timing[] joins)
      implements Serializable {}

  private static final class TimeTask implements MapPartitionsFunction<Integer, Timed> {
    private static final long serialVersionUID = 1L;

    private final Broadcast<ModelDirectory> directory;
    private final ArrayList<int[]> sample;
    private final JoinSettings[] join;

    private TimeTask(
        Broadcast<ModelDirectory> directory, ArrayList<int[]> sample, JoinSettings[] join) {
      this.directory = directory;
      this.sample = sample;
      this.join = join;
    }

    @Override
    public Iterator<Timed> call(Iterator<Integer> ids) {
      List<Timed> timed = new ArrayList<>();
      while (ids.hasNext()) {
        ids.next();
        timed.add(time(LoadedModels.get(directory.value()), directory.value()));
      }

      return timed.iterator();
    }

    private Timed time(LanguageModel model, ModelDirectory lookedAt) {
      Blocks blocks = lookedAt.blocks();
      double rate = 0;
      int first = Math.min(WARM_UP_WINDOWS, sample.size());
      for (long started = System.nanoTime(); rate == 0 || seconds(started) < WARM_UP_SECONDS; ) {
        rate = evaluate(model, lookedAt, first).operationsPerSecond();
      }

      double perWindow = operations(model, blocks, tree(first)) / first;
      int count =
          (int) Math.min(sample.size(), Math.max(LEAST_WINDOWS, MODEL_SECONDS * rate / perWindow));
      Evaluation evaluation = evaluate(model, lookedAt, count);
      int dimension = model.shape().modelDimension();
      JoinSample.Timing[] joins = new JoinSample.Timing[join.length];
      for (int block = 0; block < join.length; block++) {
        List<float[]> vectors = new ArrayList<>();
        for (int i = 0; i < count; i++) {
          vectors.add(Vectors.row(evaluation.outputs()[block], i, dimension));
        }

        int prompts = Math.min(PROMPTS, Math.max(1, count / 2));
        List<float[]> asPrompts = vectors.subList(0, prompts);
        List<float[]> asWindows =
            vectors.subList(
                Math.min(prompts, count - 1), Math.min(count, prompts + JoinSample.WINDOWS));
        if (block == 0) {
          JoinSample.time(asPrompts, asWindows, join[block], JOIN_WARM_UP_SECONDS);
        }

        joins[block] =
            JoinSample.time(asPrompts, asWindows, join[block], JOIN_SECONDS / join.length);
      }

      return new Timed(evaluation.operationsPerSecond(), joins);
    }

    private static long cpuTime() {
      return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    private DistinctSequences tree(int count) {
      return DistinctSequences.of(sample.subList(0, count).toArray(int[][]::new));
    }

    private Evaluation evaluate(LanguageModel model, ModelDirectory lookedAt, int count) {
      Blocks blocks = lookedAt.blocks();
      DistinctSequences sequences = tree(count);
      boolean onGpu = TaskDevice.assigned().isGpu();
      long started = onGpu ? System.nanoTime() : cpuTime();
      float[][] outputs =
          blocks.of(model.vectors(lookedAt.vectors(), sequences.tree(), blocks.depth()));
      double taken = ((onGpu ? System.nanoTime() : cpuTime()) - started) / 1e9;
      double rate = operations(model, blocks, sequences) / taken;
      float[][] inOrder = new float[outputs.length][];
      Arrays.setAll(
          inOrder, block -> sequences.ofSequences(outputs[block], model.shape().modelDimension()));
      return new Evaluation(rate, inOrder);
    }

    private static double operations(
        LanguageModel model, Blocks blocks, DistinctSequences sequences) {
      return model.operations(sequences.tree().levels(), blocks.depth());
    }

    /** Vectors by block, in the order of the sample. */
    private record Evaluation(double operationsPerSecond, float[][] outputs) {}
  }
}
