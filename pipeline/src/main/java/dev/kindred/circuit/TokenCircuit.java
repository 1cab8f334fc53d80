/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.circuit;

import java.util.Arrays;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;

/**
 * A head's circuits between some tokens, normalised so that 0 is what is usual. Tokens are told by
 * their places among them.
 *
 * @param found [destination, source]: how much more than others a source is attended to, as a score
 *     before the softmax. Those of a destination have the mean 0, sources counting by how often
 *     they occur; what all scores of a destination have in common changes no attention
 * @param given [source, output]: how much more than others an output becomes probable, in logits.
 *     Those of a source have the mean 0 over the whole vocabulary
 */
public record TokenCircuit(DMatrixRMaj found, DMatrixRMaj given) {

  /**
   * Returns the circuits of a head.
   *
   * @param distance of the query after the key, where positions turn them
   * @param counts of each token in a text, V
   * @param tokens which are looked at, ascending
   */
  public static TokenCircuit of(
      FoldedModel model, int block, int head, int distance, long[] counts, int[] tokens) {
    TokenBasis basis = block == 0 ? TokenBasis.NORMED : TokenBasis.BLOCK0_NORMED;
    HeadWeights weights = model.head(block, head, distance);
    DMatrixRMaj x = basis.rows(model, tokens);
    DMatrixRMaj queries =
        FoldedNetwork.applied(new FoldedMap(weights.query(), weights.queryBias()), x);
    DMatrixRMaj keys = FoldedNetwork.applied(new FoldedMap(weights.key(), weights.keyBias()), x);
    DMatrixRMaj found = Products.timesTransposed(queries, keys);
    CommonOps_DDRM.scale(model.scale(block), found);
    double total = Arrays.stream(tokens).mapToLong(token -> counts[token]).sum();
    for (int destination = 0; destination < tokens.length; destination++) {
      double usual = 0;
      for (int source = 0; source < tokens.length; source++) {
        usual += counts[tokens[source]] / total * found.get(destination, source);
      }

      for (int source = 0; source < tokens.length; source++) {
        found.set(destination, source, found.get(destination, source) - usual);
      }
    }

    DMatrixRMaj values = Products.times(x, weights.value());
    DMatrixRMaj outputs =
        Products.timesTransposed(model.centeredUnembeddings(tokens), weights.output());
    return new TokenCircuit(found, Products.timesTransposed(values, outputs));
  }

  /** The score of a skip trigram: source, then later destination and output after it. */
  double product(int source, int destination, int output) {
    return found.get(destination, source) * given.get(source, output);
  }
}
