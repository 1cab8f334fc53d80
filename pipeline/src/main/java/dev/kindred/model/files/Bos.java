/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.files;

import dev.kindred.corpus.Tokenizer;
import dev.kindred.model.architecture.ConfigJson;

/** Whether a model reads the token that begins texts (BOS) before every sequence. */
public enum Bos {
  /** The model does as the tokenizer does when it is asked for special tokens. */
  AUTO,
  /**
   * The model reads it: the token of the tokenizer, or else the {@code bos_token_id} of
   * config.json.
   */
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
    if (this == AUTO) {
      check(token, tokenizer, config);
    }

    if (this == YES && token == null) {
      if (!config.has(FIELD)) {
        throw config.invalid(
            "--bos yes: tokenizer.json puts no token before texts, and there is no %s", FIELD);
      }

      token = config.wholeNumber(FIELD, 0);
    }

    return token;
  }

  /** Refuses a tokenizer that seems to be of another model, unless the user says what counts. */
  private static void check(Integer token, Tokenizer tokenizer, ConfigJson config) {
    if (!config.has(FIELD) || !tokenizer.hasAddedTokens()) {
      return;
    }

    int named = config.wholeNumber(FIELD, 0);
    if (token != null && token != named) {
      throw config.invalid(
          "%s is %d, but tokenizer.json puts token %d before texts; is it of another model?"
              + " --bos yes takes the tokenizer's, --bos no none",
          FIELD, named, token);
    }

    if (named < tokenizer.vocabularySize() && !tokenizer.isAdded(named)) {
      throw config.invalid(
          "%s is %d, which in tokenizer.json is the text \"%s\"; is it of another model? --bos no or"
              + " --bos yes reads it nevertheless",
          FIELD, named, tokenizer.text(named));
    }
  }
}
