/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.files;

import dev.kindred.corpus.Tokenizer;
import dev.kindred.model.architecture.ConfigJson;

/** Whether a model reads the token that begins texts (BOS) before every sequence. */
public enum Bos {
  /** As the tokenizer does when it is asked for special tokens. */
  AUTO,
  /** It does: the token of the tokenizer, or else the {@code bos_token_id} of config.json. */
  YES,
  NO;

  private static final String FIELD = "bos_token_id";

  /**
   * The token that is read first; null for none.
   *
   * @throws dev.kindred.InvalidInput if one is wanted and none is known
   */
  Integer token(Tokenizer tokenizer, ConfigJson config) {
    if (this == NO) {
      return null;
    }

    Integer token = tokenizer.beginning();
    if (this == YES && token == null) {
      if (!config.has(FIELD)) {
        throw config.invalid(
            "--bos yes: tokenizer.json puts no token before texts, and there is no %s", FIELD);
      }

      token = config.wholeNumber(FIELD, 0);
    }

    return token;
  }
}
