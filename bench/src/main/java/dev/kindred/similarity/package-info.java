/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What of the benchmarks must see the join from inside: this is the package of that name in {@code
 * pipeline}, whose parts are measured one by one. Read {@link
 * dev.kindred.similarity.JoinComparison} first. Only {@code dev.kindred.bench} imports it.
 */
package dev.kindred.similarity;
