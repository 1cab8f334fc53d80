/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Locale;

/** The lines of a stream. A line ends with a line feed, a carriage return, or both. */
final class Lines implements Closeable {
  private static final int FIRST_LENGTH = 1 << 12;

  private final InputStream in;
  private final int longest;
  private final byte[] buffer = new byte[1 << 16];
  private int next;
  private int filled;
  private long offset;
  private byte[] line = new byte[FIRST_LENGTH];
  private int length;
  private long start;

  /**
   * @param offset bytes before the stream's first
   * @param longest bytes that a line may have
   */
  Lines(InputStream in, long offset, int longest) {
    this.in = in;
    this.offset = offset;
    this.longest = longest;
  }

  /**
   * Goes to the next line.
   *
   * @return false if there is none
   * @throws IOException also if it is too long
   */
  boolean read() throws IOException {
    start = offset;
    length = 0;
    if (!fill()) {
      return false;
    }

    while (fill()) {
      int end = next;
      while (end < filled && buffer[end] != '\n' && buffer[end] != '\r') {
        end++;
      }

      append(end - next);
      if (end < filled) {
        boolean feedMayFollow = buffer[end] == '\r';
        skip(1);
        if (feedMayFollow && fill() && buffer[next] == '\n') {
          skip(1);
        }

        return true;
      }
    }

    return true;
  }

  private boolean fill() throws IOException {
    while (next == filled) {
      filled = in.read(buffer);
      next = 0;
      if (filled < 0) {
        filled = 0;
        return false;
      }
    }

    return true;
  }

  private void append(int bytes) throws IOException {
    if (bytes > longest - length) {
      throw new IOException(
          String.format(
              Locale.ROOT,
              "a line has more than %d bytes; split its document, or make it a text file",
              longest));
    }

    if (bytes > line.length - length) {
      line = Arrays.copyOf(line, (int) Math.min(longest, 2L * (length + bytes)));
    }

    System.arraycopy(buffer, next, line, length, bytes);
    length += bytes;
    skip(bytes);
  }

  private void skip(int bytes) {
    next += bytes;
    offset += bytes;
  }

  /** The line is in its first {@link #length} bytes, until the next {@link #read}. */
  byte[] line() {
    return line;
  }

  int length() {
    return length;
  }

  /** Bytes before the line. */
  long start() {
    return start;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
