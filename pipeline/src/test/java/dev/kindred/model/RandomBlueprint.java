/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import dev.kindred.model.architecture.Activation;
import dev.kindred.model.architecture.Block;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.architecture.Embedding;
import dev.kindred.model.architecture.FeedForward;
import dev.kindred.model.architecture.Linear;
import dev.kindred.model.architecture.Linear.Layout;
import dev.kindred.model.architecture.Linear.Stored;
import dev.kindred.model.architecture.Mixer;
import dev.kindred.model.architecture.Norm;
import dev.kindred.model.architecture.Positions;
import dev.kindred.model.architecture.Positions.Rotary;
import dev.kindred.model.architecture.Unembedding;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Tiny models that are put together of any parts, as no architecture need be. */
public final class RandomBlueprint {
  static final int VOCABULARY = 11;
  static final int CONTEXT = 9;
  private static final float EPSILON = 1e-3f;
  private static final double NONE = Double.POSITIVE_INFINITY;

  private final Random random;
  private final int d;
  private int tensors;

  private RandomBlueprint(long seed) {
    this.random = new Random(seed * 7919 + 1);
    this.d = pick(8, 12);
  }

  public static Blueprint of(long seed) {
    return new RandomBlueprint(seed).blueprint();
  }

  /** Values of all tensors, none of them near what a training would begin with. */
  public static Map<String, float[]> values(Blueprint blueprint, long seed) {
    Random random = new Random(seed);
    Map<String, float[]> values = new LinkedHashMap<>();
    blueprint
        .tensors()
        .forEach(
            (name, shape) -> {
              long size = Arrays.stream(shape).reduce(1, Math::multiplyExact);
              float[] floats = new float[(int) size];
              for (int i = 0; i < size; i++) {
                floats[i] =
                    (float)
                        (shape.length == 1
                            ? .7 + .3 * random.nextGaussian()
                            : .45 * random.nextGaussian());
              }

              values.put(name, floats);
            });
    return values;
  }

  @SafeVarargs
  private <T> T pick(T... choices) {
    return choices[random.nextInt(choices.length)];
  }

  private boolean chance(double probability) {
    return random.nextDouble() < probability;
  }

  private String name(String what) {
    return what + "." + tensors++;
  }

  private Blueprint blueprint() {
    int width = chance(.2) ? 5 : d;
    Positions positions = chance(.4) ? learned() : Positions.NONE;
    Embedding embedding =
        new Embedding(
            name("tokens"),
            VOCABULARY,
            width,
            pick(1., 1., Math.sqrt(d)),
            width == d ? null : linear(d, width),
            positions,
            chance(.2) ? norm(d) : Norm.NONE);
    int blocks = pick(1, 2, 3);
    List<Block> described = new ArrayList<>();
    for (int i = 0; i < blocks; i++) {
      described.add(block());
    }

    boolean tied = width == d && chance(.4);
    int read = !tied && chance(.3) ? 6 : d;
    Linear head =
        tied
            ? Linear.of(embedding.table(), chance(.5) ? name("bias") : null, VOCABULARY, d)
            : linear(VOCABULARY, read);
    return new Blueprint(
        new ModelShape(VOCABULARY, d, blocks, CONTEXT),
        embedding,
        described,
        new Unembedding(norm(d), read == d ? null : linear(read, d), head, pick(NONE, NONE, 3.)));
  }

  private Positions learned() {
    int offset = pick(0, 2);
    return new Positions.Learned(name("positions"), CONTEXT + offset, d, offset);
  }

  private Linear linear(int outputs, int inputs) {
    return new Stored(
            name("weight"),
            chance(.6) ? name("bias") : null,
            outputs,
            inputs,
            pick(Layout.values()))
        .whole();
  }

  private Norm norm(int size) {
    return switch (random.nextInt(6)) {
      case 0 -> Norm.NONE;
      case 1 -> new Norm.LayerNorm(null, null, size, EPSILON);
      case 2 -> new Norm.RmsNorm(name("norm"), size, EPSILON, 0);
      case 3 -> new Norm.RmsNorm(name("norm"), size, EPSILON, 1);
      default -> new Norm.LayerNorm(name("norm"), name("norm"), size, EPSILON);
    };
  }

