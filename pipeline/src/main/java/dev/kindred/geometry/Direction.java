/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.geometry;

import dev.kindred.math.Cosine;
import dev.kindred.math.Vectors;
import dev.kindred.model.HookPoint;
import dev.kindred.model.ModelShape;
import dev.kindred.model.ResidualStream;
import java.util.ArrayList;
import java.util.List;

/**
 * How well the embedding and the feed-forward outputs alone tell the residual stream after a block,
 * at a prompt's last position. The outputs are those of the model with its attention.
 *
 * @param prompt place in the batch, from 0
 * @param block transformer block, from 0
 * @param cosineWithoutAttention of the stream and the sum without attention outputs, in [-1, 1]
 * @param normRatio the sum's norm by the stream's
 */
record Direction(int prompt, int block, double cosineWithoutAttention, double normRatio) {

  /**
   * Measures a batch.
   *
   * @return all prompts for block 0, then for block 1, and so on
   */
  static List<Direction> of(ResidualStream.Pass pass, ModelShape shape) {
    List<Direction> directions = new ArrayList<>();
    float[] sums = pass.last(0, HookPoint.RESID_PRE); // B x D
    for (int block = 0; block < shape.blocks(); block++) {
      sums = Vectors.sum(sums, pass.last(block, HookPoint.MLP_OUT));
      float[] streams = pass.last(block, HookPoint.RESID_POST);
      for (int prompt = 0; prompt < sums.length / shape.modelDimension(); prompt++) {
        float[] sum = Vectors.row(sums, prompt, shape.modelDimension());
        float[] stream = Vectors.row(streams, prompt, shape.modelDimension());
        directions.add(
            new Direction(
                prompt,
                block,
                Cosine.similarity(stream, sum),
                Vectors.norm(sum) / Vectors.norm(stream)));
      }
    }

    return directions;
  }
}
