/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.locality;

import dev.kindred.model.LanguageModel;
import java.util.List;

/** How much what stands before a string changes the stream at its last token. */
public final class PrefixEffect {
  private PrefixEffect() {}

  /**
   * Compares the stream behind a prefix with that of the string alone.
   *
   * @param firstToken that stands before both; {@link Protocol#NONE} for none
   * @param prefix token ids
   * @param string token ids
   * @param places where the string's tokens stand when they are alone
   * @param means of each layer, L x D
   * @return the cosine of each layer, L
   */
  public static double[] cosines(
      LanguageModel model,
      int firstToken,
      int[] prefix,
      int[] string,
      Protocol.Places places,
      double[][] means) {
    int[] text = new int[prefix.length + string.length];
    System.arraycopy(prefix, 0, text, 0, prefix.length);
    System.arraycopy(string, 0, text, prefix.length, string.length);
    List<Place> last = List.of(new Place(text, text.length - 1));
    double[] cosines = new double[means.length];
    Truncations.compare(
        model,
        new Protocol(firstToken, places),
        last,
        Streams.whole(model, firstToken, last),
        means,
        List.of(string.length),
        (place, layer, k, cosine, normWhole, normTruncated) -> cosines[layer] = cosine,
        tokens -> {});
    return cosines;
  }
}
