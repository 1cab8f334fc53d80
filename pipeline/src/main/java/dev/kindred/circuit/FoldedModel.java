/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.circuit;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.ejml.data.DMatrixRMaj;

/**
 * A model that predicts as the one it is made of, while no norm of it has weights, no value a bias,
 * and, after layer norms, nothing that is written has a mean. {@link Folding} makes it.
 */
public final class FoldedModel {
  private final int vocabulary;
  private final int dimension;
  private final boolean isCentered;
  private final float[] tokens; // V x D, as they are stored
  private final double tokenScale;
  private final DMatrixRMaj positions;
  private final List<FoldedBlock> blocks;
  private final PlainNorm finalNorm;
  private final float[] unembedding; // V x D, as it is stored
  private final double[] unembeddingFactors; // D: what the final norm multiplies by
  private final double[] unembeddingBias;
  private final Map<Heads, List<HeadTriangles>> triangles = new ConcurrentHashMap<>();

  /** Heads of a block, at a distance. */
  private record Heads(int block, int distance) {}

  /**
   * Makes a model of its parts.
   *
   * @param isCentered whether the mean of what is written counts for nothing
   * @param positions what each position adds, [positions, D]; null for nothing
   * @param unembeddingBias V numbers, with the final norm's bias in them
   */
  FoldedModel(
      int vocabulary,
      int dimension,
      boolean isCentered,
      float[] tokens,
      double tokenScale,
      DMatrixRMaj positions,
      List<FoldedBlock> blocks,
      PlainNorm finalNorm,
      float[] unembedding,
      double[] unembeddingFactors,
      double[] unembeddingBias) {
    this.vocabulary = vocabulary;
    this.dimension = dimension;
    this.isCentered = isCentered;
    this.tokens = tokens;
    this.tokenScale = tokenScale;
    this.positions = positions;
    this.blocks = List.copyOf(blocks);
    this.finalNorm = finalNorm;
    this.unembedding = unembedding;
    this.unembeddingFactors = unembeddingFactors;
    this.unembeddingBias = unembeddingBias;
  }

  /** V. */
  public int vocabulary() {
    return vocabulary;
  }

  /** D. */
  public int dimension() {
    return dimension;
  }

  /**
   * The dimension of the space in which everything lies that blocks write and read: D, or D - 1
   * after layer norms, as means count for nothing.
   */
  public int freeDimension() {
    return isCentered ? dimension - 1 : dimension;
  }

  /** Blocks. */
  public int blockCount() {
    return blocks.size();
  }

  /** Query heads of a block. */
  public int headCount(int block) {
    return blocks.get(block).heads().size();
  }

  /** Whether positions turn a block's queries and keys, so that QK depends on the distance. */
  public boolean isRotary(int block) {
    return blocks.get(block).rotary() != null;
  }

  /** Whether each position adds a vector of its own to the stream. */
  public boolean hasPositions() {
    return positions != null;
  }

  /** What products of queries and keys are multiplied by, before the softmax. */
  public double scale(int block) {
    return blocks.get(block).scale();
  }

  /** A head with queries {@code distance} positions after keys. */
  public HeadWeights head(int block, int head, int distance) {
    return blocks.get(block).head(head, distance);
  }

  /** A block's heads with the triangles of their factors, which are made once. */
  List<HeadTriangles> triangles(int block, int distance) {
    return triangles.computeIfAbsent(
        new Heads(block, distance),
        heads ->
            HeadTriangles.of(
                IntStream.range(0, headCount(block))
                    .mapToObj(head -> head(block, head, distance))
                    .toList()));
  }

  FoldedBlock block(int block) {
    return blocks.get(block);
  }

  PlainNorm finalNorm() {
    return finalNorm;
  }

  /** Returns the embeddings of tokens, [tokens, D]. */
  DMatrixRMaj embeddings(int[] ids) {
    DMatrixRMaj rows = new DMatrixRMaj(ids.length, dimension);
    for (int row = 0; row < ids.length; row++) {
      for (int i = 0; i < dimension; i++) {
        rows.data[row * dimension + i] = tokenScale * tokens[ids[row] * dimension + i];
      }
    }

    if (isCentered) {
      FoldedMap.takeMeans(rows.data, dimension);
    }

    return rows;
  }

  /** Returns what the stream begins with at positions, [tokens, D]. */
  DMatrixRMaj stream(int[] ids, int[] at) {
    DMatrixRMaj rows = embeddings(ids);
    for (int i = 0; positions != null && i < rows.data.length; i++) {
      rows.data[i] += positions.data[at[i / dimension] * dimension + i % dimension];
    }

    return rows;
  }

  /** What each position adds, [positions, D]. */
  DMatrixRMaj positions() {
    return positions;
  }

  /**
   * Returns the columns of the unembedding for tokens as rows, [tokens, D]: what is read of the
   * normed stream, not centred over tokens.
   */
  DMatrixRMaj unembeddings(int[] ids) {
    DMatrixRMaj rows = new DMatrixRMaj(ids.length, dimension);
    for (int row = 0; row < ids.length; row++) {
      for (int i = 0; i < dimension; i++) {
        rows.data[row * dimension + i] =
            unembeddingFactors[i] * unembedding[ids[row] * dimension + i];
      }
    }

    if (finalNorm.centers()) {
      FoldedMap.takeMeans(rows.data, dimension);
    }

    return rows;
  }

  /** The same, less the mean of the whole vocabulary's: logits then have the mean 0. */
  DMatrixRMaj centeredUnembeddings(int[] ids) {
    int vocabulary = vocabulary();
    double[] usual = new double[dimension];
    for (int i = 0; i < vocabulary * dimension; i++) {
      usual[i % dimension] += (double) unembedding[i] / vocabulary;
    }

    for (int i = 0; i < dimension; i++) {
      usual[i] *= unembeddingFactors[i];
    }

    if (finalNorm.centers()) {
      FoldedMap.takeMeans(usual, dimension);
    }

    DMatrixRMaj rows = unembeddings(ids);
    for (int i = 0; i < rows.data.length; i++) {
      rows.data[i] -= usual[i % dimension];
    }

    return rows;
  }

  /** What is added to a token's logit. */
  double unembeddingBias(int token) {
    return unembeddingBias[token];
  }
}
