/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.bench;

import dev.kindred.InvalidInput;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;

/** The text of a corpus, of which the first part can be cut off. */
final class CorpusText {
  /** The value of {@code --corpus} for the text that Kindred brings along. */
  static final String EMBEDDED = "embedded";

  private static final String EMBEDDED_RESOURCE = "/dickens.txt";

  private final byte[] text;

  private CorpusText(byte[] text) {
    this.text = text;
  }

  /** A text that is there already, in UTF-8. */
  static CorpusText of(byte[] text) {
    return new CorpusText(text.clone());
  }

  /**
   * Reads a corpus of one text file.
   *
   * @param uri of a file on any file system that Hadoop knows, or {@link #EMBEDDED}
   * @throws InvalidInput if it cannot be read
   */
  static CorpusText read(String uri) {
    try (InputStream in = uri.equals(EMBEDDED) ? embedded() : open(uri)) {
      return new CorpusText(in.readAllBytes());
    } catch (IOException | IllegalArgumentException e) {
      throw new InvalidInput(
          "--corpus %s: not a text file that can be read (%s); give one file",
          uri, String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
    }
  }

  private static InputStream embedded() {
    return CorpusText.class.getResourceAsStream(EMBEDDED_RESOURCE);
  }

  private static InputStream open(String uri) throws IOException {
    org.apache.hadoop.fs.Path path = new org.apache.hadoop.fs.Path(uri);
    FileSystem files = path.getFileSystem(new Configuration());
    return files.open(path);
  }

  /**
   * The first part of the text, up to the last line that ends in it where there is one, and never
   * half a UTF-8 character.
   *
   * @param divisor 1 for the whole text, 4 for its first quarter
   */
  CorpusText first(int divisor) {
    int end = text.length / divisor;
    int line = end;
    while (line > 0 && text[line - 1] != '\n') {
      line--;
    }

    if (divisor > 1 && line > 0) {
      return new CorpusText(Arrays.copyOf(text, line));
    }

    while (end > 0 && end < text.length && (text[end] & 0xC0) == 0x80) {
      end--;
    }

    return new CorpusText(Arrays.copyOf(text, end));
  }

  String text() {
    return new String(text, StandardCharsets.UTF_8);
  }

  /** Its length in UTF-8. */
  int bytes() {
    return text.length;
  }

  void write(Path file) {
    try {
      Files.write(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
