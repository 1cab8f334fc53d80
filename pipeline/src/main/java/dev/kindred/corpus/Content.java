/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;

/** What a file is, by its first bytes, where it is something else than text in UTF-8. */
final class Content {
  /** Enough of a file for {@link #otherThanText}. */
  static final int BYTES = 16;

  /** First bytes in hexadecimal digits; none of them begins a text. */
  private static final Map<String, String> FIRST_BYTES =
      Map.ofEntries(
          Map.entry("1f8b08", "compressed by gzip; unpack it"),
          Map.entry("425a68..314159265359", "compressed by bzip2; unpack it"),
          Map.entry("28b52ffd", "compressed by Zstandard; unpack it"),
          Map.entry("fd377a585a00", "compressed by xz; unpack it"),
          Map.entry("504b0304", "a zip archive; unpack it"),
          Map.entry("50415231..", "Parquet; read it with --corpus-format parquet"),
          Map.entry("fffe", "text in UTF-16; convert the file to UTF-8"),
          Map.entry("feff", "text in UTF-16; convert the file to UTF-8"),
          Map.entry("0000feff", "text in UTF-32; convert the file to UTF-8"));

  private Content() {}

  /**
   * What a file is.
   *
   * @param head its first bytes, or all of it
   * @return for a message, with a remedy; empty if it may be text
   */
  static Optional<String> otherThanText(byte[] head) {
    String digits = HexFormat.of().formatHex(head, 0, Math.min(BYTES, head.length));
    for (Map.Entry<String, String> known : FIRST_BYTES.entrySet()) {
      if (digits.matches(known.getKey() + ".*") && !isTextAfter(known.getKey(), head)) {
        return Optional.of("is " + known.getValue());
      }
    }

    boolean zeros =
        digits.matches("00(?!00)..00(?!00)...*") || digits.matches("(?!00)..00(?!00)..00.*");
    return zeros ? Optional.of("is text in UTF-16; convert the file to UTF-8") : Optional.empty();
  }

  /** A text may begin with PAR1, but not go on with a control character as Parquet's headers do. */
  private static boolean isTextAfter(String firstBytes, byte[] head) {
    return firstBytes.equals("50415231..") && head[4] != 0x15;
  }
}
