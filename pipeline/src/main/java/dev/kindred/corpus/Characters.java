/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

/** Single characters in messages. */
final class Characters {
  private Characters() {}

  /** For example {@code "é" (U+00E9)}; the code alone where there is nothing to see. */
  static String describe(int codePoint) {
    String code = String.format("U+%04X", codePoint);
    boolean visible =
        !Character.isISOControl(codePoint)
            && !Character.isWhitespace(codePoint)
            && Character.getType(codePoint) != Character.FORMAT;
    return visible ? String.format("\"%s\" (%s)", Character.toString(codePoint), code) : code;
  }
}
