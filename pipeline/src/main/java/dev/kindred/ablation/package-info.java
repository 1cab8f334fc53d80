/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What becomes of predictions without a part of a block.
 *
 * <p>Read {@code BlockAblation}, which does it for a batch, then {@link
 * dev.kindred.ablation.Ablations}. An analysis: it imports no other one.
 */
package dev.kindred.ablation;
