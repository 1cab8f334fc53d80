/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import java.io.Serializable;
import java.util.Iterator;
import org.apache.hadoop.conf.Configuration;

/** Reads one kind of corpus files, in a task. */
interface PieceReader extends Serializable {

  /**
   * The pieces of a split, in order, read as they are asked for. What cannot be read is a piece
   * with a problem.
   *
   * @param places where the tokenizer allows documents to be cut
   * @param followingTokens how many tokens of what follows a piece needs
   */
  Iterator<Piece> read(
      Section.Split split, Configuration hadoop, CutPlaces places, int followingTokens);
}
