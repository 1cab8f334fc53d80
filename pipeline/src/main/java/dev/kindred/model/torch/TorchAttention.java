/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.kindred.model.HookPoint;
import dev.kindred.model.architecture.Mixer;
import dev.kindred.model.architecture.Norm;
import dev.kindred.model.architecture.Positions;
import java.util.stream.IntStream;

/**
 * Causal multi-head attention. Letters in shapes are those of {@link TorchMixer} and {@link
 * HookPoint}; W = H E.
 */
final class TorchAttention extends TorchMixer {
  private final Mixer.Attention attention;
  private final int heads; // H
  private final int keyHeads; // G
  private final int headWidth; // E
  private final TorchLinear query;
  private final TorchLinear key;
  private final TorchLinear value;
  private final TorchLinear output;
  private final TorchNorm queryNorm;
  private final TorchNorm keyNorm;
  private final TorchRotary rotary; // null where positions are not turned
  private final NDArray added; // [rows, D], to what queries and keys are made of; null for nothing

  TorchAttention(Mixer.Attention attention, TorchWeights weights) {
    this.attention = attention;
    this.heads = attention.heads();
    this.keyHeads = attention.keyValueHeads();
    this.headWidth = attention.headWidth();
    this.query = weights.linear(attention.query());
    this.key = weights.linear(attention.key());
    this.value = weights.linear(attention.value());
    this.output = weights.linear(attention.output());
    this.queryNorm = TorchNorm.of(attention.queryNorm(), weights);
    this.keyNorm = TorchNorm.of(attention.keyNorm(), weights);
    this.rotary =
        attention.positions() instanceof Positions.Rotary turned ? new TorchRotary(turned) : null;
    this.added =
        attention.positions() instanceof Positions.Learned learned
            ? weights.array(learned.table())
            : null;
  }

  @Override
  NDArray apply(NDArray asking, NDArray seen, Dropout dropout, Tap tap) {
    int length = (int) seen.getShape().get(1);
    int from = length - (int) asking.getShape().get(1);
    NDArray q = query(asking, positions(from, length), tap);
    return attend(q, kept(seen, positions(0, length), tap), dropout, tap);
  }

  @Override
  Kept kept(NDArray seen) {
    return kept(seen, positions(0, (int) seen.getShape().get(1)), Tap.NONE);
  }

  @Override
  Kept then(Kept earlier, NDArray last) {
    int[] position = {(int) earlier.values().getShape().get(1)};
    return earlier.then(kept(last, position));
  }

  @Override
  NDArray applyLast(NDArray last, Kept all) {
    int[] position = {(int) all.values().getShape().get(1) - 1};
    return attend(query(last, position, Tap.NONE), all, Dropout.NONE, Tap.NONE);
  }

  /** Applies attention where a position sees itself alone: the one weight is 1. */
  @Override
  NDArray applyAlone(NDArray x) {
    NDArray v = ofQueryHeads(value(x, Tap.NONE));
    return output.apply(v.reshape(x.getShape().get(0), 1, width()));
  }

  private static int[] positions(int from, int to) {
    return IntStream.range(from, to).toArray();
  }

  /** [.., T, D] to [.., T, H, E]. */
  private NDArray query(NDArray x, int[] positions, Tap tap) {
    NDArray q = heads(query.apply(placed(x, positions)), heads);
    return turned(
        normed(queryNorm, attention.queryNorm(), clipped(tap.at(HookPoint.Q, q))), positions);
  }

  /** [.., T, D] to [.., T, G, E]. */
  private Kept kept(NDArray x, int[] positions, Tap tap) {
    NDArray k = heads(key.apply(placed(x, positions)), keyHeads);
    k = turned(normed(keyNorm, attention.keyNorm(), clipped(tap.at(HookPoint.K, k))), positions);
    return new Kept(k, value(x, tap));
  }

  private NDArray value(NDArray x, Tap tap) {
    return clipped(tap.at(HookPoint.V, heads(value.apply(x), keyHeads)));
  }

  private NDArray heads(NDArray x, int count) {
    Shape shape = x.getShape();
    return x.reshape(shape.slice(0, shape.dimension() - 1).add(count).add(headWidth));
  }

  /** Adds the vectors of positions, where there are some. */
  private NDArray placed(NDArray x, int[] positions) {
    if (added == null) {
      return x;
    }

    int offset = ((Positions.Learned) attention.positions()).offset();
    int[] rows = IntStream.of(positions).map(position -> position + offset).toArray();
    return x.add(Rows.copies(added, x.getManager().create(rows)));
  }

  private NDArray clipped(NDArray x) {
    double clip = attention.limits().clip();
    return Double.isInfinite(clip) ? x : x.clip(-clip, clip);
  }

  /** Normalizes each head by itself, or all heads together, as the norm's size says. */
  private NDArray normed(TorchNorm norm, Norm described, NDArray x) {
    if (described instanceof Norm.None) {
      return x;
    }

    long all = x.getShape().get(x.getShape().dimension() - 2) * headWidth;
    long size = norm.factors().getShape().get(0);
    return size == headWidth ? norm.apply(x) : norm.apply(flat(x, all)).reshape(x.getShape());
  }

