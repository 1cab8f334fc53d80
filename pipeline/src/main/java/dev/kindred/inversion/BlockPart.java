/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.inversion;

import dev.kindred.model.Changes;
import dev.kindred.model.HookPoint;
import java.util.Locale;
import java.util.Set;

/**
 * What of a block y = x + A(N1 x), z = y + M(N2 y) makes an output: A is attention or another
 * mixer, M the feed-forward network, N1 and N2 are norms. A block whose parts stand side by side is
 * z = x + A(N1 x) + M(N2 x).
 */
public enum BlockPart {
  /** All of it: z. */
  BLOCK(HookPoint.RESID_POST),
  /** A(x) alone, with neither norm nor residual. */
  ATTENTION_ONLY(HookPoint.ATTN_OUT, Changes.Part.LN1),
  /** x + A(N1 x). */
  ATTENTION_BLOCK(HookPoint.RESID_POST, Changes.Part.MLP),
  /** y = A(N1 x), then z. */
  NO_ATTN_RESIDUAL(HookPoint.RESID_POST, Changes.Part.ATTENTION_RESIDUAL),
  /** z = M(N2 y). */
  NO_MLP_RESIDUAL(HookPoint.RESID_POST, Changes.Part.MLP_RESIDUAL),
  /** y = x + A(x), then z. */
  NO_LN1(HookPoint.RESID_POST, Changes.Part.LN1),
  /** z = y + M(y). */
  NO_LN2(HookPoint.RESID_POST, Changes.Part.LN2),
  /** Without both norms. */
  NO_LN(HookPoint.RESID_POST, Changes.Part.LN1, Changes.Part.LN2),
  /** M(x) alone, with neither norm nor residual. */
  MLP_ONLY(HookPoint.MLP_OUT, Changes.Part.ATTENTION, Changes.Part.LN2),
  /** Nothing of a block, but random layers over all vectors, with more outputs than inputs. */
  CONTROL(null),
  /** The same with as many outputs as inputs. */
  CONTROL_NARROW(null);

  private final HookPoint output; // null of controls, which have no block
  private final Set<Changes.Part> leftOut;

  BlockPart(HookPoint output, Changes.Part... leftOut) {
    this.output = output;
    this.leftOut = Set.of(leftOut);
  }

  /** Whether random layers stand in the place of the model's blocks. */
  public boolean isControl() {
    return this == CONTROL || this == CONTROL_NARROW;
  }

  /** Where in a block the output is. */
  HookPoint output() {
    return output;
  }

  /** Whether the next block can go on from the output in the same pass. */
  boolean isOfStream() {
    return output == HookPoint.RESID_POST;
  }

  /** Whether it needs a block with a residual of its own around each of its parts. */
  boolean isOfSerialBlocks() {
    return this == NO_ATTN_RESIDUAL || this == NO_MLP_RESIDUAL;
  }

  /** Changes with what is left out of a block. */
  Changes leaveOut(Changes changes, int block) {
    Changes fewer = changes;
    for (Changes.Part part : leftOut) {
      fewer = fewer.leaveOut(block, part);
    }

    return fewer;
  }

  /** The name: {@code attention-only}. */
  public String text() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
