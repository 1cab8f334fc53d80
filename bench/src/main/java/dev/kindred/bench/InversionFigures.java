/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.bench;

import ai.djl.Device;
import dev.kindred.DjlEngine;
import dev.kindred.inversion.Decoder;
import dev.kindred.inversion.Descent;
import dev.kindred.inversion.Experiment;
import dev.kindred.inversion.Inversion;
import dev.kindred.inversion.InversionGrid;
import dev.kindred.inversion.InversionLoss;
import dev.kindred.inversion.Target;
import dev.kindred.inversion.TokenVectors;
import dev.kindred.model.ResidualStream;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.architecture.Initialization;
import dev.kindred.model.architecture.TrainedArchitecture;
import dev.kindred.model.family.Architectures;
import dev.kindred.model.torch.TorchModel;
import java.util.List;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.concurrent.ForkJoinPool;
import java.util.stream.IntStream;

/**
 * How fast inputs are searched for: one block of a model of dickens-small's shape, whose speed does
 * not depend on what it has learned.
 */
final class InversionFigures {
  private static final int VOCABULARY = 77;
  private static final int WIDTH = 192;
  private static final int PROMPTS = 100;
  private static final int LENGTH = 16;
  private static final int RESTARTS = 5;
  private static final int STEPS = 500;
  private static final int QUICK_STEPS = 50;
  private static final int OPERATIONS =
      6 * 12; // a token and weight, forward and back; weights of D^2

  private final Figures figures;
  private final boolean quick;

  InversionFigures(Figures figures, boolean quick) {
    this.figures = figures;
    this.quick = quick;
  }

  void run() {
    System.err.println("bench: inversion");
    figures.group("9. Inversion: 100 prompts of 16 tokens, 5 restarts, one block, all cores");
    DjlEngine.load();
    TrainedArchitecture trained = Architectures.trained("gpt");
    Blueprint blueprint =
        trained.read(trained.config(new TrainedArchitecture.Size(VOCABULARY, WIDTH, 1, 6, 256)));
    int steps = quick ? QUICK_STEPS : STEPS;
    SplittableRandom random = new SplittableRandom(1);
    List<int[]> prompts =
        IntStream.range(0, PROMPTS)
            .mapToObj(prompt -> random.ints(LENGTH, 0, VOCABULARY).toArray())
            .toList();
    try (ResidualStream model =
        TorchModel.load(
            blueprint,
            blueprint.initial(Initialization.COMMON, OptionalInt.empty(), 1),
            Device.cpu())
            .stream()) {
      TokenVectors tokens = TokenVectors.of(model);
      Decoder decoder = new Decoder(tokens);
      InversionGrid grid =
          new InversionGrid(List.of(experiment(steps)), prompts, RESTARTS, 1, List.of());
      long started = System.nanoTime();
      long found = all(grid, new Inversion(model, tokens, decoder, grid));
      double seconds = (System.nanoTime() - started) / 1e9;
      double peak = FamilyComparison.peak() * Machine.cores();
      double operations = (double) found * LENGTH * steps * OPERATIONS * WIDTH * WIDTH;
      figures.number(
          "inversion_seconds_of_500_steps", seconds * STEPS / steps, "s", "500 searches");
      figures.number(
          "inversion_gflops", operations / seconds / 1e9, "GFLOP/s", "  matrix products");
      figures.number(
          "inversion_over_peak", operations / seconds / 1e9 / peak, "x", "  over the cores' peak");
    }
  }

  private static Experiment experiment(int steps) {
    return new Experiment(
        Experiment.Method.INDIRECT,
        Target.of(1),
        InversionLoss.of(InversionLoss.Kind.L1, 1),
        new Descent(Descent.Optimizer.GD, steps, 9e-4, 9e-5),
        0,
        .02,
        Experiment.Positions.OWN,
        .007);
  }

  /** Searches for all units, a thread a core, and returns how many searches there were. */
  private static long all(InversionGrid grid, Inversion inversion) {
    ForkJoinPool cores = new ForkJoinPool(Machine.cores());
    try {
      return cores
          .submit(
              () ->
                  grid.units().parallelStream()
                      .mapToLong(unit -> inversion.find(unit).size())
                      .sum())
          .join();
    } finally {
      cores.shutdown();
    }
  }
}
