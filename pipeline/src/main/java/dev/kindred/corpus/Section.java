/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import java.io.Serializable;
import java.util.List;

/**
 * A stretch of the corpus that one task reads from start to end. Sections in the order of their
 * numbers make up the whole token stream.
 *
 * @param splits what is in it, one after the other; at least one
 */
record Section(List<Split> splits) implements Serializable {

  /** Bytes [start, end) of a file: the documents, or characters, that begin in them. */
  record Split(CorpusFile file, long start, long end) implements Serializable {}
}
