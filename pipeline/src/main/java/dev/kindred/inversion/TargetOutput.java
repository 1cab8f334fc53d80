/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.inversion;

import dev.kindred.model.Changes;
import dev.kindred.model.Hook;
import dev.kindred.model.HookPoint;
import dev.kindred.model.Input;
import dev.kindred.model.ResidualStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A model's output, as much of it as {@link Target}s count, as a function of the vectors that stand
 * before block 0, and gradients of it.
 *
 * <p>Letters in shapes: B = sequences, T = tokens in each, D = {@code d_model}, n = numbers that
 * count of a sequence.
 */
final class TargetOutput implements InvertedOutput {
  private final ResidualStream model;
  private final List<Target> targets; // one for all sequences, or one for each
  private final int length; // T
  private final int dimension; // D
  private final List<Stage> stages = new ArrayList<>();

  /** Some consecutive blocks, run at one go. */
  private record Stage(int first, int last, HookPoint at, Changes changes, boolean counts) {
    Hook end() {
      return Hook.of(at, last);
    }
  }

  TargetOutput(ResidualStream model, Target target, int length) {
    this(model, List.of(target), length);
  }

  /**
   * An output of several parts of which some count.
   *
   * @param targets one for all sequences, or one for each
   */
  TargetOutput(ResidualStream model, List<Target> targets, int length) {
    Target target = targets.get(0);
    if (!targets.stream().allMatch(target::isMadeAs)) {
      throw new IllegalArgumentException("outputs that other passes make: " + targets);
    }

    this.model = model;
    this.targets = List.copyOf(targets);
    this.length = length;
    this.dimension = model.shape().modelDimension();
    boolean together = target.outputs() == Target.Outputs.LAST && target.part().isOfStream();
    if (together && target.blocks() > 0) {
      stages.add(stage(target, 0, target.blocks() - 1, true));
    } else {
      for (int i = 0; i < target.blocks(); i++) {
        int block = target.outputs() == Target.Outputs.FIRST_AGAIN ? 0 : i;
        boolean counts = target.outputs() != Target.Outputs.LAST || i == target.blocks() - 1;
        stages.add(stage(target, block, block, counts));
      }
    }
  }

  private Stage stage(Target target, int first, int last, boolean counts) {
    Changes changes = Changes.NONE;
    for (int block = first; block <= last; block++) {
      changes = target.part().leaveOut(changes, block);
      if (!target.causal()) {
        boolean[][] all = new boolean[length][length];
        for (boolean[] row : all) {
          Arrays.fill(row, true);
        }

        changes = changes.mask(block, all);
      }
    }

    return new Stage(first, last, target.part().output(), changes, counts);
  }

  @Override
  public int size(int sequence) {
    return target(sequence).size(length, dimension);
  }

  private Target target(int sequence) {
    return targets.get(targets.size() == 1 ? 0 : sequence);
  }

  @Override
  public float[][] of(float[] x) {
    int sequences = sequences(x);
    if (stages.isEmpty()) {
      return counted(List.of(x), sequences);
    }

    List<float[]> outputs = new ArrayList<>();
    float[] stream = x;
    for (Stage stage : stages) {
      stream = run(stage, stream);
      if (stage.counts()) {
        outputs.add(stream);
      }
    }

    return counted(outputs, sequences);
  }

  private float[] run(Stage stage, float[] x) {
    return model.at(Input.before(stage.first(), x, length), stage.changes(), stage.end());
  }

  @Override
  public float[] gradient(float[] x, OfSequence number) {
    int sequences = sequences(x);
    if (stages.size() == 1) {
      return back(
          stages.get(0), x, output -> seeds(counted(List.of(output), sequences), number).get(0));
    }

    List<float[]> inputs = new ArrayList<>(List.of(x));
    for (Stage stage : stages) {
      inputs.add(run(stage, inputs.get(inputs.size() - 1)));
    }

    List<float[]> outputs = new ArrayList<>();
    for (int i = 0; i < stages.size(); i++) {
      if (stages.get(i).counts()) {
        outputs.add(inputs.get(i + 1));
      }
    }

    List<float[]> seeds = seeds(counted(stages.isEmpty() ? inputs : outputs, sequences), number);
    int next = seeds.size() - 1;
    float[] gradient = seeds.get(next--);
    for (int i = stages.size() - 1; i >= 0; i--) {
      float[] seed = gradient;
      gradient = back(stages.get(i), inputs.get(i), output -> seed);
      if (i > 0 && stages.get(i - 1).counts()) {
        add(gradient, seeds.get(next--));
      }
    }

    return gradient;
  }

  private float[] back(Stage stage, float[] x, UnaryOperator<float[]> derivative) {
    return model.gradient(
        Input.before(stage.first(), x, length),
        stage.changes(),
        Hook.of(HookPoint.RESID_PRE, stage.first()),
        stage.end(),
        derivative);
  }

  private static void add(float[] to, float[] some) {
    for (int i = 0; i < to.length; i++) {
      to[i] += some[i];
    }
  }

  private int sequences(float[] x) {
    return x.length / length / dimension;
  }

  /** Gathers what counts, laid end to end output by output, [O][B x T x D] to B x n. */
  private float[][] counted(List<float[]> outputs, int sequences) {
    float[][] counted = new float[sequences][];
    for (int sequence = 0; sequence < sequences; sequence++) {
      counted[sequence] = new float[size(sequence)];
    }

    forEach(
        sequences,
        (sequence, index, output, place) -> counted[sequence][index] = outputs.get(output)[place]);
    return counted;
  }

  /** The derivatives of numbers that count, and 0 for others, [O][B x T x D]. */
  private List<float[]> seeds(float[][] counted, OfSequence number) {
    double[][] derivatives = new double[counted.length][];
    for (int sequence = 0; sequence < counted.length; sequence++) {
      derivatives[sequence] = number.derivative(sequence, counted[sequence]);
    }

    List<float[]> seeds = new ArrayList<>();
    for (int output = 0; output < targets.get(0).count(); output++) {
      seeds.add(new float[counted.length * length * dimension]);
    }

    forEach(
        counted.length,
        (sequence, index, output, place) ->
            seeds.get(output)[place] = (float) derivatives[sequence][index]);
    return seeds;
  }

  /** A number that counts: the index among those of its sequence, and where it comes from. */
  @FunctionalInterface
  private interface Counted {
    void at(int sequence, int index, int output, int place);
  }

  private void forEach(int sequences, Counted counted) {
    for (int sequence = 0; sequence < sequences; sequence++) {
      Target target = target(sequence);
      int width = target.width(dimension);
      int from = target.tokens().first(length);
      int end = target.tokens().end(length);
      int index = 0;
      for (int output = 0; output < target.count(); output++) {
        for (int token = from; token < end; token++) {
          int row = (sequence * length + token) * dimension;
          for (int i = 0; i < width; i++) {
            counted.at(sequence, index++, output, row + target.feature(i));
          }
        }
      }
    }
  }
}