  /** [.., heads, E] to [.., heads E]. */
  private static NDArray flat(NDArray x, long width) {
    Shape shape = x.getShape();
    return x.reshape(shape.slice(0, shape.dimension() - 2).add(width));
  }

  private NDArray turned(NDArray x, int[] positions) {
    return rotary == null ? x : rotary.apply(x, positions);
  }

  /** Keys or values for each head of queries, [.., G, E] to [.., H, E]. */
  private NDArray ofQueryHeads(NDArray x) {
    if (keyHeads == heads) {
      return x;
    }

    Shape shape = x.getShape();
    Shape before = shape.slice(0, shape.dimension() - 1);
    return x.reshape(before.add(1).add(headWidth))
        .broadcast(before.add(heads / keyHeads).add(headWidth))
        .reshape(shape.slice(0, shape.dimension() - 2).add(heads).add(headWidth));
  }

  /**
   * Attends from the last Q positions of T.
   *
   * @param queries [B, Q, H, E]; may be changed
   */
  private NDArray attend(NDArray queries, Kept kept, Dropout dropout, Tap tap) {
    // As an array: the engine frees a number's memory at once, though its gradient needs it.
    NDArray scale = queries.getManager().create((float) attention.scale());
    NDArray q = tap.wants(HookPoint.Q) ? queries.mul(scale) : queries.muli(scale);
    NDArray k = ofQueryHeads(kept.keys());
    NDArray v = ofQueryHeads(kept.values());
    NDArray scores = // [B, H, Q, T]
        capped(q.transpose(0, 2, 1, 3).matMul(k.transpose(0, 2, 3, 1)));
    int asking = (int) scores.getShape().get(2);
    int length = (int) scores.getShape().get(3);
    int window = attention.limits().window();
    if (tap.mask() != null) {
      scores.addi(mask(scores.getManager(), tap.mask()));
    } else if (asking > 1 || window < length) {
      scores.addi(mask(scores.getManager(), causal(asking, length, window)));
    }

    NDArray pattern = tap.at(HookPoint.ATTN_SCORES, scores).softmax(-1);
    NDArray mixed = // [B, H, Q, E]
        dropout.apply(tap.at(HookPoint.PATTERN, pattern)).matMul(v.transpose(0, 2, 1, 3));
    NDArray z = tap.at(HookPoint.Z, mixed.transpose(0, 2, 1, 3));
    return tap.wants(HookPoint.RESULT) ? headByHead(z, tap) : output.apply(flat(z, width()));
  }

  /** The output, where what each head adds is seen. */
  private NDArray headByHead(NDArray z, Tap tap) {
    NDArray ofHeads = // [H, E, D]
        Rows.copies(output.transposed(), z.getManager().arange(width()))
            .reshape(heads, headWidth, attention.output().outputs());
    NDArray result = z.transpose(0, 2, 1, 3).matMul(ofHeads).transpose(0, 2, 1, 3); // [B, Q, H, D]
    NDArray seen = tap.at(HookPoint.RESULT, result);
    if (seen == result) {
      return output.apply(flat(z, width()));
    }

    NDArray sum = seen.sum(new int[] {2});
    return output.bias() == null ? sum : sum.add(output.bias());
  }

  private NDArray capped(NDArray scores) {
    return TorchActivation.capped(scores, attention.limits().scoreCap());
  }

  @Override
  Kept kept(NDArray normed, int[] positions) {
    return kept(normed, positions, Tap.NONE);
  }

  @Override
  NDArray queries(NDArray normed, int[] positions) {
    return flat(query(normed, positions, Tap.NONE), width());
  }

  @Override
  int width() {
    return heads * headWidth;
  }

  @Override
  NDArray mixed(NDArray paths, int[] positions, NDArray queries, Kept kept) {
    long nodes = paths.getShape().get(0);
    int all = positions.length;
    int window = attention.limits().window();
    int last = positions[all - 1];
    long length = IntStream.of(positions).filter(position -> last - position < window).count();
    NDArray seen = length == all ? paths : Rows.positions(paths, all - length, all);
    // Products and sums of rows: matrix products as small as these cost more.
    NDArray k = ofPaths(kept.keys(), seen);
    NDArray scores = // [Q, L, H]
        capped(
            times(k, queries.reshape(nodes, 1, heads, headWidth))
                .sum(new int[] {3})
                .muli((float) attention.scale()));
    NDArray v = ofPaths(kept.values(), seen);
    return times(v, scores.softmax(1).reshape(nodes, length, heads, 1))
        .sum(new int[] {1})
        .reshape(nodes, width());
  }

  /** The product, in the place of copies where they are not shared by several heads. */
  private NDArray times(NDArray copies, NDArray factors) {
    return keyHeads == heads ? copies.muli(factors) : copies.mul(factors);
  }

  /** Copies of what the nodes on paths keep, for each head of queries, [Q, L, H, E]. */
  private NDArray ofPaths(NDArray kept, NDArray paths) {
    NDArray rows = Rows.copies(flat(kept, (long) keyHeads * headWidth), paths);
    return ofQueryHeads(heads(rows, keyHeads));
  }

  @Override
  NDArray output(NDArray mixed) {
    return output.apply(mixed);
  }
}
