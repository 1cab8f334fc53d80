/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import dev.kindred.model.Changes.Part;
import dev.kindred.model.architecture.Activation;
import dev.kindred.model.architecture.Block;
import dev.kindred.model.architecture.Block.Residual;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.architecture.Embedding;
import dev.kindred.model.architecture.FeedForward;
import dev.kindred.model.architecture.Linear;
import dev.kindred.model.architecture.Mixer;
import dev.kindred.model.architecture.Norm;
import dev.kindred.model.architecture.Positions;
import dev.kindred.model.architecture.Unembedding;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The forward pass of any description over one sequence, in double precision and by nested loops:
 * slow, and meant to be seen to be right.
 */
final class PlainModel {
  private final Blueprint blueprint;
  private final Map<String, double[]> tensors = new LinkedHashMap<>();

  PlainModel(Blueprint blueprint, Map<String, float[]> values) {
    this.blueprint = blueprint;
    values.forEach((name, floats) -> tensors.put(name, doubles(floats)));
  }

  static double[] doubles(float[] floats) {
    double[] doubles = new double[floats.length];
    Arrays.setAll(doubles, i -> floats[i]);
    return doubles;
  }

  /** What is other than usual: like {@link Changes}, in double precision. */
  interface Other {
    Other NOTHING = (hook, x) -> x;

    double[] at(Hook hook, double[] x);

    default boolean leavesOut(int block, Part part) {
      return false;
    }

    default boolean[][] mask(int block) {
      return null;
    }
  }

  /** What is found at every place, in the order of the pass. */
  Map<Hook, double[]> run(int[] tokens, Other other) {
    return new Pass(tokens.length, other).fromTokens(tokens);
  }

  /** The same from vectors on, T x D, before a block. */
  Map<Hook, double[]> run(int block, double[] vectors, Other other) {
    int length = vectors.length / blueprint.shape().modelDimension();
    return new Pass(length, other).fromBlock(block, rows(vectors, length));
  }

  /** -ln p of every token but the first, summed. */
  double nats(int[] tokens) {
    int v = blueprint.shape().vocabularySize();
    int[] inputs = Arrays.copyOf(tokens, tokens.length - 1);
    double[] logits = run(inputs, Other.NOTHING).get(Hook.of(HookPoint.LOGITS));
    double nats = 0;
    for (int t = 0; t < inputs.length; t++) {
      nats -= Math.log(softmax(Arrays.copyOfRange(logits, t * v, (t + 1) * v))[tokens[t + 1]]);
    }

    return nats;
  }

  static double[] softmax(double[] x) {
    double greatest = Arrays.stream(x).max().orElseThrow();
    double[] e = Arrays.stream(x).map(value -> Math.exp(value - greatest)).toArray();
    double sum = Arrays.stream(e).sum();
    return Arrays.stream(e).map(value -> value / sum).toArray();
  }

  /** Changes a tensor by a multiple of a direction. */
  void move(String name, double[] direction, double by) {
    double[] tensor = tensors.get(name);
    for (int i = 0; i < tensor.length; i++) {
      tensor[i] += by * direction[i];
    }
  }

  private static double[][] rows(double[] x, int count) {
    double[][] rows = new double[count][];
    int width = x.length / count;
    Arrays.setAll(rows, i -> Arrays.copyOfRange(x, i * width, (i + 1) * width));
    return rows;
  }

  private static double[] flat(double[][] rows) {
    return Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray();
  }

  private double[] linear(Linear map, double[] x) {
    Linear.Stored stored = map.stored();
    double[] weight = tensors.get(stored.weight());
    double[] y = new double[map.outputs()];
    for (int o = 0; o < y.length; o++) {
      int row = map.first() + o / map.run() * map.stride() + o % map.run();
      y[o] = stored.bias() == null ? 0 : tensors.get(stored.bias())[row];
      for (int k = 0; k < stored.inputs(); k++) {
        y[o] +=
            x[k]
                * (stored.layout() == Linear.Layout.BY_OUTPUT
                    ? weight[row * stored.inputs() + k]
                    : weight[k * stored.outputs() + row]);
      }
    }

    return y;
  }

