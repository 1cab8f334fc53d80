/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/** The SHA-256 of content that is added piece by piece, from which ids are made. */
public final class ContentId {
  private static final int ID_BYTES = 8;

  private final MessageDigest digest;

  public ContentId() {
    try {
      this.digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  public ContentId add(byte... bytes) {
    digest.update(bytes);
    return this;
  }

  /** Adds the bytes that remain in a buffer. */
  public ContentId add(ByteBuffer bytes) {
    digest.update(bytes);
    return this;
  }

  /** Adds a text in UTF-8. */
  public ContentId add(String text) {
    return add(text.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Ends the content.
   *
   * @param length at most 32
   * @return the first bytes of the hash
   */
  public byte[] hash(int length) {
    return Arrays.copyOf(digest.digest(), length);
  }

  /**
   * Ends the content.
   *
   * @return the prefix, a hyphen and 16 hexadecimal digits
   */
  public String id(String prefix) {
    return prefix + "-" + HexFormat.of().formatHex(hash(ID_BYTES));
  }
}
