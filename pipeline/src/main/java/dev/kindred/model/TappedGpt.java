/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import dev.kindred.DjlEngine;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * A {@link Gpt} whose residual stream can be looked into, and run on from any block with other
 * vectors in it.
 *
 * <p>Letters in shapes: those of {@link Gpt}, N = {@code n_layers}, R = vectors. A block number in
 * [0, N] names the residual stream before that block; N is the stream before the final norm. Arrays
 * are row-major. Several threads may use one.
 */
public final class TappedGpt implements AutoCloseable {
  private final GptConfig config;
  private final NDManager weights;
  private final GptLayers layers;
  private final float[] unembedding; // V x D
  private final float[] finalNormWeight; // D

  private TappedGpt(
      GptConfig config,
      NDManager weights,
      GptLayers layers,
      float[] unembedding,
      float[] finalNormWeight) {
    this.config = config;
    this.weights = weights;
    this.layers = layers;
    this.unembedding = unembedding;
    this.finalNormWeight = finalNormWeight;
  }

  /**
   * Puts the model on a device.
   *
   * @param tensors by name, checked against {@link GptConfig#tensors}
   */
  static TappedGpt load(GptConfig config, Safetensors tensors, Device device) {
    DjlEngine.load();
    NDManager weights = NDManager.newBaseManager(device, "PyTorch");
    return new TappedGpt(
        config,
        weights,
        GptLayers.load(config, tensors, weights),
        floats(tensors, config.unembedding()),
        floats(tensors, GptConfig.FINAL_NORM_WEIGHT));
  }

  private static float[] floats(Safetensors tensors, String name) {
    return tensors.tensors().stream()
        .filter(tensor -> tensor.name().equals(name))
        .map(tensors::floats)
        .findFirst()
        .orElseThrow();
  }

  public ModelShape shape() {
    return config.shape();
  }

  /**
   * Runs sequences through all blocks.
   *
   * @param tokenIds B x T token ids, each in [0, V)
   */
  public Pass run(int[][] tokenIds) {
    return new Pass(tokenIds, (block, point, x) -> x);
  }

  /** The feed-forward outputs of a sequence at its last position, and its prediction. */
  LanguageModel.Predictions predict(int[] tokenIds) {
    float[][] ffnOutputs = new float[layers.blocks.size()][];
    try (Pass pass = run(new int[][] {tokenIds})) {
      for (int block = 0; block < ffnOutputs.length; block++) {
        ffnOutputs[block] = pass.last(block, HookPoint.MLP_OUT);
      }

      return new LanguageModel.Predictions(ffnOutputs, pass.probabilities());
    }
  }

  /** Sees what is at a hook point, and may put something else there. */
  @FunctionalInterface
  interface Tap {
    /** Of [B, T, D], what the pass goes on with. */
    NDArray at(int block, HookPoint point, NDArray x);
  }

  /** The same with changes on the way. */
  Pass run(int[][] tokenIds, Tap changes) {
    return new Pass(tokenIds, changes);
  }

  /**
   * Runs vectors, each a sequence of its own, through the blocks from one on.
   *
   * @param block in [0, N]
   * @param x R x D
   * @return R x V logits
   */
  public float[] logitsAlone(int block, float[] x) {
    try (NDManager batch = weights.newSubManager();
        NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      JniUtils.setGradMode(false);
      return logits(batch, block, vectors(batch, x)).toFloatArray();
    }
  }

  /** The residual stream of lone vectors, [R, 1, D], through the blocks from one on. */
  private NDArray logits(NDManager batch, int block, NDArray x) {
    NDArray stream = x;
    for (GptLayers.Block next : layers.blocks.subList(block, layers.blocks.size())) {
      stream = next.applyLast(stream, null);
    }

    return layers.unembedding.logits(stream);
  }

  /**
   * What a block's feed-forward network adds to the residual stream.
   *
   * @param x the stream at {@link HookPoint#RESID_MID}, R x D
   * @return R x D
   */
  public float[] feedForward(int block, float[] x) {
    try (NDManager batch = weights.newSubManager();
        NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      JniUtils.setGradMode(false);
      GptLayers.Block layer = layers.blocks.get(block);
      return layer.mlp.apply(layer.ln2.apply(vectors(batch, x))).toFloatArray();
    }
  }

  /** Vectors after the final norm, R x D. */
  public float[] finalNorm(float[] x) {
    try (NDManager batch = weights.newSubManager();
        NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      JniUtils.setGradMode(false);
      return layers.unembedding.norm.apply(vectors(batch, x)).toFloatArray();
    }
  }

  /**
   * The unembedding's row of each token, V x D: a logit is its dot product with a normed vector.
   */
  public float[] unembedding() {
    return unembedding.clone();
  }

  /** What the final norm multiplies each coordinate by, D. */
  public float[] finalNormWeight() {
    return finalNormWeight.clone();
  }

  /**
   * How badly lone vectors predict given tokens, and how that changes with them.
   *
   * @param nats -ln p of each vector's token, R
   * @param gradient of each vector's nats by the vector, R x D
   */
  public record Loss(float[] nats, float[] gradient) {}

