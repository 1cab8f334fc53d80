/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.head;

import java.util.List;

/**
 * Direct logit attribution: what the logit of a token after a prompt is made of.
 *
 * @param token whose logit it is
 * @param parts in the order of the pass
 * @param logit that the model gives the token
 * @param cap c, where the model's logit is c tanh(s / c) of what parts add up to; infinite for none
 */
public record LogitParts(int token, List<LogitPart> parts, double logit, double cap) {

  /** Returns what the parts add up to: the token's logit, before the cap. */
  public double sum() {
    return parts.stream().mapToDouble(LogitPart::logit).sum();
  }

  /** Returns what they add to all tokens' logits on average. */
  public double mean() {
    return parts.stream().mapToDouble(LogitPart::mean).sum();
  }
}