  private double[][] linear(Linear map, double[][] x) {
    return Arrays.stream(x).map(row -> linear(map, row)).toArray(double[][]::new);
  }

  /** What a norm divides by. */
  private static double scale(Norm norm, double[] x) {
    double mean = norm instanceof Norm.LayerNorm ? Arrays.stream(x).average().orElseThrow() : 0;
    double squares = Arrays.stream(x).map(value -> (value - mean) * (value - mean)).sum();
    double epsilon =
        norm instanceof Norm.LayerNorm layer ? layer.epsilon() : ((Norm.RmsNorm) norm).epsilon();
    return Math.sqrt(squares / x.length + epsilon);
  }

  private double[] normed(Norm norm, double[] x, double scale) {
    double[] y = new double[x.length];
    double mean = Arrays.stream(x).average().orElseThrow();
    for (int i = 0; i < y.length; i++) {
      if (norm instanceof Norm.LayerNorm layer) {
        double weight = layer.weight() == null ? 1 : tensors.get(layer.weight())[i];
        double bias = layer.bias() == null ? 0 : tensors.get(layer.bias())[i];
        y[i] = (x[i] - mean) / scale * weight + bias;
      } else {
        Norm.RmsNorm rms = (Norm.RmsNorm) norm;
        y[i] = x[i] / scale * (tensors.get(rms.weight())[i] + rms.added());
      }
    }

    return y;
  }

  private double[] normed(Norm norm, double[] x) {
    return norm instanceof Norm.None ? x : normed(norm, x, scale(norm, x));
  }

