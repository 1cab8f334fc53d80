/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Whether feed-forward outputs point at the tokens that follow similar strings.
 *
 * <p>Read {@link dev.kindred.alignment.Directions}, then {@link dev.kindred.alignment.Alignments}.
 * An analysis: of others it imports subspace.
 */
package dev.kindred.alignment;
