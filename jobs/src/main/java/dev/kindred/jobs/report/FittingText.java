/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Text that is visible and fits into some columns of a terminal.
 *
 * @param width columns that it fills
 */
record FittingText(String text, int width) {
  static final FittingText NOTHING = new FittingText("", 0);

  private static final String CUT = "…";

  /** The beginning of a text, whole or with a sign where it was cut. */
  static FittingText start(String text, int columns) {
    return cut(text, columns, true);
  }

  /** The end of a text, whole or with a sign where it was cut. */
  static FittingText end(String text, int columns) {
    return cut(text, columns, false);
  }

  FittingText padded(int columns) {
    int space = Math.max(0, columns - width);
    return new FittingText(text + " ".repeat(space), width + space);
  }

  private static FittingText cut(String text, int columns, boolean isFromStart) {
    List<String> signs = signs(text);
    int whole = signs.stream().mapToInt(FittingText::width).sum();
    if (whole <= columns) {
      return new FittingText(String.join("", signs), whole);
    }

    Deque<String> kept = new ArrayDeque<>();
    int width = 1; // of the sign of the cut
    for (int i = 0; i < signs.size(); i++) {
      String sign = signs.get(isFromStart ? i : signs.size() - 1 - i);
      if (width + width(sign) > columns) {
        break;
      }

      width += width(sign);
      if (isFromStart) {
        kept.addLast(sign);
      } else {
        kept.addFirst(sign);
      }
    }

    String fitting = String.join("", kept);
    return new FittingText(isFromStart ? fitting + CUT : CUT + fitting, width);
  }

  /** What is not cut: characters, and signs that stand for one. */
  private static List<String> signs(String text) {
    List<String> signs = new ArrayList<>();
    for (VisibleText.Run run : VisibleText.runs(text)) {
      if (run.plain()) {
        run.text().codePoints().forEach(character -> signs.add(Character.toString(character)));
      } else {
        signs.add(run.text());
      }
    }

    return signs;
  }

  private static int width(String text) {
    return text.codePoints().map(FittingText::width).sum();
  }

  /** Columns of a character, as terminals have it: 2 for those of East Asian scripts and signs. */
  private static int width(int character) {
    int type = Character.getType(character);
    if (type == Character.NON_SPACING_MARK || type == Character.ENCLOSING_MARK) {
      return 0;
    }

    return switch (Character.UnicodeScript.of(character)) {
      case HAN, HANGUL, HIRAGANA, KATAKANA -> 2;
      default -> isWideSign(character) ? 2 : 1;
    };
  }

  private static boolean isWideSign(int character) {
    return character >= 0x3000 && character <= 0x303E // ideographic punctuation
        || character >= 0xFF01 && character <= 0xFF60 // fullwidth forms
        || character >= 0x1F300 && character <= 0x1FAFF; // pictographs
  }
}
