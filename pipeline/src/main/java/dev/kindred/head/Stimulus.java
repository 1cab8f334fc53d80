/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.head;

import java.io.Serializable;
import java.util.Arrays;
import java.util.Locale;

/**
 * Sequences of one length on which heads are looked at.
 *
 * @param tokenIds all that the model reads, with the token that begins texts if it reads one
 * @param begins tokens before the stimulus itself: 1 where the model reads one that begins texts,
 *     else 0
 * @param period after so many tokens they repeat; 0 where nothing is repeated on purpose
 */
public record Stimulus(Kind kind, int[][] tokenIds, int begins, int period)
    implements Serializable {

  /** What sequences are made of. */
  public enum Kind {
    /** Distinct tokens by chance, twice: the earlier copy of a token is one place. */
    PERMUTATION,
    /** Tokens by chance, with repetition, and the same once more. */
    REPEATED,
    /** Tokens by chance, with repetition: what scores are without a second copy. */
    RANDOM,
    /** 25 distinct tokens by chance, four times, after Olsson et al. */
    PREFIX,
    /** Pieces of a corpus. */
    TEXT;

    /** Returns the name that options and tables have for it. */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** Whether the second half of each sequence is its first half once more. */
    public boolean isTwice() {
      return this == PERMUTATION || this == REPEATED;
    }
  }

  /** T. */
  public int length() {
    return tokenIds[0].length;
  }

  public int sequences() {
    return tokenIds.length;
  }

  /** Whether the second half of each sequence is its first half once more. */
  public boolean isTwice() {
    return kind.isTwice();
  }

  /** Whether it is told where heads look in general: not of what is made for one score. */
  boolean isGeneral() {
    return kind != Kind.PREFIX;
  }

  /** Whether heads are ablated on it: where there is something to predict. */
  public boolean isAblated() {
    return isTwice() || kind == Kind.TEXT;
  }

  /** Everything that distinguishes it, as a text. */
  String description() {
    return kind + " " + begins + " " + period + " " + Arrays.deepToString(tokenIds);
  }
}
