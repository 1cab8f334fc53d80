/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.bench;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.kindred.DjlEngine;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.architecture.TrainedArchitecture;
import dev.kindred.model.family.Architectures;
import dev.kindred.model.torch.DropoutMasks;
import dev.kindred.model.torch.TorchTraining;
import dev.kindred.training.Recipe;
import dev.kindred.training.Trainer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Steps of a training against the engine's {@code matMul} on the same shapes, and where the time of
 * a step goes. They take turns, one thread a core.
 */
final class TrainingComparison {
  /** The architecture whose figures have no name of an architecture in their keys. */
  private static final String FIRST = "gpt";

  private static final List<String> ARCHITECTURES = List.of(FIRST, "llama", "gpt_neox", "mixer");
  private static final int VOCABULARY = 65;
  private static final int BLOCKS = 6;
  private static final int HEADS = 6;
  private static final int CONTEXT = 256;
  private static final int BATCH_TOKENS = 8192;
  private static final int PART_TOKENS = 1024; // what a thread works on at once
  private static final int LENGTH = 128; // of sequences, where one length stands for all
  private static final double DROPOUT = .1;
  private static final int ROUNDS = 3;

  private final Figures figures;
  private final boolean quick;

  TrainingComparison(Figures figures, boolean quick) {
    this.figures = figures;
    this.quick = quick;
  }

  void run() {
    System.err.println("bench: training");
    figures.group("6. Training: 6 blocks, steps of " + BATCH_TOKENS + " tokens, all cores");
    DjlEngine.load();
    for (int dModel : quick ? new int[] {192} : new int[] {192, 384}) {
      for (String architecture : quick ? List.of(FIRST, "mixer") : ARCHITECTURES) {
        compare(architecture, dModel);
      }
    }
  }

  private void compare(String architecture, int dModel) {
    Blueprint blueprint = blueprint(architecture, dModel);
    int rounds = quick ? 1 : ROUNDS;
    double[] steps = new double[rounds];
    double[] products = new double[rounds];
    double[] forward = new double[rounds];
    double[] both = new double[rounds];
    double[] masks = new double[rounds];
    ExecutorService executor = Executors.newFixedThreadPool(Machine.cores());
    try (Trainer trainer =
            new Trainer(
                blueprint,
                recipe(),
                tokens(100_000),
                Machine.cores(),
                blueprint.initialWeights(1));
        TorchTraining model =
            new TorchTraining(blueprint, blueprint.initialWeights(2), Device.cpu());
        NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
      int parts = BATCH_TOKENS / PART_TOKENS;
      int[][] sequences = sequences();
      Matrices matrices = new Matrices(manager, blueprint);
      trainer.next(); // warms up, as do the first calls of the others
      for (int round = -1; round < rounds; round++) {
        int at = Math.max(0, round);
        products[at] = seconds(executor, parts, part -> matrices.multiply());
        steps[at] = seconds(trainer::next);
        forward[at] = seconds(executor, parts, part -> model.nats(sequences));
        both[at] =
            seconds(
                executor,
                parts,
                part -> model.gradients(sequences, 1, new DropoutMasks(0, part)).close());
        masks[at] =
            seconds(
                    executor,
                    parts,
                    part -> model.gradients(sequences, 1, new DropoutMasks(DROPOUT, part)).close())
                - both[at];
      }

      String key = (architecture.equals(FIRST) ? "" : "_" + architecture) + "_d_model_" + dModel;
      String label = architecture + ", d_model " + dModel;
      add(key, label, blueprint, parts, steps, products, forward, both, masks);
      if (dModel == 192 && architecture.equals(FIRST)) {
        calls(executor, parts);
      }
    } finally {
      executor.shutdownNow();
    }
  }

  private void add(
      String suffix,
      String label,
      Blueprint blueprint,
      int parts,
      double[] steps,
      double[] products,
      double[] forward,
      double[] both,
      double[] masks) {
    double step = Median.of(steps);
    double linear = parts * Matrices.operations(blueprint);
    double all = BATCH_TOKENS * blueprint.trainingOperations(LENGTH);
    double matMul = linear / Median.of(products) / 1e9;
    figures.number(
        "training_tokens_per_second" + suffix, BATCH_TOKENS / step, "1/s", "training, " + label);
    figures.number("training_gflops" + suffix, all / step / 1e9, "GFLOP/s", "its matrix products");
    figures.number(
        "training_matmul_gflops" + suffix, matMul, "GFLOP/s", "DJL matMul on the same shapes");
    figures.number(
        "training_over_matmul" + suffix, all / step / 1e9 / matMul, "x", "training over matMul");
    figures.number(
        "training_share_forward" + suffix,
        Median.of(forward) / step,
        "",
        "share of a step: forward");
    figures.number(
        "training_share_backward" + suffix,
        (Median.of(both) - Median.of(forward)) / step,
        "",
        "backward");
    figures.number("training_share_dropout" + suffix, Median.of(masks) / step, "", "dropout");
    figures.number(
        "training_share_optimizer" + suffix,
        (step - Median.of(both) - Median.of(masks)) / step,
        "",
        "adding up gradients, clipping, AdamW");
  }

