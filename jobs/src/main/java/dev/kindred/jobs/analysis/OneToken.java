/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.InvalidInput;
import dev.kindred.corpus.Prompts;
import dev.kindred.model.files.ModelDirectory;

/** Texts that are one token of a model. */
final class OneToken {
  private OneToken() {}

  /**
   * Returns the token of an option's text.
   *
   * @param option and its value, for messages
   * @throws InvalidInput if it is none, or more than one
   */
  static int of(String option, String text, ModelDirectory directory) {
    int[] ids = Prompts.parse(option, text, directory.tokenizerJson()).tokenIds();
    if (ids.length != 1) {
      throw new InvalidInput(
          "%s: the text is %d tokens of the model; give the text of one", option, ids.length);
    }

    return ids[0];
  }
}
