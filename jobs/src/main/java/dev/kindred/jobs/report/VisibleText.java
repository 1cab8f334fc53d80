/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import dev.kindred.corpus.ByteNotation;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Text as a reader must see it: tokens differ by a leading space, a corpus may hold characters that
 * are invisible or turn the reading direction, and bytes that are no whole character are written.
 */
public final class VisibleText {

  private static final int CONTROL_PICTURES = 0x2400;
  private static final int DELETE = 0x7F;

  /**
   * What has no picture of its own though its category says otherwise: Unicode's default ignorable
   * characters, such as fillers and variation selectors, and the Braille pattern without dots.
   */
  private static final Pattern IGNORABLE =
      Pattern.compile(
          "[\\u034F\\u115F\\u1160\\u17B4\\u17B5\\u180B-\\u180F\\u2800\\u3164\\uFE00-\\uFE0F\\uFFA0"
              + "\\x{E0100}-\\x{E01EF}]");

  private VisibleText() {}

  /** What a run of text stands for. */
  enum Kind {
    /** The characters themselves. */
    PLAIN,
    /** A sign in place of a character that would not show. */
    SIGN,
    /** The sign of a line break. */
    LINE_BREAK
  }

  /** Consecutive characters of one kind; never with white space of its own. */
  record Run(String text, Kind kind) {

    boolean plain() {
      return kind == Kind.PLAIN;
    }

    boolean lineBreak() {
      return kind == Kind.LINE_BREAK;
    }
  }

  /** The text with signs in it, for a terminal. */
  public static String shown(String text) {
    return runs(text).stream().map(Run::text).collect(Collectors.joining());
  }

  /** A token within a sentence. */
  static String quoted(String token) {
    return "“" + shown(token) + "”";
  }

  /** The text in order; empty text is one sign. */
  static List<Run> runs(String text) {
    if (text.isEmpty()) {
      return List.of(new Run("∅", Kind.SIGN));
    }
    List<Run> runs = new ArrayList<>();
    StringBuilder plain = new StringBuilder();
    for (int i = 0; i < text.length(); ) {
      int codePoint = text.codePointAt(i);
      boolean isByte = ByteNotation.isAt(text, i);
      if (isByte) {
        addPlain(runs, plain);
        runs.add(new Run(text.substring(i, i + ByteNotation.LENGTH), Kind.SIGN));
      } else if (shows(codePoint)) {
        plain.appendCodePoint(codePoint);
      } else {
        addPlain(runs, plain);
        runs.add(new Run(sign(codePoint), codePoint == '\n' ? Kind.LINE_BREAK : Kind.SIGN));
      }

      i += isByte ? ByteNotation.LENGTH : Character.charCount(codePoint);
    }

    addPlain(runs, plain);
    return List.copyOf(runs);
  }

  private static void addPlain(List<Run> runs, StringBuilder plain) {
    if (!plain.isEmpty()) {
      runs.add(new Run(plain.toString(), Kind.PLAIN));
      plain.setLength(0);
    }
  }

  private static boolean shows(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.SPACE_SEPARATOR,
              Character.LINE_SEPARATOR,
              Character.PARAGRAPH_SEPARATOR,
              Character.CONTROL,
              Character.FORMAT,
              Character.SURROGATE,
              Character.UNASSIGNED ->
          false;
      default -> codePoint < 0x34F || !IGNORABLE.matcher(Character.toString(codePoint)).matches();
    };
  }

  private static String sign(int codePoint) {
    return switch (codePoint) {
      case ' ' -> "·";
      case '\n' -> "⏎";
      case '\t' -> "⇥";
      case DELETE -> "␡";
      default ->
          codePoint < ' '
              ? Character.toString(CONTROL_PICTURES + codePoint)
              : String.format(Locale.ROOT, "U+%04X", codePoint);
    };
  }
}
