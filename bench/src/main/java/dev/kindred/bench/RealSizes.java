/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.bench;

import ai.djl.Device;
import dev.kindred.corpus.Tokenizer;
import dev.kindred.kernel.TileKernels;
import dev.kindred.model.LanguageModel;
import dev.kindred.model.PrefixTree;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.architecture.ConfigJson;
import dev.kindred.model.cpu.CpuModel;
import dev.kindred.model.family.Architectures;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.similarity.EnergyVectors;
import dev.kindred.similarity.JoinComparison;
import dev.kindred.similarity.JoinComparison.Way;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * How fast models of published sizes are evaluated and their vectors joined, on all cores. Weights
 * are random: only their number matters to the model, and a join of what they give says nothing, so
 * it is of vectors that are made for it.
 */
final class RealSizes {
  private static final int VOCABULARY = 49_152;
  private static final int WINDOW = 10;
  private static final int BATCH = 4_096; // windows of a task: 40,960 nodes / 10
  private static final int QUICK_BATCH = 512;
  private static final int ROUNDS = 3;
  private static final long NANOS = 30_000_000_000L;
  private static final long QUICK_NANOS = 5_000_000_000L;
  private static final int WINDOWS = 32_768;
  private static final int QUICK_WINDOWS = 8_192;
  private static final int PROMPTS = 2_000;

  private final Figures figures;
  private final boolean quick;

  RealSizes(Figures figures, boolean quick) {
    this.figures = figures;
    this.quick = quick;
  }

  /** Sizes as configurations of transformers have them, by name. */
  private static Map<String, Map<String, Object>> sizes() {
    Map<String, Map<String, Object>> sizes = new LinkedHashMap<>();
    Map<String, Object> smollm2 = config("llama", 576, 1_536, 30, 9);
    smollm2.put("num_key_value_heads", 3);
    smollm2.put("tie_word_embeddings", true);
    sizes.put("smollm2_135m", smollm2);
    Map<String, Object> pythia = config("gpt_neox", 768, 3_072, 12, 12);
    pythia.put("rotary_pct", .25);
    sizes.put("pythia_160m", pythia);
    return sizes;
  }

  private static Map<String, Object> config(
      String family, int dimension, int hidden, int blocks, int heads) {
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("model_type", family);
    config.put("vocab_size", VOCABULARY);
    config.put("hidden_size", dimension);
    config.put("intermediate_size", hidden);
    config.put("num_hidden_layers", blocks);
    config.put("num_attention_heads", heads);
    config.put("max_position_embeddings", 2_048);
    return config;
  }

  void run() {
    figures.group("8. Models of real size, windows of 10 tokens, all cores");
    sizes().forEach(this::evaluate);
    join();
  }

  private void evaluate(String name, Map<String, Object> config) {
    System.err.println("bench: size of " + name);
    Blueprint blueprint =
        Architectures.read(ConfigJson.of(config.get("model_type").toString(), config));
    Map<String, long[]> shapes = blueprint.tensors();
    int cores = Machine.cores();
    List<PrefixTree> trees =
        IntStream.range(0, cores)
            .mapToObj(core -> tree(core, quick ? QUICK_BATCH : BATCH))
            .toList();
    long windows = trees.stream().mapToLong(tree -> tree.levels()[WINDOW - 1]).sum();
    long nodes = trees.stream().flatMapToLong(tree -> Arrays.stream(tree.levels())).sum();
    ProcessMemory.resetOwnPeak();
    try (LanguageModel model =
        new CpuModel(
            blueprint,
            tensor -> random(shapes.get(tensor)),
            TileKernels.get(TileKernels.Choice.AUTO))) {
      double best = Double.MAX_VALUE;
      for (int round = 0; round < (quick ? 1 : ROUNDS); round++) {
        long started = System.nanoTime();
        trees.parallelStream().forEach(model::ffnOutputs);
        best = Math.min(best, (System.nanoTime() - started) / 1e9);
      }

      int blocks = model.shape().blocks();
      double operations =
          trees.stream().mapToDouble(tree -> model.operations(tree.levels(), blocks)).sum();
      String key = "size_" + name;
      figures.number(key + "_windows_per_second", windows / best, "windows/s", name);
      figures.number(key + "_gflops", operations / best / 1e9, "GFLOP/s", "  matrix products");
      figures.number(key + "_nodes_per_window", (double) nodes / windows, "nodes", "  prefix tree");
      figures.number(key + "_peak_memory_mib", ProcessMemory.ownPeakMib(), "MiB", "  peak memory");
    }
  }