  /**
   * The loss of vectors, each a sequence of its own.
   *
   * @param block in [0, N], from which on they are run
   * @param x R x D
   * @param targets R token ids
   */
  public Loss loss(int block, float[] x, int[] targets) {
    try (NDManager batch = weights.newSubManager();
        NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray leaf = vectors(batch, x);
      leaf.setRequiresGradient(true);
      long[] ids = new long[targets.length];
      for (int i = 0; i < ids.length; i++) {
        ids[i] = targets[i];
      }

      NDArray target = batch.create(ids, new Shape(ids.length, 1));
      // DJL's own collector allows one thread in a process.
      JniUtils.setGradMode(true);
      try {
        NDArray logits = logits(batch, block, leaf).reshape(ids.length, config.dVocab());
        NDArray nats = logits.logSoftmax(-1).gather(target, 1).neg();
        NDArray ones = batch.ones(nats.getShape());
        JniUtils.backward((PtNDArray) nats, (PtNDArray) ones, false, false);
        return new Loss(nats.toFloatArray(), leaf.getGradient().toFloatArray());
      } finally {
        JniUtils.setGradMode(false);
      }
    }
  }

  private NDArray vectors(NDManager batch, float[] x) {
    return batch.create(x, new Shape(x.length / config.dModel(), 1, config.dModel()));
  }

  @Override
  public void close() {
    weights.close();
  }

  /** A forward pass of some sequences, whose arrays stay in the engine until it is closed. */
  public final class Pass implements AutoCloseable {
    private final NDManager batch = weights.newSubManager();
    private final List<Map<HookPoint, NDArray>> blocks = new ArrayList<>(); // [B, T, D] each
    private final GptLayers.KeysAndValues[] earlier; // of each block, when asked for

    private Pass(int[][] tokenIds, Tap changes) {
      this.earlier = new GptLayers.KeysAndValues[layers.blocks.size()];
      try {
        run(tokenIds, changes);
      } catch (RuntimeException | Error e) {
        batch.close();
        throw e;
      }
    }

    private void run(int[][] tokenIds, Tap changes) {
      try (NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        JniUtils.setGradMode(false);
        int length = tokenIds[0].length;
        NDArray x = layers.embedding.embed(Gpt.tokens(batch, tokenIds), batch.arange(length));
        for (int i = 0; i < layers.blocks.size(); i++) {
          int block = i;
          Map<HookPoint, NDArray> seen = new EnumMap<>(HookPoint.class);
          blocks.add(seen);
          x =
              layers
                  .blocks
                  .get(i)
                  .apply(
                      x,
                      GptLayers.Dropout.NONE,
                      (point, found) -> {
                        NDArray changed = changes.at(block, point, found);
                        NDScope.unregister(changed);
                        seen.put(point, changed);
                        return changed;
                      });
        }
      }
    }

    /** What is at a hook point at the last position, B x D. */
    public float[] last(int block, HookPoint point) {
      return read(lastOf(blocks.get(block).get(point)));
    }

    /** What is at a hook point at all positions, B x T x D. */
    public float[] all(int block, HookPoint point) {
      return blocks.get(block).get(point).toFloatArray();
    }

    /**
     * The logits if the residual stream at the last position were another before some block. At the
     * positions before it, which do not see the last, everything stays as it is.
     *
     * @param block in [0, N]
     * @param x B x D
     * @return B x V
     */
    public float[] logits(int block, float[] x) {
      try (NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        JniUtils.setGradMode(false);
        NDArray stream = vectors(batch, x);
        for (int i = block; i < layers.blocks.size(); i++) {
          stream = layers.blocks.get(i).applyLast(stream, earlier(i));
        }

        return layers.unembedding.logits(stream).toFloatArray();
      }
    }

    /** The model's own logits at the last position, B x V. */
    public float[] logits() {
      int last = layers.blocks.size() - 1;
      return logits(last + 1, last(last, HookPoint.RESID_POST));
    }

    /** Their softmax, B x V. */
    private float[] probabilities() {
      try (NDManager made = batch.newSubManager()) {
        float[] logits = logits();
        Shape shape = new Shape(logits.length / config.dVocab(), config.dVocab());
        return made.create(logits, shape).softmax(-1).toFloatArray();
      }
    }

    /** Keys and values at all positions but the last; null if there are no such positions. */
    private GptLayers.KeysAndValues earlier(int block) {
      NDArray before = blocks.get(block).get(HookPoint.RESID_PRE);
      long length = before.getShape().get(1);
      if (length > 1 && earlier[block] == null) {
        GptLayers.Block layer = layers.blocks.get(block);
        NDArray cut = before.get(new NDIndex().addAllDim().addSliceDim(0, length - 1));
        earlier[block] = layer.attention.keysAndValues(layer.ln1.apply(cut));
        NDScope.unregister(earlier[block].keys(), earlier[block].values());
      }

      return earlier[block];
    }

    private NDArray lastOf(NDArray x) {
      long length = x.getShape().get(1);
      return x.get(new NDIndex().addAllDim().addSliceDim(length - 1, length));
    }

    private float[] read(NDArray x) {
      try (x) {
        return x.toFloatArray();
      }
    }

    @Override
    public void close() {
      batch.close();
    }
  }
}
