/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.head;

import java.util.List;
import java.util.Locale;

/**
 * What is measured of a head's pattern.
 *
 * @param band number of the {@link Band}, for {@link Score#BAND}; else -1
 */
record Measure(Score score, Weighting weighting, int band) {
  /** Of each term of the products of queries, first, and keys; see {@code QueryKeyTerms}. */
  static final List<Score> INDUCTION_TERMS =
      List.of(
          Score.INDUCTION_DIRECT_DIRECT,
          Score.INDUCTION_DIRECT_WRITTEN,
          Score.INDUCTION_WRITTEN_DIRECT,
          Score.INDUCTION_WRITTEN_WRITTEN);

  /** Of one query each, of whose last tokens so many, 1 to 4, match the earlier copy. */
  static final List<Score> INDUCTION_MATCHES =
      List.of(
          Score.INDUCTION_MATCH_1,
          Score.INDUCTION_MATCH_2,
          Score.INDUCTION_MATCH_3,
          Score.INDUCTION_MATCH_4);

  /** Kinds of measures; all are means over queries. */
  enum Score {
    /** Attention to the token before, from position 1 on. */
    PREVIOUS,
    /** The same from position 8 on: attention that rests at the first position counts less. */
    PREVIOUS_FROM_8,
    /** Attention to the earlier copy of the token. */
    DUPLICATE,
    /** Attention to what came after the earlier copy of the token. */
    INDUCTION,
    /** The same, with the last query, after whose earlier copy the second copy begins. */
    INDUCTION_WITH_LAST,
    /** The whole diagonal, as demonstrations of TransformerLens take it. */
    INDUCTION_DIAGONAL,
    /**
     * Of the query whose last token alone matches the earlier copy: the first of the second copy.
     */
    INDUCTION_MATCH_1,
    /** Of the query whose last two tokens do, and not the one before them: the second. */
    INDUCTION_MATCH_2,
    /** The same of three. */
    INDUCTION_MATCH_3,
    /** The same of four. */
    INDUCTION_MATCH_4,
    /** Induction of the pattern by what queries and keys make of the embedding alone. */
    INDUCTION_DIRECT_DIRECT,
    /** Of queries of the embedding, and keys of what earlier blocks wrote: K-composition. */
    INDUCTION_DIRECT_WRITTEN,
    /** Of queries of what earlier blocks wrote, and keys of the embedding. */
    INDUCTION_WRITTEN_DIRECT,
    /** Of queries and keys of what earlier blocks wrote. */
    INDUCTION_WRITTEN_WRITTEN,
    /** Attention to what came after all earlier copies of the token together. */
    PREFIX_MATCHING,
    /** Of what the head raises among a sequence's logits, the share of what it attends to. */
    COPYING,
    /** Entropy of rows from position 1 on, in nats. */
    ENTROPY,
    /** Entropy of the second half's rows, in nats. */
    ENTROPY_LATE,
    /** The second half's attention to the first position. */
    FIRST_POSITION,
    /** The second half's attention to tokens with a line break. */
    NEWLINE,
    /** The second half's attention to commas. */
    COMMA,
    /** The second half's attention to pronouns. */
    PRONOUN,
    /** How far back the second half attends, in positions. */
    MEAN_DISTANCE,
    /** The second half's attention within a band of distances. */
    BAND,
    /** Norm of what the head writes, over the second half. */
    OUTPUT_NORM;

    /** Returns the name that tables have for it. */
    String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  static Measure of(Score score) {
    return new Measure(score, Weighting.PATTERN, -1);
  }
}