  private Block block() {
    Norm first = norm(d);
    Mixer mixer = chance(.3) ? masked() : attention();
    return new Block(
        first,
        mixer,
        chance(.3) ? norm(d) : Norm.NONE,
        chance(.3) ? first : norm(d),
        feedForward(),
        chance(.3) ? norm(d) : Norm.NONE,
        pick(Block.Residual.values()));
  }

  private Mixer masked() {
    boolean isMapped = chance(.4);
    int width = isMapped ? pick(d, 6) : d;
    int rows = chance(.4) ? pick(1, 2, 3) : 0; // 0 for nothing that is spread
    List<Mixer.Triangle> branches = new ArrayList<>();
    for (int i = pick(1, 1, 2); i > 0; i--) {
      branches.add(triangle(1, Math.max(1, rows)));
    }

    return new Mixer.Masked(
        isMapped ? linear(width, d) : null,
        rows == 0 ? null : triangle(rows, 1),
        branches,
        isMapped ? linear(d, width) : null,
        width);
  }

  private Mixer.Triangle triangle(int rows, int columns) {
    return new Mixer.Triangle(
        name("mix"),
        name("mix"),
        CONTEXT,
        pick(0, 0, 1, 2),
        rows,
        columns,
        chance(.4) ? pick(Activation.values()) : null);
  }

  private FeedForward feedForward() {
    int m = 10;
    Activation activation = pick(Activation.values());
    return switch (random.nextInt(5)) {
      case 0 -> FeedForward.NONE;
      case 1, 2 -> new FeedForward.Mlp(linear(m, d), linear(d, m), activation);
      case 3 -> {
        Stored both = linear(2 * m, d).stored();
        yield new FeedForward.Gated(both.rows(0, m), both.rows(m, 2 * m), linear(d, m), activation);
      }
      default -> new FeedForward.Gated(linear(m, d), linear(m, d), linear(d, m), activation);
    };
  }

  private Mixer attention() {
    int heads = pick(1, 2, 4);
    int keyHeads = pick(1, heads, heads);
    int e = pick(2, 4, 6);
    Linear query;
    Linear key;
    Linear value;
    int q = heads * e;
    int kv = keyHeads * e;
    if (keyHeads == heads && chance(.3)) {
      Stored byHead = linear(3 * q, d).stored();
      query = byHead.ofHeads(heads, 3, 0);
      key = byHead.ofHeads(heads, 3, 1);
      value = byHead.ofHeads(heads, 3, 2);
    } else if (chance(.4)) {
      Stored together = linear(q + 2 * kv, d).stored();
      query = together.rows(0, q);
      key = together.rows(q, q + kv);
      value = together.rows(q + kv, q + 2 * kv);
    } else {
      query = linear(q, d);
      key = linear(kv, d);
      value = linear(kv, d);
    }

    boolean normsHeads = chance(.3);
    boolean ofEach = chance(.5);
    return new Mixer.Attention(
        heads,
        keyHeads,
        e,
        query,
        key,
        value,
        linear(d, q),
        normsHeads ? norm(ofEach ? e : q) : Norm.NONE,
        normsHeads ? norm(ofEach ? e : kv) : Norm.NONE,
        switch (random.nextInt(4)) {
          case 0 -> Positions.NONE;
          case 1 -> learned();
          default ->
              new Rotary(
                  Rotary.of(pick(2, e), 100, Rotary.Pairing.HALVES).frequencies(),
                  pick(Rotary.Pairing.values()),
                  pick(1., 1., 1.3));
        },
        pick(1 / Math.sqrt(e), 1.),
        new Mixer.Limits(
            pick(Integer.MAX_VALUE, Integer.MAX_VALUE, 3),
            pick(NONE, NONE, 1.5),
            pick(NONE, NONE, 2.)));
  }
}
