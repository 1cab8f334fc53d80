/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.head;

import dev.kindred.head.LogitPart.Kind;
import dev.kindred.model.Hook;
import dev.kindred.model.HookPoint;
import dev.kindred.model.ResidualStream;
import dev.kindred.model.ResidualStream.Pass;
import dev.kindred.model.architecture.Block;
import dev.kindred.model.architecture.Block.Residual;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.architecture.FeedForward;
import dev.kindred.model.architecture.Mixer.Attention;
import dev.kindred.model.architecture.Norm;
import dev.kindred.model.architecture.Tensors;
import dev.kindred.model.architecture.Unembedding;
import dev.kindred.model.files.LoadedModels;
import dev.kindred.model.files.ModelDirectory;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Splits logits into what embedding, positions, heads, feed-forward networks and biases add to
 * them: each is read in the direction of the token's folded unembedding, over what the final norm
 * divides by. Where norms stand behind a part, or behind the sum, the direction goes through them
 * backwards, each with what it divides by in this pass, so that the parts always add up.
 */
public final class LogitAttribution {
  private final HeadModel model;
  private final List<OfBlock> blocks = new ArrayList<>();
  private final PostNorm finalNorm;
  private final float[] rows; // of the head, V x what it reads
  private final float[] rowBias; // V; null for none
  private final float[] projection; // what the head reads x D; null for none
  private final float[] projectionBias; // null for none
  private final double[] meanRow;

  /** What is read of a block's weights. */
  private record OfBlock(float[] attentionBias, PostNorm attentionNorm, PostNorm networkNorm) {}

  private LogitAttribution(HeadModel model, Tensors tensors) {
    this.model = model;
    Blueprint blueprint = model.blueprint();
    int dimension = blueprint.shape().modelDimension();
    for (Block block : blueprint.blocks()) {
      blocks.add(
          new OfBlock(
              block.mixer() instanceof Attention attention
                  ? attention.output().bias(tensors)
                  : null,
              PostNorm.of(block.mixerOutputNorm(), dimension, tensors),
              PostNorm.of(block.feedForwardOutputNorm(), dimension, tensors)));
    }

    Unembedding end = blueprint.unembedding();
    finalNorm = PostNorm.of(end.norm(), dimension, tensors);
    rows = end.head().weight(tensors);
    rowBias = end.head().bias(tensors);
    projection = end.projection() == null ? null : end.projection().weight(tensors);
    projectionBias = end.projection() == null ? null : end.projection().bias(tensors);
    int width = end.head().inputs();
    int vocabulary = blueprint.shape().vocabularySize();
    meanRow = new double[width];
    for (int token = 0; token < vocabulary; token++) {
      for (int i = 0; i < width; i++) {
        meanRow[i] += (double) rows[token * width + i] / vocabulary;
      }
    }
  }

  /** Reads what is needed of a model. */
  public static LogitAttribution of(ModelDirectory directory) {
    return of(LoadedModels.stream(directory), directory);
  }

  private static LogitAttribution of(ResidualStream stream, ModelDirectory directory) {
    Blueprint blueprint = directory.blueprint();
    return directory
        .weights()
        .read(tensors -> of(HeadModel.of(stream, blueprint, tensors), tensors));
  }

  static LogitAttribution of(HeadModel model, Tensors tensors) {
    return new LogitAttribution(model, tensors);
  }

  /** A direction in the stream for the token, and one for all tokens on average. */
  private record Directions(double[] token, double[] mean) {
    private Directions before(PostNorm norm, double scale) {
      return new Directions(norm.before(token, scale), norm.before(mean, scale));
    }

    private LogitPart part(Kind kind, int block, int head, float[] x, int from) {
      return new LogitPart(kind, block, head, dot(token, x, from), dot(mean, x, from));
    }

    private static double dot(double[] direction, float[] x, int from) {
      double sum = 0;
      for (int i = 0; i < direction.length; i++) {
        sum += direction[i] * x[from + i];
      }

      return sum;
    }
  }

  /**
   * Splits the logit of a token after a prompt.
   *
   * @param tokens of the prompt, with the token that begins texts if the model reads one
   * @param token the token whose logit it is; null for the most probable one
   */
  public LogitParts of(int[] tokens, Integer token) {
    try (Pass pass = model.stream().run(new int[][] {tokens})) {
      float[] logits = pass.logits();
      int about = token == null ? greatest(logits) : token;
      List<LogitPart> parts = new ArrayList<>(); // from the end of the pass on
      Directions read = new Directions(row(about), meanRow.clone());
      double bias = rowBias == null ? 0 : rowBias[about];
      double meanBias = mean(rowBias);
      if (projection != null) {
        bias += ofBias(projectionBias, read.token);
        meanBias += ofBias(projectionBias, read.mean);
        read = new Directions(projected(read.token), projected(read.mean));
      }

      bias += finalNorm.ofBias(read.token);
      meanBias += finalNorm.ofBias(read.mean);
      parts.add(new LogitPart(Kind.UNEMBEDDING_BIAS, Hook.MODEL, -1, bias, meanBias));
      int last = blocks.size() - 1;
      read = read.before(finalNorm, finalNorm.scale(pass.last(last, HookPoint.RESID_POST)));
      for (int block = last; block >= 0; block--) {
        read = addBlock(parts, pass, block, read);
      }

      addEmbedding(parts, pass, read);
      Collections.reverse(parts);
      return new LogitParts(
          about, List.copyOf(parts), logits[about], model.blueprint().unembedding().cap());
    }
  }

