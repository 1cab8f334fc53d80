/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.inversion;

import dev.kindred.InvalidInput;
import dev.kindred.math.Vectors;
import dev.kindred.model.ResidualStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.ejml.data.DMatrixRMaj;

/**
 * Searches for what gave some outputs, and reads what it finds as tokens.
 *
 * <p>Letters in shapes: B = sequences of a unit, T = tokens in each, D = {@code d_model}.
 */
public final class Inversion {
  /** How a direct search is read as published: the greatest number of the mixture itself. */
  public static final String RAW = "raw";

  private static final String ALLOWED_ZERO = "allowed-zero:";

  private final ResidualStream model;
  private final TokenVectors tokens;
  private final Decoder decoder;
  private final InversionGrid grid;
  private DMatrixRMaj products; // of token vectors, once a direct search needs them

  /** Of a model. */
  public Inversion(ResidualStream model, TokenVectors tokens, Decoder decoder, InversionGrid grid) {
    this.model = model;
    this.tokens = tokens;
    this.decoder = decoder;
    this.grid = grid;
  }

  /**
   * How a vector was read.
   *
   * @param isAllowed whether the true token may win
   * @param unchanged whether the winner is that of the vector before the first step
   */
  public record Reading(
      int position,
      String decoding,
      Decoder.Decoded decoded,
      boolean isAllowed,
      boolean unchanged) {}

  /**
   * What a search of one prompt came to.
   *
   * @param cell the experiment's number
   * @param moved of each position, the length of the way from the start
   * @param missed of each position, the distance from the true vector
   * @param firstLoss before the first step
   * @param lastLoss after the last
   * @param l1 sum of absolute differences of what counts
   * @param cosine of what counts with what was to be met
   * @param accepted whether the output is nearer than that of noisy true vectors
   */
  public record Found(
      int cell,
      int prompt,
      int restart,
      List<Reading> readings,
      double[] moved,
      double[] missed,
      double firstLoss,
      double lastLoss,
      double l1,
      double cosine,
      boolean accepted) {}

  /** Searches for the sequences of a unit. */
  public List<Found> find(InversionGrid.Unit unit) {
    List<Experiment> experiments =
        Arrays.stream(unit.cells()).mapToObj(grid.experiments()::get).toList();
    Experiment first = experiments.get(0);
    int length = grid.prompts().get(unit.prompts()[0]).length;
    int size = length * tokens.dimension();
    boolean isDirect = first.method() == Experiment.Method.DIRECT;
    float[] positions = positions(experiments, length);
    float[] truth = new float[unit.size() * size];
    float[] start = new float[truth.length];
    float[] shifted = new float[truth.length];
    List<float[]> mixtures = new ArrayList<>();
    for (int i = 0; i < unit.size(); i++) {
      Experiment experiment = experiments.get(i);
      int[] ids = grid.prompts().get(unit.prompts()[i]);
      float[] rows = tokens.of(ids);
      float[] noise =
          Noise.of(grid.seed(), ids, Noise.SHARED, tokens.dimension(), 0, experiment.shift());
      float[] begun = begin(experiment, ids, unit.restarts()[i], mixtures);
      for (int k = 0; k < size; k++) {
        truth[i * size + k] = (float) (experiment.scale() * rows[k]) + positions[i * size + k];
        shifted[i * size + k] = truth[i * size + k] + (float) experiment.scale() * noise[k];
        start[i * size + k] = begun[k];
      }
    }

    List<Descent> descents =
        experiments.stream().map(experiment -> experiment.descent().of(size)).toList();
    Mixtures direct = isDirect ? new Mixtures(tokens, products(), unit.size() * length) : null;
    List<Target> parts = experiments.stream().map(Experiment::target).toList();
    InvertedOutput output = InvertedOutputs.of(model, parts, length);
    float[][] targets = output.of(truth);
    float[][] firstOutputs = output.of(start);
    List<InversionLoss> losses = experiments.stream().map(Experiment::loss).toList();
    InversionLoss[] lossOf = Search.lossOf(output, losses, start, targets);
    float[] vectors =
        first.method().isByPosition()
            ? new SequentialSearch(model, tokens, decoder, first, length, positions, start, truth)
                .find()
            : together(
                lossOf,
                descents,
                output,
                isDirect ? direct : Search.Steepness.PLAIN,
                start,
                targets);
    float[][] outputs = output.of(vectors);
    for (int i = 0; i < unit.size(); i++) {
      checkFinite(descents.get(i), Vectors.row(vectors, i, size));
      checkFinite(descents.get(i), outputs[i]);
    }

    float[][] ofShifted = output.of(shifted);
    List<List<Reading>> read = readings(unit, positions, start, vectors);
    List<Found> found = new ArrayList<>();
    for (int i = 0; i < unit.size(); i++) {
      Experiment experiment = experiments.get(i);
      int[] ids = grid.prompts().get(unit.prompts()[i]);
      List<Reading> readings = read.get(i);
      if (isDirect) {
        readings.addAll(raw(direct, ids, mixtures.get(i), i));
      }

      float[] target = targets[i];
      double l1 = l1(outputs[i], target);
      double cosine = cosine(outputs[i], target);
      found.add(
          new Found(
              unit.cells()[i],
              unit.prompts()[i],
              unit.restarts()[i],
              readings,
              distances(vectors, start, i, length),
              distances(vectors, truth, i, length),
              loss(lossOf[i], firstOutputs[i], target),
              loss(lossOf[i], outputs[i], target),
              l1,
              cosine,
              experiment.loss().kind().isOfDirection()
                  ? cosine > cosine(ofShifted[i], target)
                  : l1 < l1(ofShifted[i], target)));
    }

    return found;
  }

