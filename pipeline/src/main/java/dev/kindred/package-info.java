/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The domain: from a corpus and a model to explanations of predictions and their figures.
 *
 * <p>Here are what every package needs: {@link dev.kindred.InvalidInput}, the one way to refuse
 * what a user gives, {@link dev.kindred.Location} of files, and {@link dev.kindred.DjlEngine}. The
 * packages below stand in the order of CONTRIBUTING, and each imports only those before it.
 *
 * <p>Read {@link dev.kindred.InvalidInput} first. Everything may import this package.
 */
package dev.kindred;