  private static int greatest(float[] logits) {
    int greatest = 0;
    for (int token = 1; token < logits.length; token++) {
      greatest = logits[token] > logits[greatest] ? token : greatest;
    }

    return greatest;
  }

  private double[] row(int token) {
    double[] row = new double[meanRow.length];
    for (int i = 0; i < row.length; i++) {
      row[i] = rows[token * row.length + i];
    }

    return row;
  }

  private static double mean(float[] values) {
    double sum = 0;
    for (int i = 0; values != null && i < values.length; i++) {
      sum += (double) values[i] / values.length;
    }

    return sum;
  }

  private static double ofBias(float[] bias, double[] direction) {
    return bias == null ? 0 : Directions.dot(direction, bias, 0);
  }

  /** Takes a direction after the projection to one before it. */
  private double[] projected(double[] after) {
    int inputs = model.blueprint().unembedding().projection().inputs();
    double[] before = new double[inputs];
    for (int k = 0; k < after.length; k++) {
      for (int i = 0; i < inputs; i++) {
        before[i] += after[k] * projection[k * inputs + i];
      }
    }

    return before;
  }

  /**
   * Adds the parts of a block, the last first.
   *
   * @param read in the stream after the block
   * @return the directions in the stream before it
   */
  private Directions addBlock(List<LogitPart> parts, Pass pass, int number, Directions read) {
    Block block = model.blueprint().blocks().get(number);
    OfBlock its = blocks.get(number);
    boolean isSumNormed = block.residual() == Residual.NORMED_SUM;
    Directions stream = read;
    if (!(block.feedForward() instanceof FeedForward.None)) {
      if (isSumNormed) {
        stream = throughSum(parts, pass, number, HookPoint.LN2_POST_SCALE, stream);
      }

      parts.add(stream.part(Kind.MLP, number, -1, pass.last(number, HookPoint.MLP_OUT), 0));
    }

    if (isSumNormed) {
      stream = throughSum(parts, pass, number, HookPoint.LN1_POST_SCALE, stream);
    }

    if (!(block.mixer() instanceof Attention attention)) {
      parts.add(stream.part(Kind.MIXER, number, -1, pass.last(number, HookPoint.ATTN_OUT), 0));
      return stream;
    }

    Directions written = stream;
    double bias = 0;
    double meanBias = 0;
    if (!isSumNormed && its.attentionNorm.isThere()) {
      bias = its.attentionNorm.ofBias(stream.token);
      meanBias = its.attentionNorm.ofBias(stream.mean);
      written = stream.before(its.attentionNorm, pass.last(number, HookPoint.LN1_POST_SCALE)[0]);
    }

    bias += ofBias(its.attentionBias, written.token);
    meanBias += ofBias(its.attentionBias, written.mean);
    float[] results = pass.last(number, HookPoint.RESULT); // [H, D]
    double[][] always = model.writing(number).writtenBias();
    List<LogitPart> heads = new ArrayList<>();
    for (int head = 0; head < attention.heads(); head++) {
      double ofToken = dot(written.token, always[head]);
      double ofMean = dot(written.mean, always[head]);
      bias += ofToken;
      meanBias += ofMean;
      LogitPart whole = written.part(Kind.HEAD, number, head, results, head * written.token.length);
      heads.add(
          new LogitPart(Kind.HEAD, number, head, whole.logit() - ofToken, whole.mean() - ofMean));
    }

    parts.add(new LogitPart(Kind.ATTENTION_BIAS, number, -1, bias, meanBias));
    Collections.reverse(heads);
    parts.addAll(heads);
    return stream;
  }

  /** Goes through the norm of a sum, whose bias is a part. */
  private Directions throughSum(
      List<LogitPart> parts, Pass pass, int number, HookPoint scale, Directions after) {
    PostNorm norm =
        scale == HookPoint.LN1_POST_SCALE
            ? blocks.get(number).attentionNorm
            : blocks.get(number).networkNorm;
    if (!norm.isThere()) {
      return after;
    }

    parts.add(
        new LogitPart(
            Kind.NORM_BIAS, number, -1, norm.ofBias(after.token), norm.ofBias(after.mean)));
    return after.before(norm, pass.last(number, scale)[0]);
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }

    return sum;
  }

  private void addEmbedding(List<LogitPart> parts, Pass pass, Directions read) {
    List<Hook> hooks = model.stream().hooks();
    if (model.blueprint().embedding().norm() != Norm.NONE) {
      parts.add(read.part(Kind.EMBEDDING, Hook.MODEL, -1, pass.last(0, HookPoint.RESID_PRE), 0));
      return;
    }

    Hook positions = Hook.of(HookPoint.POS_EMBED);
    if (hooks.contains(positions)) {
      parts.add(read.part(Kind.POSITIONS, Hook.MODEL, -1, pass.last(positions), 0));
    }

    parts.add(read.part(Kind.EMBEDDING, Hook.MODEL, -1, pass.last(Hook.of(HookPoint.EMBED)), 0));
  }
}