  /**
   * What calls of the engine cost by themselves: parts so small that they compute next to nothing.
   */
  private void calls(ExecutorService executor, int parts) {
    Blueprint blueprint = blueprint(FIRST, HEADS);
    int[][] sequence = {{1, 2, 3}};
    try (TorchTraining model =
        new TorchTraining(blueprint, blueprint.initialWeights(2), Device.cpu())) {
      double best = Double.POSITIVE_INFINITY;
      for (int round = 0; round < 20; round++) {
        best =
            Math.min(
                best,
                seconds(
                    executor,
                    parts,
                    part -> model.gradients(sequence, 1, new DropoutMasks(DROPOUT, part)).close()));
      }

      figures.number(
          "training_call_seconds", best, "s", "a step's calls of the engine, without work");
    }
  }

  private interface Work {
    void run(int part) throws Exception;
  }

  private static double seconds(Callable<?> work) {
    long started = System.nanoTime();
    try {
      work.call();
    } catch (Exception e) {
      throw new IllegalStateException("training: " + e.getMessage(), e);
    }

    return (System.nanoTime() - started) / 1e9;
  }

  /** Seconds for all parts, which the cores share. */
  private static double seconds(ExecutorService executor, int parts, Work work) {
    return seconds(
        () -> {
          List<Future<?>> begun = new ArrayList<>();
          for (int i = 0; i < parts; i++) {
            int part = i;
            begun.add(
                executor.submit(
                    () -> {
                      work.run(part);
                      return null;
                    }));
          }

          for (Future<?> done : begun) {
            try {
              done.get();
            } catch (ExecutionException e) {
              throw new IllegalStateException(e.getCause());
            }
          }

          return null;
        });
  }

  /** The products of a part's linear maps: forward, and both of backward. */
  private static final class Matrices {
    private final List<NDArray[]> factors = new ArrayList<>();

    private Matrices(NDManager manager, Blueprint blueprint) {
      maps(blueprint).forEach(shape -> add(manager, (int) shape[1], (int) shape[0]));
    }

    /** The shapes of linear maps: what is neither a table of vectors nor between positions. */
    private static List<long[]> maps(Blueprint blueprint) {
      List<long[]> maps = new ArrayList<>();
      blueprint
          .tensors()
          .forEach(
              (name, shape) -> {
                boolean isTable = name.equals(blueprint.embedding().table());
                if (shape.length == 2 && !isTable && shape[0] != CONTEXT) {
                  maps.add(shape);
                }
              });
      return maps;
    }

    private void add(NDManager manager, int in, int out) {
      factors.add(
          new NDArray[] {
            manager.randomNormal(new Shape(PART_TOKENS, in)),
            manager.randomNormal(new Shape(out, in)),
            manager.randomNormal(new Shape(PART_TOKENS, out))
          });
    }

    private void multiply() {
      for (NDArray[] map : factors) {
        product(map[0], map[1].transpose());
        product(map[2], map[1]);
        product(map[2].transpose(), map[0]);
      }
    }

    private static void product(NDArray left, NDArray right) {
      left.matMul(right).close();
    }

    private static double operations(Blueprint blueprint) {
      return 6. * PART_TOKENS * maps(blueprint).stream().mapToDouble(map -> map[0] * map[1]).sum();
    }
  }

  private static Blueprint blueprint(String architecture, int dModel) {
    TrainedArchitecture trained = Architectures.trained(architecture);
    return trained.read(
        trained.config(new TrainedArchitecture.Size(VOCABULARY, dModel, BLOCKS, HEADS, CONTEXT)));
  }

  /** Sequences of one length, whose attention has about the work of the mean of all. */
  private static Recipe recipe() {
    return new Recipe(
        1,
        1_000,
        BATCH_TOKENS,
        List.of(0., 0., 1., 0.),
        1e-3,
        5e-5,
        100,
        Recipe.Decay.COSINE,
        0,
        .9,
        .99,
        .1,
        Recipe.DecayedWeights.MATRICES,
        1,
        DROPOUT,
        1_000,
        1);
  }

  private static int[] tokens(int size) {
    return new SplittableRandom(1).ints(size, 0, VOCABULARY).toArray();
  }

  private static int[][] sequences() {
    int[][] sequences = new int[PART_TOKENS / LENGTH][];
    for (int i = 0; i < sequences.length; i++) {
      sequences[i] = tokens(LENGTH + 1);
    }

    return sequences;
  }
}
