/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import java.util.Arrays;

/**
 * A prompt: its tokens, which count, and the text that they stand for, which is shown. Text is not
 * turned into tokens twice, as it may be other ones by itself than within a longer text.
 */
public record Prompt(String text, int[] tokenIds) {

  /** The prompt of a text, as it would stand within a longer one. */
  static Prompt of(String text, Tokenizer tokenizer) {
    return new Prompt(tokenizer.shown(text), tokenizer.encodeWithin(text));
  }

  /** The prompt of tokens. */
  public static Prompt of(int[] tokenIds, Tokenizer tokenizer) {
    return new Prompt(tokenizer.text(tokenIds), tokenIds);
  }

  /** Its last tokens. */
  public Prompt end(int length, Tokenizer tokenizer) {
    return of(Arrays.copyOfRange(tokenIds, tokenIds.length - length, tokenIds.length), tokenizer);
  }
}
