/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import com.fasterxml.jackson.annotation.JsonValue;

/**
 * Places where the forward pass of a transformer can be looked into, in the order in which it gets
 * there. Their names are those of TransformerLens; those of a block come after {@code
 * blocks.<block>.}.
 *
 * <p>Letters in shapes: B = sequences, T = tokens in each, D = {@code d_model}, H = heads, G =
 * heads of keys and values, E = width of a head, M = {@code d_mlp}, V = {@code d_vocab}.
 */
public enum HookPoint {
  /** The embedding of tokens, [B, T, D]. */
  EMBED("hook_embed"),
  /** What is added to it for positions, [B, T, D]. */
  POS_EMBED("hook_pos_embed"),
  /** The residual stream before the block, [B, T, D]. */
  RESID_PRE("hook_resid_pre"),
  /** What the norm before attention divides by, [B, T, 1]. */
  LN1_SCALE("ln1.hook_scale"),
  /** Queries as they are projected, before norms of their own and rotations, [B, T, H, E]. */
  Q("attn.hook_q"),
  /** Keys, in the same way, [B, T, G, E]. */
  K("attn.hook_k"),
  /** Values, [B, T, G, E]. */
  V("attn.hook_v"),
  /** Scaled products of queries and keys, minus infinity where masked, [B, H, T, T]. */
  ATTN_SCORES("attn.hook_attn_scores"),
  /** Their softmax over keys, [B, H, T, T]. */
  PATTERN("attn.hook_pattern"),
  /** Values mixed by the pattern, [B, T, H, E]. */
  Z("attn.hook_z"),
  /** What each head adds, without the output's bias, [B, T, H, D]. */
  RESULT("attn.hook_result"),
  /** What the norm after attention divides by, [B, T, 1]. */
  LN1_POST_SCALE("ln1_post.hook_scale"),
  /** What attention, or another mixer, adds to the residual stream, [B, T, D]. */
  ATTN_OUT("hook_attn_out"),
  /** The residual stream between attention and the feed-forward network, [B, T, D]. */
  RESID_MID("hook_resid_mid"),
  /** What the norm before the feed-forward network divides by, [B, T, 1]. */
  LN2_SCALE("ln2.hook_scale"),
  /** Hidden units before the activation function, [B, T, M]. */
  MLP_PRE("mlp.hook_pre"),
  /** What a gated network multiplies the activated units with, [B, T, M]. */
  MLP_PRE_LINEAR("mlp.hook_pre_linear"),
  /** Hidden units as the last linear map reads them, [B, T, M]. */
  MLP_POST("mlp.hook_post"),
  /** What the norm after the feed-forward network divides by, [B, T, 1]. */
  LN2_POST_SCALE("ln2_post.hook_scale"),
  /** What the feed-forward network adds, [B, T, D]: elsewhere in Kindred {@code ffn_out}. */
  MLP_OUT("hook_mlp_out"),
  /** The residual stream after the block, [B, T, D]. */
  RESID_POST("hook_resid_post"),
  /** What the final norm divides by, [B, T, 1]. */
  FINAL_SCALE("ln_final.hook_scale"),
  /** Logits of the next token, [B, T, V]. */
  LOGITS("unembed.hook_out");

  private final String hook;

  HookPoint(String hook) {
    this.hook = hook;
  }

  @JsonValue
  public String hookName() {
    return hook;
  }

  /** Whether there is one in each block. */
  public boolean isOfBlock() {
    return switch (this) {
      case EMBED, POS_EMBED, FINAL_SCALE, LOGITS -> false;
      default -> true;
    };
  }

  /** Whether it has a number for each pair of positions, [B, H, T, T]. */
  public boolean isOfPairs() {
    return this == ATTN_SCORES || this == PATTERN;
  }
}
