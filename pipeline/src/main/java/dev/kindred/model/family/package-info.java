/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The families of models that Kindred reads, each a page that turns {@code config.json} into a
 * description. To be read in this order: {@link dev.kindred.model.family.Llama}, a family of
 * Hugging Face's transformers; {@link dev.kindred.model.family.LlamaParts}, what many families
 * share; {@link dev.kindred.model.family.Rope}, rotary positions in the two dialects of such files;
 * {@link dev.kindred.model.family.HuggingFace}, what holds for all; {@link
 * dev.kindred.model.family.Gpt}, Kindred's own. {@link dev.kindred.model.family.Architectures} is
 * the list of all of them.
 *
 * <p>It imports {@code model.architecture} alone; {@code model.files} and {@code training} import
 * it.
 */
package dev.kindred.model.family;
