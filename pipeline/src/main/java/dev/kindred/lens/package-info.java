/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What a model would predict if it ended after each block.
 *
 * <p>Read {@link dev.kindred.lens.LogitLens}. An analysis: it imports no other one.
 */
package dev.kindred.lens;
