/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.inversion;

import dev.kindred.math.SplitMix;
import java.io.Serializable;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.TreeSet;

/**
 * Tokens that a restricted reading may take: some, or a prompt's own and others beside them.
 *
 * @param tokens their ids, ascending; null for each prompt's own
 * @param others how many there are beside a prompt's own
 */
public record AllowedTokens(int[] tokens, int others) implements Serializable {
  /** The same for all prompts. */
  public static AllowedTokens of(int[] tokens) {
    return new AllowedTokens(Arrays.stream(tokens).sorted().distinct().toArray(), 0);
  }

  /** A prompt's own and others, which are drawn; more of them hold those of fewer. */
  public static AllowedTokens ownAnd(int others) {
    return new AllowedTokens(null, others);
  }

  /** Whether they are a prompt's own and others. */
  public boolean isOwn() {
    return tokens == null;
  }

  /**
   * Whether more are asked for than there are, so that all of them are allowed.
   *
   * @param vocabulary how many tokens there are
   */
  public boolean isMoreThan(int vocabulary, int[] prompt) {
    return isOwn() && Arrays.stream(prompt).distinct().count() + others > vocabulary;
  }

  /**
   * Returns those for a prompt, ascending: all tokens where more are asked for.
   *
   * @param vocabulary how many tokens there are
   */
  int[] of(int[] prompt, int vocabulary) {
    if (!isOwn()) {
      return tokens;
    }

    TreeSet<Integer> allowed = new TreeSet<>();
    long mixed = 0;
    for (int token : prompt) {
      allowed.add(token);
      mixed = SplitMix.hash(mixed ^ token);
    }

    int most = Math.min(vocabulary, allowed.size() + others);
    SplittableRandom random = new SplittableRandom(mixed);
    while (allowed.size() < most) {
      allowed.add(random.nextInt(vocabulary));
    }

    return allowed.stream().mapToInt(Integer::intValue).toArray();
  }

  /** What a reading among them is called: {@code allowed:}, or {@code own+8:}. */
  public String prefix() {
    return isOwn() ? "own" + (others == 0 ? "" : "+" + others) + ":" : "allowed:";
  }

  @Override
  public String toString() {
    return isOwn() ? prefix() : prefix() + Arrays.toString(tokens);
  }
}
