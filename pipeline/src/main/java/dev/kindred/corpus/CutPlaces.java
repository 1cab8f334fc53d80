/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

/**
 * Where a tokenizer allows a document to be cut: the tokens of its pieces, one after the other, are
 * those of the whole. A long document is cut at the first such place at or after each multiple of
 * {@link #step} bytes. These are constants of the format: corpus ids are hashes over pieces.
 */
enum CutPlaces {
  /** Before every character. */
  CHARACTERS(256 << 10) {
    @Override
    int first(byte[] bytes, int from, boolean isEnd) {
      return Utf8.boundary(bytes, from);
    }

    @Override
    int following(byte[] bytes, int from, int tokens, boolean isEnd) {
      return Utf8.after(bytes, from, tokens);
    }
  },

  /**
   * Before a blank between two letters, and after a line feed between anything that is no white
   * space and a letter.
   */
  WORDS(2 << 20) {
    @Override
    int first(byte[] bytes, int from, boolean isEnd) {
      int decided = isEnd ? bytes.length : bytes.length - Utf8.LONGEST;
      for (int place = from; place < decided; place++) {
        if (bytes[place] == ' '
            ? Character.isLetter(Utf8.before(bytes, place))
                && Character.isLetter(Utf8.at(bytes, place + 1))
            : place > 0
                && bytes[place - 1] == '\n'
                && !isWhiteSpace(Utf8.before(bytes, place - 1))
                && Character.isLetter(Utf8.at(bytes, place))) {
          return place;
        }
      }

      return isEnd ? bytes.length : UNDECIDED;
    }

    /** Between two places there is a token at least. */
    @Override
    int following(byte[] bytes, int from, int tokens, boolean isEnd) {
      int end = from;
      for (int i = 0; i < tokens && end != UNDECIDED && end < bytes.length; i++) {
        end = first(bytes, end + 1, isEnd);
      }

      return end;
    }
  },

  /** Nowhere. */
  NOWHERE(256 << 20) {
    @Override
    int first(byte[] bytes, int from, boolean isEnd) {
      return isEnd ? bytes.length : UNDECIDED;
    }

    @Override
    int following(byte[] bytes, int from, int tokens, boolean isEnd) {
      return from;
    }
  };

  /** More bytes are needed to tell. */
  static final int UNDECIDED = -1;

  /** Bytes before a place that {@link #first} looks at. */
  static final int BEFORE = 2 * Utf8.LONGEST;

  /** Bytes that are tokenised at once, at most: those of a piece, wherever its next place is. */
  static final int LONGEST = 256 << 20;

  private final int step;

  CutPlaces(int step) {
    this.step = step;
  }

  /** Bytes from one piece's end to the next one's, about. */
  int step() {
    return step;
  }

  /**
   * The first place at or after an index.
   *
   * @param bytes a document in UTF-8, or a part of it that begins {@link #BEFORE} the index
   * @param isEnd whether the document ends with the array
   * @return the array's length if there is none before the document's end, and {@link #UNDECIDED}
   *     if there may be one beyond the array
   */
  abstract int first(byte[] bytes, int from, boolean isEnd);

  /**
   * The end of a text that has a number of tokens at least, or all that follow in the document, and
   * whose tokens do not depend on what stands behind it.
   *
   * @param from where the text begins, a place
   * @return as {@link #first}
   */
  abstract int following(byte[] bytes, int from, int tokens, boolean isEnd);

  private static boolean isWhiteSpace(int character) {
    return character < 0 || Character.isWhitespace(character) || Character.isSpaceChar(character);
  }
}
