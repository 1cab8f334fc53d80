/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.inversion;

import dev.kindred.model.ResidualStream;

/** The token vectors and the decoder of the model that this process inverted last. */
public final class Decoders {
  private static String modelId;
  private static Read last;

  private Decoders() {}

  /** What reads a model's vectors. */
  public record Read(TokenVectors tokens, Decoder decoder) {}

  /** Returns those of a model, made once for tasks that come one after another. */
  public static synchronized Read of(String id, ResidualStream model) {
    if (!id.equals(modelId)) {
      TokenVectors tokens = TokenVectors.of(model);
      last = new Read(tokens, new Decoder(tokens));
      modelId = id;
    }

    return last;
  }
}