  /**
   * Evaluates a given model on a text's distinct windows in order, batches of {@link #BATCH} of
   * them drawn at random, for half a minute.
   */
  void evaluate(ModelDirectory given, CorpusText text) {
    System.err.println("bench: windows of the corpus, by the model");
    int[] tokens = Tokenizer.of(given.tokenizerJson()).encode(text.text());
    int[][] windows =
        IntStream.rangeClosed(0, tokens.length - WINDOW)
            .mapToObj(start -> Arrays.copyOfRange(tokens, start, start + WINDOW))
            .collect(Collectors.toCollection(() -> new TreeSet<int[]>(Arrays::compare)))
            .toArray(int[][]::new);
    List<Integer> starts =
        IntStream.iterate(0, start -> start < windows.length, start -> start + BATCH)
            .boxed()
            .collect(Collectors.toList());
    Collections.shuffle(starts, new Random(1));
    DoubleAdder operations = new DoubleAdder();
    LongAdder nodes = new LongAdder();
    LongAdder done = new LongAdder();
    try (LanguageModel model = given.load(Device.cpu())) {
      int blocks = model.shape().blocks();
      model.ffnOutputs(PrefixTree.of(Arrays.copyOf(windows, Math.min(windows.length, 512))));
      AtomicInteger next = new AtomicInteger();
      long started = System.nanoTime();
      long end = started + (quick ? QUICK_NANOS : NANOS);
      IntStream.range(0, Machine.cores())
          .parallel()
          .forEach(
              core -> {
                while (System.nanoTime() < end) {
                  int start = starts.get(next.getAndIncrement() % starts.size());
                  int to = Math.min(windows.length, start + BATCH);
                  PrefixTree tree = PrefixTree.of(Arrays.copyOfRange(windows, start, to));
                  model.ffnOutputs(tree);
                  operations.add(model.operations(tree.levels(), blocks));
                  nodes.add(Arrays.stream(tree.levels()).sum());
                  done.add(to - start);
                }
              });
      double seconds = (System.nanoTime() - started) / 1e9;
      figures.number(
          "size_given_windows_per_second", done.sum() / seconds, "windows/s", "the given model");
      figures.number(
          "size_given_gflops", operations.sum() / seconds / 1e9, "GFLOP/s", "  matrix products");
      figures.number(
          "size_given_nodes_per_window",
          nodes.doubleValue() / done.sum(),
          "nodes",
          "  prefix tree");
    }
  }

  private static float[] random(long[] shape) {
    SplittableRandom random = new SplittableRandom(shape.length);
    float[] values = new float[(int) Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (.02 * random.nextDouble(-1, 1));
    }

    return values;
  }

  /** Windows of a text whose tokens are as often as one over their rank, in order. */
  private static PrefixTree tree(int seed, int windows) {
    SplittableRandom random = new SplittableRandom(seed);
    int[] text =
        random
            .doubles(windows + WINDOW - 1L)
            .mapToInt(u -> (int) Math.pow(VOCABULARY, u) - 1)
            .toArray();
    return PrefixTree.of(
        IntStream.range(0, windows)
            .mapToObj(start -> Arrays.copyOfRange(text, start, start + WINDOW))
            .sorted(Arrays::compare)
            .toArray(int[][]::new));
  }

  private void join() {
    int dimension = 576;
    System.err.println("bench: join of vectors with half of their energy in 32 axes");
    JoinComparison.Outcome outcome =
        JoinComparison.compare(
            EnergyVectors.block(quick ? QUICK_WINDOWS : WINDOWS, PROMPTS, dimension),
            Machine.cores(),
            quick ? 1 : ROUNDS);
    Map<Way, Double> seconds = outcome.seconds();
    figures.note(
        String.format(
            Locale.ROOT,
            "  join, d_model %d, half of the energy in 32 axes: %s",
            dimension,
            outcome.plan()));
    for (Way way : List.of(Way.BRUTE, Way.PRUNED)) {
      String name = way.name().toLowerCase(Locale.ROOT);
      figures.number(
          "size_join_" + name + "_seconds_per_1e9_pairs",
          seconds.get(way) / outcome.pairs() * 1e9,
          "s/1e9",
          "  " + name);
    }

    figures.number(
        "size_join_pruned_over_brute",
        seconds.get(Way.BRUTE) / seconds.get(Way.PRUNED),
        "x",
        "  pruned over brute");
    figures.number("size_join_found", outcome.found(), "of 1", "  pairs above the threshold");
    figures.number(
        "size_join_by_prefix", outcome.pruned().byPrefix(), "of 1", "  settled by prefix");
    figures.flag("size_join_pairs_equal", outcome.equal(), "  every way found the same");
  }
}
