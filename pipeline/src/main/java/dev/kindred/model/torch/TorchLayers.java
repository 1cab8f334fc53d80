/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.torch;

import ai.djl.ndarray.NDManager;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.architecture.Tensors;
import java.util.List;

/** The parts of a model in the engine, for what evaluates, looks into and trains it. */
record TorchLayers(
    TorchEmbedding embedding, List<TorchBlock> blocks, TorchUnembedding unembedding) {

  static TorchLayers of(Blueprint blueprint, TorchWeights weights) {
    TorchEmbedding embedding = new TorchEmbedding(blueprint.embedding(), weights);
    List<TorchBlock> blocks =
        blueprint.blocks().stream().map(block -> new TorchBlock(block, weights)).toList();
    return new TorchLayers(
        embedding, blocks, new TorchUnembedding(blueprint.unembedding(), weights));
  }

  /**
   * Layers that hold a model's weights by themselves, for evaluating it.
   *
   * @param manager takes the arrays, and nothing more from then on: whatever a forward pass would
   *     attach to the weights by mistake throws instead of leaking
   */
  static TorchLayers load(Blueprint blueprint, Tensors tensors, NDManager manager) {
    TorchLayers layers = of(blueprint, new TorchWeights.Read(blueprint, tensors, manager));
    manager.cap();
    return layers;
  }
}
