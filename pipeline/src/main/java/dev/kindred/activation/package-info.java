/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Feed-forward outputs of windows, and looks into the stream of prompts.
 *
 * <p>Read {@link dev.kindred.activation.TreeBatches}, which makes numbers independent of
 * partitions, then {@link dev.kindred.activation.Activations}. It imports model, corpus and table.
 */
package dev.kindred.activation;
