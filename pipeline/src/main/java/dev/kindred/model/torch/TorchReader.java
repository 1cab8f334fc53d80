/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.pytorch.jni.JniUtils;
import dev.kindred.model.ModelShape;
import dev.kindred.model.TokenReader;
import dev.kindred.model.architecture.Blueprint;
import java.util.ArrayList;
import java.util.List;

/** A text in the engine. */
final class TorchReader implements TokenReader {
  private final Blueprint blueprint;
  private final NDManager weights;
  private final TorchLayers layers;
  private final List<TorchMixer.Kept> kept = new ArrayList<>(); // of each block; none at first
  private NDManager text; // of what is kept; null at first
  private int length;

  TorchReader(Blueprint blueprint, NDManager weights, TorchLayers layers) {
    this.blueprint = blueprint;
    this.weights = weights;
    this.layers = layers;
  }

  @Override
  public ModelShape shape() {
    return blueprint.shape();
  }

  @Override
  public int length() {
    return length;
  }

  @Override
  public float[] begin(int[] tokenIds) {
    if (tokenIds.length == 0 || tokenIds.length > shape().contextLength()) {
      throw new IllegalArgumentException("Invalid length: " + tokenIds.length);
    }

    forget();
    text = weights.newSubManager();
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      JniUtils.setGradMode(false);
      NDArray x = // [1, T, D]
          layers
              .embedding()
              .embed(
                  Rows.tokens(text, new int[][] {tokenIds}),
                  text.arange(tokenIds.length),
                  Tap.NONE);
      for (TorchBlock block : layers.blocks()) {
        kept.add(block.mixer.kept(block.mixerNorm.apply(x)).unscoped());
        x = block.apply(x, Dropout.NONE, Tap.NONE);
      }

      length = tokenIds.length;
      return layers.unembedding().logits(Rows.lastPosition(x)).toFloatArray();
    }
  }

  @Override
  public float[] next(int tokenId) {
    if (length == 0 || length == shape().contextLength()) {
      throw new IllegalStateException("no room after " + length + " tokens");
    }

    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      JniUtils.setGradMode(false);
      NDArray x = // [1, 1, D]
          layers
              .embedding()
              .embed(
                  Rows.tokens(text, new int[][] {{tokenId}}),
                  text.create(new int[] {length}),
                  Tap.NONE);
      for (int i = 0; i < layers.blocks().size(); i++) {
        TorchBlock block = layers.blocks().get(i);
        TorchMixer.Kept before = kept.get(i);
        NDArray normed = block.mixerNorm.apply(x);
        TorchMixer.Kept all = block.mixer.then(before, normed);
        x = block.applyLast(x, normed, all);
        kept.set(i, all.unscoped());
        before.close();
      }

      length++;
      return layers.unembedding().logits(x).toFloatArray();
    }
  }

  private void forget() {
    kept.clear();
    length = 0;
    if (text != null) {
      text.close();
      text = null;
    }
  }

  @Override
  public void close() {
    forget();
    weights.close();
  }
}
