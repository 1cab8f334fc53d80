/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Pure functions of numbers that several packages need: vectors and their similarity, distributions
 * and their distance, intervals of means, hashes. To be read in any order. It imports nothing of
 * Kindred's, and everything may import it.
 */
package dev.kindred.math;
