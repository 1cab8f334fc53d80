/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Bytes of UTF-8 as a text that stands for no other bytes: whole characters are themselves, and
 * every other byte is {@code <0xE4>}, as SentencePiece writes tokens of one byte. Where the
 * characters themselves would read like that, their first one is written so: {@code <0x3C>0xE4>}.
 */
public final class ByteNotation {
  /** Code units of a byte. */
  public static final int LENGTH = "<0xE4>".length();

  private static final String START = "<0x";
  private static final Pattern CONTROL = Pattern.compile("[\\p{Cc}&&[^\t\r\n]]");
  private static final Pattern BYTE = Pattern.compile("<0x[0-9A-F]{2}>");
  private static final Pattern LIKE_A_BYTE = Pattern.compile("<(?=0x[0-9A-F]{2}>)");
  private static final String FIRST = of((byte) '<');

  private ByteNotation() {}

  /** Any bytes. */
  static String of(byte[] utf8) {
    CharsetDecoder decoder =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    ByteBuffer in = ByteBuffer.wrap(utf8);
    CharBuffer out = CharBuffer.allocate(utf8.length);
    StringBuilder text = new StringBuilder();
    while (true) {
      CoderResult result = decoder.decode(in, out, true);
      text.append(of(out.flip().toString()));
      out.clear();
      if (!result.isError()) {
        return text.toString();
      }

      for (int i = 0; i < result.length(); i++) {
        text.append(of(in.get()));
      }
    }
  }

  /** Whole characters. */
  static String of(String text) {
    return text.contains(START) ? LIKE_A_BYTE.matcher(text).replaceAll(FIRST) : text;
  }

  private static String of(byte other) {
    return String.format(Locale.ROOT, "<0x%02X>", other & 0xff);
  }

  /**
   * A text for people: control characters, which terminals would obey, are written as bytes, all
   * but tabs and line breaks.
   */
  public static String withoutControls(String text) {
    return CONTROL
        .matcher(text)
        .replaceAll(
            found -> {
              StringBuilder bytes = new StringBuilder();
              for (byte one : found.group().getBytes(StandardCharsets.UTF_8)) {
                bytes.append(of(one));
              }

              return bytes.toString();
            });
  }

  /** Whether a byte is written at an index into a text. */
  public static boolean isAt(String text, int index) {
    return text.startsWith(START, index)
        && index + LENGTH <= text.length()
        && BYTE.matcher(text.substring(index, index + LENGTH)).matches();
  }

  /** The index at or after another one that is not within the notation of a byte. */
  public static int boundary(String text, int index) {
    for (int start = Math.max(0, index - LENGTH + 1); start < index; start++) {
      if (isAt(text, start)) {
        return start + LENGTH;
      }
    }

    return index;
  }
}
