/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.geometry;

import dev.kindred.math.Cosine;
import dev.kindred.math.Hellinger;
import dev.kindred.math.Softmax;
import dev.kindred.math.Vectors;
import dev.kindred.model.HookPoint;
import dev.kindred.model.ModelShape;
import dev.kindred.model.ResidualStream;
import java.util.ArrayList;
import java.util.List;

/**
 * What the final norm makes of a change of the last block's output, at a prompt's last position.
 *
 * @param prompt place in the batch, from 0
 * @param before the final norm
 * @param normed after it
 * @param hellinger distance of the predictions from the vector and from the changed one, in [0, 1]
 */
record Perturbation(int prompt, Change change, Pair before, Pair normed, double hellinger) {

  /**
   * A vector and the changed one.
   *
   * @param norm of the vector
   * @param changedNorm of the changed one
   * @param cosine between them, in [-1, 1]
   */
  record Pair(double norm, double changedNorm, double cosine) {
    private static Pair of(float[] vectors, float[] changed, int row, int dimension) {
      float[] vector = Vectors.row(vectors, row, dimension);
      float[] other = Vectors.row(changed, row, dimension);
      return new Pair(Vectors.norm(vector), Vectors.norm(other), Cosine.similarity(vector, other));
    }
  }

  /**
   * Changes the vectors of a batch.
   *
   * @param seed of noise
   * @param promptIds of the batch; noise differs between them
   * @return all prompts for the first change, then for the second, and so on
   */
  static List<Perturbation> of(
      ResidualStream model, ResidualStream.Pass pass, int[] promptIds, long seed) {
    ModelShape shape = model.shape();
    int d = shape.modelDimension();
    int v = shape.vocabularySize();
    float[] vectors = pass.last(shape.blocks() - 1, HookPoint.RESID_POST); // B x D
    float[] normed = model.finalNorm(vectors);
    float[] logits = model.logitsAlone(shape.blocks(), vectors);
    List<Perturbation> perturbations = new ArrayList<>();
    for (Change change : Change.values()) {
      float[] changed = new float[vectors.length];
      for (int prompt = 0; prompt < promptIds.length; prompt++) {
        float[] row = change.of(Vectors.row(vectors, prompt, d), seed, promptIds[prompt]);
        System.arraycopy(row, 0, changed, prompt * d, d);
      }

      float[] changedNormed = model.finalNorm(changed);
      float[] changedLogits = model.logitsAlone(shape.blocks(), changed);
      for (int prompt = 0; prompt < promptIds.length; prompt++) {
        perturbations.add(
            new Perturbation(
                prompt,
                change,
                Pair.of(vectors, changed, prompt, d),
                Pair.of(normed, changedNormed, prompt, d),
                Hellinger.distance(
                    Softmax.row(logits, prompt, v), Softmax.row(changedLogits, prompt, v))));
      }
    }

    return perturbations;
  }
}
