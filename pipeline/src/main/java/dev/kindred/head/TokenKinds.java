/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.head;

import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.IntFunction;

/**
 * Tokens that heads may rest at, or fetch what came before from: line breaks, commas and pronouns.
 *
 * @param newline by token id, whether the token has a line break
 * @param comma whether it is a comma, blanks left out
 * @param pronoun whether it is a personal or possessive pronoun, blanks left out
 * @param beginsInWord whether it begins with a letter
 * @param endsInWord whether it ends with one
 */
public record TokenKinds(
    boolean[] newline,
    boolean[] comma,
    boolean[] pronoun,
    boolean[] beginsInWord,
    boolean[] endsInWord)
    implements Serializable {
  private static final Set<String> PRONOUNS =
      Set.of(
          ("i me my mine myself thou thee thy thine thyself you your yours yourself yourselves he him his himself"
                  + " she her hers herself it its itself we us our ours ourselves they them their"
                  + " theirs themselves")
              .split(" "));

  /**
   * Returns the kinds of a vocabulary.
   *
   * @param text of a token; empty for ids that no text has
   */
  public static TokenKinds of(int vocabulary, IntFunction<String> text) {
    TokenKinds kinds =
        new TokenKinds(
            new boolean[vocabulary],
            new boolean[vocabulary],
            new boolean[vocabulary],
            new boolean[vocabulary],
            new boolean[vocabulary]);
    for (int id = 0; id < vocabulary; id++) {
      String its = text.apply(id);
      String stripped = its.strip();
      kinds.newline[id] = its.indexOf('\n') >= 0;
      kinds.comma[id] = stripped.equals(",");
      kinds.pronoun[id] = PRONOUNS.contains(stripped.toLowerCase(Locale.ROOT));
      kinds.beginsInWord[id] = !its.isEmpty() && Character.isLetter(its.codePointAt(0));
      kinds.endsInWord[id] =
          !its.isEmpty() && Character.isLetter(its.codePointBefore(its.length()));
    }

    return kinds;
  }

  /** Returns which tokens of a sequence have a line break. */
  boolean[] newlines(int[] tokens) {
    return marked(tokens, newline);
  }

  /** Returns which tokens are commas. */
  boolean[] commas(int[] tokens) {
    return marked(tokens, comma);
  }

  /** Returns which tokens are pronouns and no part of a longer word. */
  boolean[] pronouns(int[] tokens) {
    boolean[] marked = marked(tokens, pronoun);
    for (int i = 0; i < tokens.length; i++) {
      boolean goesOn = i + 1 < tokens.length && beginsInWord[tokens[i + 1]];
      boolean began = i > 0 && endsInWord[tokens[i - 1]] && beginsInWord[tokens[i]];
      marked[i] &= !goesOn && !began;
    }

    return marked;
  }

  private static boolean[] marked(int[] tokens, boolean[] kind) {
    boolean[] marked = new boolean[tokens.length];
    for (int i = 0; i < tokens.length; i++) {
      marked[i] = kind[tokens[i]];
    }

    return marked;
  }

  /** Everything that distinguishes it, as a text. */
  String description() {
    return String.join(
        " ",
        List.of(newline, comma, pronoun, beginsInWord, endsInWord).stream()
            .map(Arrays::toString)
            .toList());
  }
}
