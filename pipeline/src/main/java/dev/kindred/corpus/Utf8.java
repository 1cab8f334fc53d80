/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import dev.kindred.InvalidInput;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/** Cutting and strictly decoding UTF-8. */
final class Utf8 {
  /** Bytes of a character, at most. */
  static final int LONGEST = 4;

  private Utf8() {}

  /**
   * The place at or after a cut where no character is split: a character belongs to the side on
   * which it begins.
   *
   * @param bytes text, or a part of it that begins at least three bytes before the cut
   * @return at most {@code cut + 3}, and at most the array's length
   */
  static int boundary(byte[] bytes, int cut) {
    for (int back = 1; back < LONGEST && back <= cut; back++) {
      byte candidate = bytes[cut - back];
      if (!isContinuation(candidate)) {
        return Math.min(bytes.length, Math.max(cut, cut - back + length(candidate)));
      }
    }

    return cut;
  }

  /** The place after a number of characters, or the array's end. */
  static int after(byte[] bytes, int from, int characters) {
    int seen = 0;
    for (int i = from; i < bytes.length; i++) {
      if (!isContinuation(bytes[i]) && ++seen > characters) {
        return i;
      }
    }

    return bytes.length;
  }

  /** The character that ends before an index; -1 if there is none, or no whole one. */
  static int before(byte[] bytes, int index) {
    int start = index - 1;
    while (start > 0 && index - start < LONGEST && isContinuation(bytes[start])) {
      start--;
    }

    return start >= 0 && start + length(bytes[start]) == index ? at(bytes, start) : -1;
  }

  /** The character that begins at an index; -1 if there is none, or no whole one. */
  static int at(byte[] bytes, int index) {
    if (index >= bytes.length || isContinuation(bytes[index])) {
      return -1;
    }

    int length = length(bytes[index]);
    if (length == 1) {
      return bytes[index] >= 0 ? bytes[index] : -1;
    }

    int character = bytes[index] & (0x7f >> length);
    for (int i = index + 1; i < index + length; i++) {
      if (i == bytes.length || !isContinuation(bytes[i])) {
        return -1;
      }

      character = character << 6 | bytes[i] & 0x3f;
    }

    return character;
  }

  /** Where a file's text begins: after a byte order mark, if it has one. */
  static int afterMark(byte[] bytes, int length) {
    boolean marked =
        length >= 3
            && bytes[0] == (byte) 0xef
            && bytes[1] == (byte) 0xbb
            && bytes[2] == (byte) 0xbf;
    return marked ? 3 : 0;
  }

  /** The index of the first half of a surrogate pair that stands alone; -1 if there is none. */
  static int loneSurrogate(String text) {
    for (int i = 0; i < text.length(); i++) {
      char here = text.charAt(i);
      if (!Character.isSurrogate(here)) {
        continue;
      }

      boolean pair =
          Character.isHighSurrogate(here)
              && i + 1 < text.length()
              && Character.isLowSurrogate(text.charAt(i + 1));
      if (!pair) {
        return i;
      }

      i++;
    }

    return -1;
  }

  /**
   * Decodes a range.
   *
   * @param bytesBefore bytes of the document before the array, for the message
   * @throws InvalidInput naming the first byte that is not UTF-8 and its offset in the document
   */
  static String decode(byte[] bytes, int from, int to, long bytesBefore) {
    ByteBuffer in = ByteBuffer.wrap(bytes, from, to - from);
    CharBuffer out = CharBuffer.allocate(to - from);
    CoderResult result =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT)
            .decode(in, out, true);
    if (result.isError()) {
      throw new InvalidInput(
          "not UTF-8: byte 0x%02X at byte offset %d; convert the file to UTF-8",
          bytes[in.position()] & 0xff, bytesBefore + in.position());
    }

    return out.flip().toString();
  }

  private static boolean isContinuation(byte b) {
    return (b & 0xc0) == 0x80;
  }

  private static int length(byte lead) {
    int b = lead & 0xff;
    if (b < 0xc2 || b > 0xf4) {
      return 1;
    }

    return b < 0xe0 ? 2 : b < 0xf0 ? 3 : 4;
  }
}
