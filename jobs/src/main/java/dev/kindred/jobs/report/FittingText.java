/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import java.util.ArrayDeque;
import java.util.Deque;

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
    StringBuilder visible = new StringBuilder();
    VisibleText.runs(text).forEach(run -> visible.append(run.text()));
    if (width(visible.toString()) <= columns) {
      return new FittingText(visible.toString(), width(visible.toString()));
    }

    int[] characters = visible.codePoints().toArray();
    Deque<Integer> kept = new ArrayDeque<>();
    int width = 1; // of the sign
    for (int i = 0; i < characters.length; i++) {
      int character = characters[isFromStart ? i : characters.length - 1 - i];
      if (width + width(character) > columns) {
        break;
      }

      width += width(character);
      if (isFromStart) {
        kept.addLast(character);
      } else {
        kept.addFirst(character);
      }
    }

    StringBuilder fitting = new StringBuilder(isFromStart ? "" : CUT);
    kept.forEach(fitting::appendCodePoint);
    return new FittingText(fitting.append(isFromStart ? CUT : "").toString(), width);
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
