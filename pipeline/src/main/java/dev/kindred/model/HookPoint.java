/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import com.fasterxml.jackson.annotation.JsonValue;

/**
 * Places in a transformer block where the forward pass can be looked into, in the order in which it
 * gets there. Their names are those of TransformerLens: {@code blocks.<block>.<hook>}.
 */
public enum HookPoint {
  /** The residual stream before the block. */
  RESID_PRE("hook_resid_pre"),
  /** What attention adds to it. */
  ATTN_OUT("hook_attn_out"),
  /** The residual stream between attention and the feed-forward network. */
  RESID_MID("hook_resid_mid"),
  /** What the feed-forward network adds: elsewhere in Kindred {@code ffn_out}. */
  MLP_OUT("hook_mlp_out"),
  /** The residual stream after the block. */
  RESID_POST("hook_resid_post");

  private final String hook;

  HookPoint(String hook) {
    this.hook = hook;
  }

  @JsonValue
  public String hookName() {
    return hook;
  }
}
