/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Models in folders. To be read in this order: {@link dev.kindred.model.files.ModelDirectory}, what
 * is in a folder and that it fits together; {@link dev.kindred.model.files.Safetensors}, weights
 * tensor by tensor; {@link dev.kindred.model.files.WeightsFile}, how every process gets the same
 * ones; {@link dev.kindred.model.files.LoadedModels}, from which others take a model.
 *
 * <p>It imports all of {@code model}, {@code corpus} for tokenizers, and {@code table} for files;
 * everything that evaluates models imports it.
 */
package dev.kindred.model.files;
