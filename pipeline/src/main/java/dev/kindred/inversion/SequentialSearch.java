/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.inversion;

import dev.kindred.model.ResidualStream;
import java.util.Arrays;
import java.util.Collections;

/**
 * A search that takes the positions of a sequence one after another, with all steps of the descent
 * for each. What has been found of a position stays as it is, unless the method says otherwise.
 *
 * <p>Letters in shapes: B = sequences, T = tokens in each, D = {@code d_model}.
 */
final class SequentialSearch {
  private final ResidualStream model;
  private final TokenVectors tokens;
  private final Decoder decoder;
  private final Experiment experiment;
  private final int length; // T
  private final int dimension; // D
  private final float[] positions;
  private final float[] truth;
  private final float[] vectors;

  /** What stands before the position whose turn it is, where that is frozen: B x T x D. */
  private final float[] snapped;

  /**
   * A search that has not begun.
   *
   * @param positions what stands beside token vectors, T x D
   * @param start B x T x D
   * @param truth B x T x D: their outputs are to be met
   */
  SequentialSearch(
      ResidualStream model,
      TokenVectors tokens,
      Decoder decoder,
      Experiment experiment,
      int length,
      float[] positions,
      float[] start,
      float[] truth) {
    this.model = model;
    this.tokens = tokens;
    this.decoder = decoder;
    this.experiment = experiment;
    this.length = length;
    this.dimension = tokens.dimension();
    this.positions = positions;
    this.truth = truth;
    this.vectors = start.clone();
    this.snapped = new float[start.length];
  }

  /** Searches for all positions, and returns what was found, B x T x D. */
  float[] find() {
    for (int position = 0; position < length; position++) {
      Search search = stage(position);
      for (int step = 0; step < experiment.descent().steps(); step++) {
        search.step();
      }

      end(position, search);
    }

    return vectors;
  }

  /** The search for a position, which has not begun; those before it have been ended. */
  Search stage(int position) {
    return switch (experiment.method()) {
      case PER_TOKEN -> {
        // No context: after the first position there may be no vector that gives this output.
        TokenRange row = new TokenRange(position, position + 1);
        InvertedOutput alone = InvertedOutputs.of(model, experiment.target(), 1);
        float[] start = part(vectors, position, position + 1);
        float[][] targets =
            InvertedOutputs.of(model, experiment.target().with(row), length).of(truth);
        yield new Search(
            alone,
            Search.lossOf(
                alone, Collections.nCopies(sequences(), experiment.loss()), start, targets),
            Collections.nCopies(sequences(), experiment.descent()),
            Search.Steepness.PLAIN,
            start,
            targets);
      }
      case EXPANDING -> search(position, experiment.target(), Search.Steepness.PLAIN, vectors);
      case SEQUENTIAL -> {
        TokenRange row = new TokenRange(position, position + 1);
        copy(vectors, position, snapped);
        yield search(position, experiment.target().with(row), ofPosition(position), snapped);
      }
      case INDIRECT, DIRECT ->
          throw new IllegalStateException(experiment.method() + " takes all positions at once");
    };
  }

  private Search search(int position, Target target, Search.Steepness steepness, float[] from) {
    return new Search(
        model,
        target,
        position + 1,
        experiment.loss(),
        experiment.descent(),
        steepness,
        part(from, 0, position + 1),
        part(truth, 0, position + 1));
  }

  /** Leaves all positions before one where they are. */
  private Search.Steepness ofPosition(int position) {
    int size = (position + 1) * dimension;
    return (gradient, rate) -> {
      for (int row = 0; row < gradient.length; row += size) {
        Arrays.fill(gradient, row, row + position * dimension, 0);
      }

      return gradient;
    };
  }

  /** Keeps what the search for a position found. */
  void end(int position, Search search) {
    float[] found = search.vectors();
    int rows = found.length / dimension / sequences();
    int first = experiment.method() == Experiment.Method.EXPANDING ? 0 : position;
    for (int sequence = 0; sequence < sequences(); sequence++) {
      for (int at = first; at <= position; at++) {
        int row = sequence * rows + rows - 1 - (position - at);
        System.arraycopy(
            found, row * dimension, vectors, (sequence * length + at) * dimension, dimension);
      }
    }

    if (experiment.method() == Experiment.Method.SEQUENTIAL) {
      snap(position);
    }
  }

  /** Puts the nearest token's vector in the place of what was found. */
  private void snap(int position) {
    for (int sequence = 0; sequence < sequences(); sequence++) {
      int row = (sequence * length + position) * dimension;
      float[] found = new float[dimension];
      for (int i = 0; i < dimension; i++) {
        found[i] = vectors[row + i] - positions[position * dimension + i];
      }

      double[] scores = decoder.scores(Decoding.NEAREST, found, experiment.scale())[0];
      float[] own = tokens.of(new int[] {Decoder.decoded(scores, 0).token()});
      for (int i = 0; i < dimension; i++) {
        snapped[row + i] = own[i] + positions[position * dimension + i];
      }
    }
  }

  private int sequences() {
    return vectors.length / length / dimension;
  }

  /** Takes some positions of each sequence. */
  private float[] part(float[] of, int from, int to) {
    int size = (to - from) * dimension;
    float[] part = new float[sequences() * size];
    for (int sequence = 0; sequence < sequences(); sequence++) {
      System.arraycopy(of, (sequence * length + from) * dimension, part, sequence * size, size);
    }

    return part;
  }

  /** Copies a position of each sequence. */
  private void copy(float[] from, int position, float[] to) {
    for (int sequence = 0; sequence < sequences(); sequence++) {
      int row = (sequence * length + position) * dimension;
      System.arraycopy(from, row, to, row, dimension);
    }
  }
}
