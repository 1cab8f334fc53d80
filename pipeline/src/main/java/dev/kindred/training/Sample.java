/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.training;

import ai.djl.Device;
import dev.kindred.corpus.ByteNotation;
import dev.kindred.corpus.Tokenizer;
import dev.kindred.model.Generation;
import dev.kindred.model.TokenReader;
import dev.kindred.model.files.ModelDirectory;
import java.util.stream.IntStream;

/**
 * What a model says.
 *
 * @param promptTokens tokens of the text that were given
 * @param tokens tokens of it that the model added
 */
record Sample(String text, int promptTokens, int tokens) {
  static final long SEED = 1337;
  private static final int TOKENS = 200;

  /**
   * Goes on with a prompt.
   *
   * @param prompt no more tokens than the model's context
   */
  static Sample of(ModelDirectory directory, int[] prompt) {
    Tokenizer tokenizer = Tokenizer.of(directory.tokenizerJson());
    try (TokenReader reader = directory.loadReader(Device.cpu())) {
      IntStream drawn =
          new Generation(reader, null, tokenizer.vocabularySize(), 1, SEED)
              .of(prompt, TOKENS).stream().mapToInt(Generation.Drawn::tokenId);
      String text = tokenizer.text(IntStream.concat(IntStream.of(prompt), drawn).toArray());
      return new Sample(ByteNotation.withoutControls(text), prompt.length, TOKENS);
    }
  }
}
