/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The inner loops: products of vectors in tiles, plain and by SIMD instructions, with the same
 * bits.
 *
 * <p>Read {@link dev.kindred.kernel.TileKernel}, then {@link dev.kindred.kernel.ScalarTileKernel},
 * then {@link dev.kindred.kernel.SimdTileKernel}. It imports math alone.
 */
package dev.kindred.kernel;
