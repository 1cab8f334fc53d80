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
   * @param moved of each position, the length of the way from the start
   * @param missed of each position, the distance from the true vector
   * @param firstLoss before the first step
   * @param lastLoss after the last
   * @param l1 sum of absolute differences of what counts
   * @param cosine of what counts with what was to be met
   * @param accepted whether the output is nearer than that of noisy true vectors
   */
  public record Found(
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
    Experiment experiment = grid.experiments().get(unit.cell());
    int length = grid.prompts().get(unit.prompts()[0]).length;
    int size = length * tokens.dimension();
    boolean isDirect = experiment.method() == Experiment.Method.DIRECT;
    float[] positions = positions(experiment, length);
    float[] truth = new float[unit.size() * size];
    float[] start = new float[truth.length];
    float[] shifted = new float[truth.length];
    List<float[]> mixtures = new ArrayList<>();
    for (int i = 0; i < unit.size(); i++) {
      int[] ids = grid.prompts().get(unit.prompts()[i]);
      float[] rows = tokens.of(ids);
      float[] noise =
          Noise.of(grid.seed(), ids, Noise.SHARED, tokens.dimension(), 0, experiment.shift());
      float[] begun = begin(experiment, ids, unit.restarts()[i], mixtures);
      for (int k = 0; k < size; k++) {
        truth[i * size + k] = (float) (experiment.scale() * rows[k]) + positions[k];
        shifted[i * size + k] = truth[i * size + k] + (float) experiment.scale() * noise[k];
        start[i * size + k] = begun[k];
      }
    }

    Descent descent = experiment.descent().of(size);
    Mixtures direct = isDirect ? new Mixtures(tokens, products(), unit.size() * length) : null;
    InvertedOutput output = InvertedOutputs.of(model, experiment.target(), length);
    float[][] targets = output.of(truth);
    float[][] firstOutputs = output.of(start);
    InversionLoss[] lossOf = Search.lossOf(output, experiment.loss(), start, targets);
    float[] vectors =
        experiment.method().isByPosition()
            ? new SequentialSearch(
                    model, tokens, decoder, experiment, length, positions, start, truth)
                .find()
            : together(
                lossOf,
                descent,
                output,
                isDirect ? direct : Search.Steepness.PLAIN,
                start,
                targets);
    float[][] outputs = output.of(vectors);
    checkFinite(descent, vectors);
    for (float[] numbers : outputs) {
      checkFinite(descent, numbers);
    }

    float[][] ofShifted = output.of(shifted);
    List<Found> found = new ArrayList<>();
    for (int i = 0; i < unit.size(); i++) {
      int[] ids = grid.prompts().get(unit.prompts()[i]);
      List<Reading> readings = readings(experiment, ids, positions, start, vectors, i);
      if (isDirect) {
        readings.addAll(raw(direct, ids, mixtures.get(i), i));
      }

      float[] target = targets[i];
      double l1 = l1(outputs[i], target);
      double cosine = cosine(outputs[i], target);
      found.add(
          new Found(
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
      Descent descent,
      InvertedOutput output,
      Search.Steepness steepness,
      float[] start,
      float[][] targets) {
    Search search = new Search(output, lossOf, descent, steepness, start, targets);
    for (int step = 0; step < descent.steps(); step++) {
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

  private float[] positions(Experiment experiment, int length) {
    int dimension = tokens.dimension();
    float[] own = TokenVectors.positions(model, length);
    return switch (experiment.positions()) {
      case OWN -> own;
      case NONE -> new float[own.length];
      case ZERO -> {
        float[] zero = new float[own.length];
        for (int position = 0; position < length; position++) {
          System.arraycopy(own, 0, zero, position * dimension, dimension);
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

  /** Reads all positions of a sequence in every way. */
  private List<Reading> readings(
      Experiment experiment, int[] ids, float[] positions, float[] start, float[] end, int i) {
    float[] before = Vectors.difference(Vectors.row(start, i, positions.length), positions);
    float[] after = Vectors.difference(Vectors.row(end, i, positions.length), positions);
    List<Reading> readings = new ArrayList<>();
    for (int from = 0; from < ids.length; from += Decoder.AT_ONCE) {
      int to = Math.min(from + Decoder.AT_ONCE, ids.length);
      for (Decoding decoding : Decoding.values()) {
        double[][] was = scores(decoding, before, from, to, experiment);
        double[][] is = scores(decoding, after, from, to, experiment);
        for (int position = from; position < to; position++) {
          add(readings, ids, position, decoding.text(), was[position - from], is[position - from]);
        }
      }
    }

    return readings;
  }

  private double[][] scores(
      Decoding decoding, float[] vectors, int from, int to, Experiment experiment) {
    int dimension = tokens.dimension();
    float[] some = Arrays.copyOfRange(vectors, from * dimension, to * dimension);
    return decoder.scores(decoding, some, experiment.scale());
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
