/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** Which vector of a transformer block is kept and compared, one at the last position. */
public enum BlockVector {
  /** What the feed-forward network adds to the residual stream. */
  FFN_OUT(HookPoint.MLP_OUT, "feed-forward outputs"),
  /** What attention, or another mixer, adds to it. */
  ATTN_OUT(HookPoint.ATTN_OUT, "attention outputs"),
  /** The residual stream after the block. */
  RESID_POST(HookPoint.RESID_POST, "residual streams");

  private final HookPoint point;
  private final String words;

  BlockVector(HookPoint point, String words) {
    this.point = point;
    this.words = words;
  }

  /** The place in the forward pass where it is. */
  public HookPoint point() {
    return point;
  }

  /** What many of them are called in sentences. */
  public String words() {
    return words;
  }

  /** Returns the kind of a name that {@link #toString} gives. */
  public static BlockVector of(String name) {
    return valueOf(name.toUpperCase(Locale.ROOT));
  }

  /** Returns the name that options and tables have for it: {@code ffn_out}. */
  @JsonValue
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
