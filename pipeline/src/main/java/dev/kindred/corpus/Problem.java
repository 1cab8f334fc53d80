/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import dev.kindred.InvalidInput;
import java.io.Serializable;

/** Why a document cannot be part of a corpus, and what to do about it. */
record Problem(DocumentName document, String text) implements Serializable {

  InvalidInput asInvalidInput() {
    return new InvalidInput("--corpus: %s: %s", document, text.lines().findFirst().orElse(""));
  }
}
