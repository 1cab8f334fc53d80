/* SPDX-License-Identifier: Apache-2.0 */
/**
 * From files to tokens and windows: what a corpus is, however it is stored.
 *
 * <p>Read {@link dev.kindred.corpus.Corpus}, {@link dev.kindred.corpus.CorpusScan}, which counts it
 * and gives it an id, {@link dev.kindred.corpus.Tokenizer}, {@link dev.kindred.corpus.Windows} and
 * {@link dev.kindred.corpus.Prompts}. Every package but table, math and kernel may import it.
 */
package dev.kindred.corpus;
