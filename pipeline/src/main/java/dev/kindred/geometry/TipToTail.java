/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.geometry;

import dev.kindred.math.Cosine;
import dev.kindred.math.Vectors;
import dev.kindred.model.HookPoint;
import dev.kindred.model.ResidualStream;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * What a model adds to the residual stream at a prompt's last position, tip to tail in the plane.
 *
 * <p>Every vector has its true norm and its true cosine to the sum of those before it; to which
 * side of that sum it turns is drawn by lot. By the law of cosines every sum then has its true
 * norm, too.
 *
 * @param arrows in the order in which the model adds them; the first begins at the origin
 */
public record TipToTail(List<Arrow> arrows) {

  /** What adds a vector. */
  public enum Part {
    EMBEDDING,
    ATTENTION,
    FEED_FORWARD
  }

  /** Which vectors are drawn. */
  public enum Attention {
    DRAWN,
    LEFT_OUT
  }

  /**
   * A place in the plane.
   *
   * @param x in units of the residual stream
   */
  public record Point(double x, double y) {
    public static final Point ORIGIN = new Point(0, 0);

    public double norm() {
      return Math.hypot(x, y);
    }

    private double angle() {
      return Math.atan2(y, x);
    }
  }

  /**
   * A vector.
   *
   * @param block transformer block, from 0; of the embedding 0 as well
   */
  public record Arrow(Part part, int block, Point tail, Point tip) {}

  /** The end of the whole. */
  public Point tip() {
    return arrows.get(arrows.size() - 1).tip();
  }

  /**
   * Draws a prompt. A part turns to the same side whether attention is drawn or not.
   *
   * @param tokenIds of the prompt
   * @param seed of the first vector's direction, between 0 and 45 degrees, and of the sides
   */
  public static TipToTail of(ResidualStream model, int[] tokenIds, Attention attention, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    double start = random.nextDouble() * Math.PI / 4;
    List<Added> added = new ArrayList<>();
    try (ResidualStream.Pass pass = model.run(new int[][] {tokenIds})) {
      added.add(new Added(Part.EMBEDDING, 0, pass.last(0, HookPoint.RESID_PRE), Side.LEFT));
      for (int block = 0; block < model.shape().blocks(); block++) {
        Side attentionSide = Side.drawn(random);
        Side feedForwardSide = Side.drawn(random);
        if (attention == Attention.DRAWN) {
          float[] output = pass.last(block, HookPoint.ATTN_OUT);
          added.add(new Added(Part.ATTENTION, block, output, attentionSide));
        }

        float[] output = pass.last(block, HookPoint.MLP_OUT);
        added.add(new Added(Part.FEED_FORWARD, block, output, feedForwardSide));
      }
    }

    return of(added, start);
  }

  /** To which side of the sum before it a vector lies. */
  enum Side {
    LEFT,
    RIGHT;

    private static Side drawn(SplittableRandom random) {
      return random.nextBoolean() ? LEFT : RIGHT;
    }
  }

  /**
   * What is added.
   *
   * @param vector of any dimension
   * @param side of the first, which has no sum before it, any
   */
  record Added(Part part, int block, float[] vector, Side side) {}

  /**
   * Places vectors tip to tail.
   *
   * @param added at least one
   * @param start angle of the first, in radians
   */
  static TipToTail of(List<Added> added, double start) {
    List<Arrow> arrows = new ArrayList<>();
    float[] sum = new float[added.get(0).vector().length];
    Point tail = Point.ORIGIN;
    for (Added next : added) {
      double angle = arrows.isEmpty() ? start : tail.angle() + turn(sum, next);
      double norm = Vectors.norm(next.vector());
      Point tip = new Point(tail.x() + norm * Math.cos(angle), tail.y() + norm * Math.sin(angle));
      arrows.add(new Arrow(next.part(), next.block(), tail, tip));
      sum = Vectors.sum(sum, next.vector());
      tail = tip;
    }

    return new TipToTail(arrows);
  }

  private static double turn(float[] sum, Added next) {
    // Rounding can put the cosine of parallel vectors beyond 1.
    double cosine = Math.max(-1, Math.min(1, Cosine.similarity(sum, next.vector())));
    return next.side() == Side.LEFT ? Math.acos(cosine) : -Math.acos(cosine);
  }
}
