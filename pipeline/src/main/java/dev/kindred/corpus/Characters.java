/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import java.util.Locale;

/** Single characters in messages. */
final class Characters {
  private Characters() {}

  /** For example {@code "é" (U+00E9)}; the code alone where there is nothing to see. */
  static String describe(int codePoint) {
    String code = String.format(Locale.ROOT, "U+%04X", codePoint);
    boolean visible =
        !Character.isISOControl(codePoint)
            && !Character.isWhitespace(codePoint)
            && Character.getType(codePoint) != Character.FORMAT
            && Character.getType(codePoint) != Character.SURROGATE;
    return visible
        ? String.format(Locale.ROOT, "\"%s\" (%s)", Character.toString(codePoint), code)
        : code;
  }
}
