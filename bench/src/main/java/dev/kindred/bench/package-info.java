/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Measurements, which are not shipped. To be read in this order: {@link dev.kindred.bench.Bench},
 * the program; {@link dev.kindred.bench.Options}, what it can measure; a class for each of these
 * items; {@link dev.kindred.bench.Figures}, what was measured.
 *
 * <p>It may import everything, and nothing imports it.
 */
package dev.kindred.bench;