  private static double activated(Activation activation, double x) {
    return switch (activation) {
      case RELU -> Math.max(0, x);
      case GELU -> x * normalDistribution(x);
      case GELU_TANH -> x / 2 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + .044715 * x * x * x)));
      case SILU -> x / (1 + Math.exp(-x));
      case QUICK_GELU -> x / (1 + Math.exp(-1.702 * x));
    };
  }

  /** By Simpson's rule. */
  private static double normalDistribution(double x) {
    int steps = 100;
    double h = x / steps;
    double sum = 1 + Math.exp(-x * x / 2);
    for (int i = 1; i < steps; i++) {
      sum += (i % 2 == 0 ? 2 : 4) * Math.exp(-i * h * i * h / 2);
    }

    return .5 + sum * h / 3 / Math.sqrt(2 * Math.PI);
  }

  private static double capped(double x, double cap) {
    return Double.isInfinite(cap) ? x : cap * Math.tanh(x / cap);
  }

  private static double[] sum(double[] a, double[] b) {
    double[] sum = new double[a.length];
    Arrays.setAll(sum, i -> a[i] + b[i]);
    return sum;
  }

  private static double[][] sum(double[][] a, double[][] b) {
    double[][] sum = new double[a.length][];
    Arrays.setAll(sum, i -> sum(a[i], b[i]));
    return sum;
  }

  /** A pass over T positions. */
  private final class Pass {
    private final int length; // T
    private final Other other;
    private final Map<Hook, double[]> found = new LinkedHashMap<>();

    private Pass(int length, Other other) {
      this.length = length;
      this.other = other;
    }

    private double[][] at(Hook hook, double[][] x) {
      double[] seen = other.at(hook, flat(x));
      found.put(hook, seen);
      return rows(seen, x.length);
    }

    private double[][] normed(Norm norm, double[][] x, Hook scales) {
      if (norm instanceof Norm.None) {
        return x;
      }

      double[][] scale = new double[x.length][];
      Arrays.setAll(scale, t -> new double[] {scale(norm, x[t])});
      double[][] seen = at(scales, scale);
      double[][] y = new double[x.length][];
      Arrays.setAll(y, t -> PlainModel.this.normed(norm, x[t], seen[t][0]));
      return y;
    }

    private Map<Hook, double[]> fromTokens(int[] tokens) {
      Embedding embedding = blueprint.embedding();
      double[][] x = new double[length][embedding.width()];
      for (int t = 0; t < length; t++) {
        for (int i = 0; i < embedding.width(); i++) {
          x[t][i] =
              embedding.scale() * tensors.get(embedding.table())[tokens[t] * embedding.width() + i];
        }
      }

      x = embedding.projection() == null ? x : linear(embedding.projection(), x);
      x = at(Hook.of(HookPoint.EMBED), x);
      if (embedding.positions() instanceof Positions.Learned learned) {
        double[][] positions = new double[length][];
        Arrays.setAll(positions, t -> row(learned, t));
        x = sum(x, at(Hook.of(HookPoint.POS_EMBED), positions));
      }

      double[][] embedded = x;
      double[][] begin = new double[length][];
      Arrays.setAll(begin, t -> PlainModel.this.normed(embedding.norm(), embedded[t]));
      return fromBlock(0, begin);
    }

    private double[] row(Positions.Learned learned, int position) {
      int from = (position + learned.offset()) * learned.width();
      return Arrays.copyOfRange(tensors.get(learned.table()), from, from + learned.width());
    }

    private Map<Hook, double[]> fromBlock(int first, double[][] vectors) {
      double[][] x = vectors;
      for (int i = first; i < blueprint.blocks().size(); i++) {
        x = block(i, x);
      }

      Unembedding end = blueprint.unembedding();
      double[][] read = normed(end.norm(), x, Hook.of(HookPoint.FINAL_SCALE));
      read = end.projection() == null ? read : linear(end.projection(), read);
      double[][] logits =
          Arrays.stream(linear(end.head(), read))
              .map(row -> Arrays.stream(row).map(y -> capped(y, end.cap())).toArray())
              .toArray(double[][]::new);
      at(Hook.of(HookPoint.LOGITS), logits);
      return found;
    }

    private double[][] block(int i, double[][] stream) {
      Block block = blueprint.blocks().get(i);
      boolean normsSums = block.residual() == Residual.NORMED_SUM;
      double[][] x = at(Hook.of(HookPoint.RESID_PRE, i), stream);
      double[][] mixed = new double[length][x[0].length];
      if (!other.leavesOut(i, Part.ATTENTION)) {
        double[][] normed =
            other.leavesOut(i, Part.LN1)
                ? x
                : normed(block.mixerNorm(), x, Hook.of(HookPoint.LN1_SCALE, i));
        mixed =
            block.mixer() instanceof Mixer.Attention attention
                ? attention(i, attention, normed)
                : masked(i, (Mixer.Masked) block.mixer(), normed);
        if (!normsSums) {
          mixed = normed(block.mixerOutputNorm(), mixed, Hook.of(HookPoint.LN1_POST_SCALE, i));
        }
      }

      mixed = at(Hook.of(HookPoint.ATTN_OUT, i), mixed);
      double[][] between = other.leavesOut(i, Part.ATTENTION_RESIDUAL) ? mixed : sum(x, mixed);
      if (normsSums) {
        between = normed(block.mixerOutputNorm(), between, Hook.of(HookPoint.LN1_POST_SCALE, i));
      }

      if (block.feedForward() instanceof FeedForward.None) {
        return at(Hook.of(HookPoint.RESID_POST, i), between);
      }

      boolean isParallel = block.residual() == Residual.PARALLEL;
      between = isParallel ? between : at(Hook.of(HookPoint.RESID_MID, i), between);
      double[][] added = new double[length][x[0].length];
      if (!other.leavesOut(i, Part.MLP)) {
        double[][] read = isParallel ? x : between;
        double[][] normed =
            other.leavesOut(i, Part.LN2)
                ? read
                : normed(block.feedForwardNorm(), read, Hook.of(HookPoint.LN2_SCALE, i));
        added = feedForward(i, block.feedForward(), normed);
        if (!normsSums) {
          added =
              normed(block.feedForwardOutputNorm(), added, Hook.of(HookPoint.LN2_POST_SCALE, i));
        }
      }

      added = at(Hook.of(HookPoint.MLP_OUT, i), added);
      double[][] after = other.leavesOut(i, Part.MLP_RESIDUAL) ? added : sum(between, added);
      if (normsSums) {
        after = normed(block.feedForwardOutputNorm(), after, Hook.of(HookPoint.LN2_POST_SCALE, i));
      }

      return at(Hook.of(HookPoint.RESID_POST, i), after);
    }

    private double[][] feedForward(int i, FeedForward network, double[][] x) {
      if (network instanceof FeedForward.Gated gated) {
        double[][] pre = at(Hook.of(HookPoint.MLP_PRE, i), linear(gated.gate(), x));
        double[][] up = at(Hook.of(HookPoint.MLP_PRE_LINEAR, i), linear(gated.up(), x));
        double[][] hidden = activated(gated.activation(), pre);
        for (int t = 0; t < length; t++) {
          for (int m = 0; m < hidden[t].length; m++) {
            hidden[t][m] *= up[t][m];
          }
        }

        return linear(gated.down(), at(Hook.of(HookPoint.MLP_POST, i), hidden));
      }

      FeedForward.Mlp mlp = (FeedForward.Mlp) network;
      double[][] pre = at(Hook.of(HookPoint.MLP_PRE, i), linear(mlp.up(), x));
      return linear(
          mlp.down(), at(Hook.of(HookPoint.MLP_POST, i), activated(mlp.activation(), pre)));
    }

    private double[][] activated(Activation activation, double[][] x) {
      return Arrays.stream(x)
          .map(row -> Arrays.stream(row).map(y -> PlainModel.activated(activation, y)).toArray())
          .toArray(double[][]::new);
    }

    private double[][] masked(int i, Mixer.Masked mixer, double[][] x) {
      double[][] mapped = mixer.input() == null ? x : linear(mixer.input(), x);
      double[][] spread =
          mixer.spread() == null ? mapped : triangle(i, mixer.spread(), mapped, mixer.width());
      double[][] sum = new double[length][mixer.width()];
      for (Mixer.Triangle branch : mixer.branches()) {
        sum = sum(sum, triangle(i, branch, spread, mixer.width()));
      }

      return mixer.output() == null ? sum : linear(mixer.output(), sum);
    }

    /** From C vectors a position to R vectors a position, which lie beside each other. */
    private double[][] triangle(int i, Mixer.Triangle triangle, double[][] x, int width) {
      double[] weight = tensors.get(triangle.weight());
      int rows = triangle.rows();
      int columns = triangle.columns();
      double[][] y = new double[length][rows * width];
      for (int t = 0; t < length; t++) {
        for (int r = 0; r < rows; r++) {
          for (int k = 0; k < width; k++) {
            int head = k * Math.max(1, triangle.heads()) / width;
            int row = (head * triangle.length() + t) * rows + r;
            double sum = tensors.get(triangle.bias())[row];
            for (int s = 0; s <= t; s++) {
              for (int c = 0; c < columns && (other.mask(i) == null || other.mask(i)[t][s]); c++) {
                sum +=
                    weight[row * triangle.length() * columns + s * columns + c]
                        * x[s][c * width + k];
              }
            }

            y[t][r * width + k] =
                triangle.activation() == null
                    ? sum
                    : PlainModel.activated(triangle.activation(), sum);
          }
        }
      }

      return y;
    }

    private double[][] attention(int i, Mixer.Attention attention, double[][] x) {
      int e = attention.headWidth();
      double[][] placed = x;
      if (attention.positions() instanceof Positions.Learned learned) {
        placed = new double[length][];
        for (int t = 0; t < length; t++) {
          placed[t] = sum(x[t], row(learned, t));
        }
      }

      double[][] q = at(Hook.of(HookPoint.Q, i), linear(attention.query(), placed));
      double[][] k = at(Hook.of(HookPoint.K, i), linear(attention.key(), placed));
      double[][] v = at(Hook.of(HookPoint.V, i), linear(attention.value(), x));
      double clip = attention.limits().clip();
      for (int t = 0; t < length; t++) {
        q[t] = turned(attention, normedHeads(attention.queryNorm(), clipped(q[t], clip), e), t);
        k[t] = turned(attention, normedHeads(attention.keyNorm(), clipped(k[t], clip), e), t);
        v[t] = clipped(v[t], clip);
      }

      int group = attention.heads() / attention.keyValueHeads();
      double[][] scores = new double[attention.heads() * length][length];
      for (int h = 0; h < attention.heads(); h++) {
        for (int t = 0; t < length; t++) {
          for (int s = 0; s < length; s++) {
            boolean sees =
                other.mask(i) == null
                    ? s <= t && t - s < attention.limits().window()
                    : other.mask(i)[t][s];
            double product = 0;
            for (int c = 0; c < e; c++) {
              product += q[t][h * e + c] * k[s][h / group * e + c];
            }

            scores[h * length + t][s] =
                sees
                    ? capped(attention.scale() * product, attention.limits().scoreCap())
                    : Double.NEGATIVE_INFINITY;
          }
        }
      }

      double[][] pattern =
          at(
              Hook.of(HookPoint.PATTERN, i),
              Arrays.stream(at(Hook.of(HookPoint.ATTN_SCORES, i), scores))
                  .map(PlainModel::softmax)
                  .toArray(double[][]::new));
      double[][] z = new double[length][attention.heads() * e];
      for (int t = 0; t < length; t++) {
        for (int h = 0; h < attention.heads(); h++) {
          for (int c = 0; c < e; c++) {
            for (int s = 0; s < length; s++) {
              z[t][h * e + c] += pattern[h * length + t][s] * v[s][h / group * e + c];
            }
          }
        }
      }

      z = at(Hook.of(HookPoint.Z, i), z);
      return ofHeads(i, attention, z);
    }

    /** The output as the sum of what each head adds, and the bias. */
    private double[][] ofHeads(int i, Mixer.Attention attention, double[][] z) {
      int e = attention.headWidth();
      int d = attention.output().outputs();
      double[] bias = linear(attention.output(), new double[z[0].length]);
      double[][] result = new double[length][];
      for (int t = 0; t < length; t++) {
        double[][] heads = new double[attention.heads()][];
        for (int h = 0; h < heads.length; h++) {
          double[] alone = new double[z[t].length];
          System.arraycopy(z[t], h * e, alone, h * e, e);
          heads[h] = linear(attention.output(), alone);
          for (int k = 0; k < d; k++) {
            heads[h][k] -= bias[k];
          }
        }

        result[t] = flat(heads);
      }

      result = at(Hook.of(HookPoint.RESULT, i), result);
      double[][] out = new double[length][];
      for (int t = 0; t < length; t++) {
        out[t] = bias;
        for (double[] head : rows(result[t], attention.heads())) {
          out[t] = sum(out[t], head);
        }
      }

      return out;
    }

    private double[] clipped(double[] x, double clip) {
      return Arrays.stream(x).map(y -> Math.max(-clip, Math.min(clip, y))).toArray();
    }

    private double[] normedHeads(Norm norm, double[] x, int headWidth) {
      int size =
          norm instanceof Norm.LayerNorm layer
              ? layer.size()
              : norm instanceof Norm.RmsNorm rms ? rms.size() : x.length;
      return flat(
          Arrays.stream(rows(x, x.length / size))
              .map(part -> PlainModel.this.normed(norm, part))
              .toArray(double[][]::new));
    }

    private double[] turned(Mixer.Attention attention, double[] x, int position) {
      if (!(attention.positions() instanceof Positions.Rotary rotary)) {
        return x;
      }

      double[] y = x.clone();
      int planes = rotary.frequencies().size();
      boolean halves = rotary.pairing() == Positions.Rotary.Pairing.HALVES;
      for (int head = 0; head < x.length; head += attention.headWidth()) {
        for (int p = 0; p < planes; p++) {
          int first = head + (halves ? p : 2 * p);
          int second = head + (halves ? p + planes : 2 * p + 1);
          double cosine = rotary.factor() * Math.cos(position * rotary.frequencies().get(p));
          double sine = rotary.factor() * Math.sin(position * rotary.frequencies().get(p));
          y[first] = x[first] * cosine - x[second] * sine;
          y[second] = x[second] * cosine + x[first] * sine;
        }
      }

      return y;
    }
  }
}
