/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.workspace;

import java.util.Collection;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the program says to somebody in a line. */
public final class Messages {
  /** How the program is started, from the folder of the project or of an installation. */
  public static final String PROGRAM =
      System.getProperty("kindred.launcher", "submit-scripts/kindred.sh");

  private static final int LONG_MESSAGE = 600; // characters: what libraries say over many lines

  private static volatile Pattern command = Pattern.compile("(?!)"); // none yet

  private Messages() {}

  /** Says which commands there are, so that {@code kindred run} is known from prose. */
  public static void nameCommands(Collection<String> names) {
    command = Pattern.compile("(?<![/\\w])kindred(?= (" + String.join("|", names) + ")\\b(?!-))");
  }

  /**
   * A message as one line that changes nothing on a terminal: control characters and what turns the
   * direction of text are shown as escapes. Of a long one, which a library wrote, the first line.
   */
  public static String line(String message) {
    String text = String.valueOf(message).strip();
    String shown = text.length() > LONG_MESSAGE ? text.lines().findFirst().orElse("") : text;
    return withEscapes(withProgram(shown));
  }

  /** A text with the commands in it, {@code kindred run}, as they can be pasted into a shell. */
  public static String withProgram(String text) {
    return command.matcher(text).replaceAll(Matcher.quoteReplacement(PROGRAM));
  }

  /** A text in which what would do something to a terminal, or not be seen, is escaped. */
  public static String withEscapes(String text) {
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
