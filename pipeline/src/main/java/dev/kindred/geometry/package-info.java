/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The residual stream as vectors: directions, scale and noise, and one prompt in the plane.
 *
 * <p>Read {@link dev.kindred.geometry.Geometry}, then {@link dev.kindred.geometry.TipToTail}. An
 * analysis: it imports no other one.
 */
package dev.kindred.geometry;