  /** Searches for all positions at once, and returns what was found, B x T x D. */
  private static float[] together(
      InversionLoss[] lossOf,
      List<Descent> descents,
      InvertedOutput output,
      Search.Steepness steepness,
      float[] start,
      float[][] targets) {
    Search search = new Search(output, lossOf, descents, steepness, start, targets);
    for (int step = 0; step < descents.get(0).steps(); step++) {
      search.step();
    }

    return search.vectors();
  }

  /** Checks that a search has not run away: ranks among numbers that are none mean nothing. */
  private static void checkFinite(Descent descent, float[] values) {
    for (float value : values) {
      if (!Float.isFinite(value)) {
        throw new InvalidInput(
            "--learning-rate %s:%s: a search left the finite numbers within %,d steps; give a smaller"
                + " first rate",
            descent.firstRate(), descent.lastRate(), descent.steps());
      }
    }
  }

  /** What stands beside the token vectors of each experiment, B x T x D. */
  private float[] positions(List<Experiment> experiments, int length) {
    float[] own = TokenVectors.positions(model, length);
    float[] positions = new float[experiments.size() * own.length];
    for (int i = 0; i < experiments.size(); i++) {
      float[] its = positions(experiments.get(i), own);
      System.arraycopy(its, 0, positions, i * own.length, own.length);
    }

    return positions;
  }

  /**
   * What stands beside an experiment's token vectors, T x D.
   *
   * @param own what the model adds, T x D
   */
  private float[] positions(Experiment experiment, float[] own) {
    int dimension = tokens.dimension();
    return switch (experiment.positions()) {
      case OWN -> own;
      case NONE -> new float[own.length];
      case ZERO -> {
        float[] zero = new float[own.length];
        for (int row = 0; row < own.length; row += dimension) {
          System.arraycopy(own, 0, zero, row, dimension);
        }

        yield zero;
      }
    };
  }

  /** The vectors with which a search begins, T x D; a direct one keeps its mixtures. */
  private float[] begin(Experiment experiment, int[] ids, int restart, List<float[]> mixtures) {
    boolean isDirect = experiment.method() == Experiment.Method.DIRECT;
    float[] noise =
        Noise.of(
            grid.seed(),
            ids,
            restart,
            isDirect ? tokens.size() : tokens.dimension(),
            experiment.startMean(),
            experiment.startDeviation());
    if (!isDirect) {
      return noise;
    }

    mixtures.add(noise);
    return Mixtures.vectors(tokens, noise);
  }

  private DMatrixRMaj products() {
    if (products == null) {
      products = tokens.products();
    }

    return products;
  }

