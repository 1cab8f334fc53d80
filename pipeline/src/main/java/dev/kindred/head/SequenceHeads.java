/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.head;

import dev.kindred.head.Measure.Score;
import dev.kindred.head.PatternMeasures.Written;
import dev.kindred.model.HookPoint;
import dev.kindred.model.ResidualStream.Pass;
import dev.kindred.model.architecture.Block;
import dev.kindred.model.architecture.Block.Residual;
import dev.kindred.model.architecture.Mixer.Attention;
import dev.kindred.model.architecture.Norm;
import java.io.Serializable;

/**
 * What is found about heads on one sequence.
 *
 * @param stimulus number of the stimulus
 * @param sequence number in it
 * @param measures [heads][measures], see {@link PatternMeasures#measures}
 * @param uniform the same of heads that attend alike to everything that they see
 * @param losses of tokens, T - 1
 * @param mixed what heads mixed of values, summed over positions, [heads][E]
 */
public record SequenceHeads(
    int stimulus,
    int sequence,
    double[][] measures,
    double[][] uniform,
    double[] losses,
    double[][] mixed)
    implements Serializable {

  /** Runs a sequence of a stimulus through a model. */
  static SequenceHeads of(
      HeadModel model, PatternMeasures asked, Stimulus of, int stimulus, int sequence) {
    int[] tokens = of.tokenIds()[sequence];
    int heads = model.heads().size();
    double[][] measures = new double[heads][];
    double[][] uniform = new double[heads][];
    double[][] mixed = new double[heads][];
    try (Pass pass = model.stream().run(new int[][] {tokens})) {
      int number = 0;
      for (int block = 0; block < model.blocks(); block++) {
        if (!model.hasHeads(block)) {
          continue;
        }

        OfBlock its = new OfBlock(model, block, pass, tokens);
        double[] flat = PatternMeasures.uniform(tokens.length, its.attention.limits().window());
        int copying = asked.place(Measure.of(Score.COPYING));
        double[][] raised = copying < 0 ? null : its.raised(of, pass);
        int terms = asked.place(Measure.of(Measure.INDUCTION_TERMS.get(0)));
        double[][] ofTerms =
            terms < 0 || block == 0 ? null : QueryKeyTerms.of(model, asked, pass, block, tokens);
        for (int head = 0; head < its.attention.heads(); head++) {
          Written written = its.written(head);
          double[] pattern = its.pattern(head);
          measures[number] = asked.of(pattern, tokens, written);
          uniform[number] = asked.of(flat, tokens, written.withoutOutputs());
          if (raised != null) {
            measures[number][copying] = asked.copying(pattern, tokens.length, raised[head]);
            uniform[number][copying] = asked.copying(flat, tokens.length, raised[head]);
          }

          for (int term = 0; ofTerms != null && term < ofTerms.length; term++) {
            measures[number][terms + term] = ofTerms[term][head];
            uniform[number][terms + term] =
                uniform[number][asked.place(Measure.of(Score.INDUCTION))];
          }

          mixed[number] = its.mixed(head);
          number++;
        }
      }

      return new SequenceHeads(
          stimulus,
          sequence,
          measures,
          uniform,
          TokenLosses.of(
              model.stream(), pass.all(model.blocks() - 1, HookPoint.RESID_POST), tokens),
          mixed);
    }
  }

  /** A block in a pass. */
  private static final class OfBlock {
    private final HeadModel model;
    private final int block;
    private final Attention attention;
    private final HeadWriting writing;
    private final int[] tokens;
    private final int length;
    private final float[] patterns; // [H, T, T]
    private final float[] values; // [T, G, E]
    private final float[] mixed; // [T, H, E]

    private OfBlock(HeadModel model, int block, Pass pass, int[] tokens) {
      this.model = model;
      this.block = block;
      this.attention = model.attention(block);
      this.writing = model.writing(block);
      this.tokens = tokens;
      this.length = tokens.length;
      this.patterns = pass.all(block, HookPoint.PATTERN);
      this.values = pass.all(block, HookPoint.V);
      this.mixed = pass.all(block, HookPoint.Z);
    }

    private double[] pattern(int head) {
      double[] pattern = new double[length * length];
      for (int i = 0; i < pattern.length; i++) {
        pattern[i] = patterns[head * length * length + i];
      }

      return pattern;
    }

    private Written written(int head) {
      int width = attention.headWidth();
      int keyHeads = attention.keyValueHeads();
      int shared = head / (attention.heads() / keyHeads);
      double clip = attention.limits().clip();
      double[] products = writing.products()[head];
      double[] stored = new double[length];
      double[] folded = new double[length];
      double[] outputs = new double[length];
      for (int j = 0; j < length; j++) {
        int from = (j * keyHeads + shared) * width;
        stored[j] = HeadWriting.norm(products, values, from, null, clip);
        folded[j] =
            HeadWriting.norm(
                writing.foldedProducts()[head], values, from, writing.bias()[head], clip);
        outputs[j] =
            HeadWriting.norm(
                products,
                mixed,
                (j * attention.heads() + head) * width,
                null,
                Double.POSITIVE_INFINITY);
      }

      return new Written(stored, folded, outputs);
    }

    private double[] mixed(int head) {
      int width = attention.headWidth();
      double[] sum = new double[width];
      for (int i = 0; i < length; i++) {
        for (int e = 0; e < width; e++) {
          sum[e] += mixed[(i * attention.heads() + head) * width + e];
        }
      }

      return sum;
    }

    /**
     * What each head adds to logits of the tokens that are repeated, less what it adds to all on
     * average, at the queries of the first copy: [H][queries, tokens], up to a factor that all
     * tokens share. Null where what heads write is normed before it comes to the stream.
     */
    private double[][] raised(Stimulus of, Pass pass) {
      Block described = model.blueprint().blocks().get(block);
      if (described.residual() == Residual.NORMED_SUM || described.mixerOutputNorm() != Norm.NONE) {
        return null;
      }

      int period = of.period();
      int begins = of.begins();
      int heads = attention.heads();
      float[] results = pass.all(block, HookPoint.RESULT); // [T, H, D]
      int dimension = model.blueprint().shape().modelDimension();
      double[][] raised = new double[heads][period * period];
      for (int token = 0; token < period; token++) {
        double[] direction = model.directions().aboveMean(tokens[begins + token]);
        for (int head = 0; head < heads; head++) {
          double ofBias = dot(direction, writing.writtenBias()[head]);
          for (int query = 0; query < period; query++) {
            double sum = -ofBias;
            int from = ((begins + query) * heads + head) * dimension;
            for (int i = 0; i < dimension; i++) {
              sum += results[from + i] * direction[i];
            }

            raised[head][query * period + token] = sum;
          }
        }
      }

      return raised;
    }

    private static double dot(double[] a, double[] b) {
      double sum = 0;
      for (int i = 0; i < a.length; i++) {
        sum += a[i] * b[i];
      }

      return sum;
    }
  }
}
