/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import java.util.Locale;

/** What the program says to somebody in a line. */
final class Messages {
  private static final int LONG_MESSAGE = 600; // characters: what libraries say over many lines

  private Messages() {}

  /**
   * A message as one line that changes nothing on a terminal: control characters and what turns the
   * direction of text are shown as escapes. Of a long one, which a library wrote, the first line.
   */
  static String line(String message) {
    String text = String.valueOf(message).strip();
    return withEscapes(text.length() > LONG_MESSAGE ? text.lines().findFirst().orElse("") : text);
  }

  private static String withEscapes(String text) {
    StringBuilder shown = new StringBuilder();
    text.codePoints()
        .forEach(
            codePoint -> {
              int type = Character.getType(codePoint);
              if (type != Character.CONTROL
                  && type != Character.FORMAT
                  && type != Character.LINE_SEPARATOR
                  && type != Character.PARAGRAPH_SEPARATOR) {
                shown.appendCodePoint(codePoint);
                return;
              }

              switch (codePoint) {
                case '\n' -> shown.append("\\n");
                case '\r' -> shown.append("\\r");
                case '\t' -> shown.append("\\t");
                default -> shown.append(String.format(Locale.ROOT, "\\u%04X", codePoint));
              }
            });
    return shown.toString();
  }
}