  /**
   * Reads all positions of all sequences in every way, B lists.
   *
   * @param positions what stands beside token vectors, B x T x D
   */
  private List<List<Reading>> readings(
      InversionGrid.Unit unit, float[] positions, float[] start, float[] end) {
    int dimension = tokens.dimension();
    int length = start.length / dimension / unit.size(); // T
    float[] before = Vectors.difference(start, positions);
    float[] after = Vectors.difference(end, positions);
    double scale = grid.experiments().get(unit.cells()[0]).scale();
    List<List<Reading>> readings = new ArrayList<>();
    for (int i = 0; i < unit.size(); i++) {
      readings.add(new ArrayList<>());
    }

    for (int from = 0; from < unit.size() * length; from += Decoder.AT_ONCE) {
      int to = Math.min(from + Decoder.AT_ONCE, unit.size() * length);
      float[] some = Arrays.copyOfRange(before, from * dimension, to * dimension);
      float[] someAfter = Arrays.copyOfRange(after, from * dimension, to * dimension);
      for (Decoding decoding : Decoding.values()) {
        double[][] was = decoder.scores(decoding, some, scale);
        double[][] is = decoder.scores(decoding, someAfter, scale);
        for (int row = from; row < to; row++) {
          int[] ids = grid.prompts().get(unit.prompts()[row / length]);
          add(
              readings.get(row / length),
              ids,
              row % length,
              decoding.text(),
              was[row - from],
              is[row - from]);
        }
      }
    }

    return readings;
  }

  /** Reads a position among all tokens, and among those that are allowed. */
  private void add(
      List<Reading> readings, int[] ids, int position, String name, double[] was, double[] is) {
    int trueId = ids[position];
    readings.add(reading(position, name, trueId, true, was, is));
    for (AllowedTokens some : grid.allowed()) {
      int[] allowed = some.of(ids, tokens.size());
      boolean isAllowed = Arrays.binarySearch(allowed, trueId) >= 0;
      readings.add(
          reading(
              position,
              some.prefix() + name,
              trueId,
              isAllowed,
              Decoder.restricted(was, allowed, false),
              Decoder.restricted(is, allowed, false)));
      if (!some.isOwn()) {
        readings.add(
            reading(
                position,
                ALLOWED_ZERO + name,
                trueId,
                isAllowed,
                Decoder.restricted(was, allowed, true),
                Decoder.restricted(is, allowed, true)));
      }
    }
  }

  private static Reading reading(
      int position, String name, int trueId, boolean isAllowed, double[] was, double[] is) {
    Decoder.Decoded decoded = Decoder.decoded(is, trueId);
    return new Reading(
        position,
        name,
        decoded,
        isAllowed,
        decoded.token() == Decoder.decoded(was, trueId).token());
  }

  private List<Reading> raw(Mixtures direct, int[] ids, float[] mixtures, int i) {
    List<Reading> readings = new ArrayList<>();
    for (int position = 0; position < ids.length; position++) {
      double[] was = new double[tokens.size()];
      for (int token = 0; token < was.length; token++) {
        was[token] = mixtures[position * was.length + token];
      }

      add(
          readings,
          ids,
          position,
          RAW,
          was,
          direct.mixture(i * ids.length + position, mixtures, position));
    }

    return readings;
  }

  private double[] distances(float[] a, float[] b, int sequence, int length) {
    int dimension = tokens.dimension();
    double[] distances = new double[length];
    for (int position = 0; position < length; position++) {
      int row = (sequence * length + position) * dimension;
      distances[position] = Vectors.distance(a, row, b, row, dimension);
    }

    return distances;
  }

  private static double loss(InversionLoss loss, float[] o, float[] t) {
    return loss.of(o, t, new double[o.length]);
  }

  private static double l1(float[] o, float[] t) {
    return InversionLoss.of(InversionLoss.Kind.L1, 1).of(o, t, new double[o.length]);
  }

  private static double cosine(float[] o, float[] t) {
    return 1 - InversionLoss.of(InversionLoss.Kind.COSINE, 1).of(o, t, new double[o.length]);
  }
}
