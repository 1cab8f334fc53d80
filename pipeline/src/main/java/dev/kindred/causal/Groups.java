/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.causal;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Prompts whose occurrences are taken out together, so that one training serves them all: none of
 * the occurrences that are chosen for one of them, however they are chosen, is chosen for another
 * of its group. No two of a group have the same explained token, either.
 */
public final class Groups {
  private final List<BitSet> taken = new ArrayList<>();
  private final List<Set<Integer>> tokens = new ArrayList<>();
  private final int size;

  /**
   * @param groups how many
   * @param size prompts of each
   */
  public Groups(int groups, int size) {
    this.size = size;
    for (int i = 0; i < groups; i++) {
      taken.add(new BitSet());
      tokens.add(new HashSet<>());
    }
  }

  /** Whether there are as many prompts as there is room for. */
  public boolean areFull() {
    return tokens.stream().allMatch(group -> group.size() == size);
  }

  /** Whether a group has room for a prompt of a token, and shares no place with it. */
  public boolean haveRoom(int token, BitSet places) {
    return find(token, places) >= 0;
  }

  /**
   * Puts a prompt into the first group that has room for it.
   *
   * @param token the explained one
   * @param places that are chosen for it in any way
   * @return the group's number; -1 if there is none
   */
  public int add(int token, BitSet places) {
    int group = find(token, places);
    if (group >= 0) {
      taken.get(group).or(places);
      tokens.get(group).add(token);
    }

    return group;
  }

  private int find(int token, BitSet places) {
    for (int group = 0; group < taken.size(); group++) {
      if (tokens.get(group).size() < size
          && !tokens.get(group).contains(token)
          && !taken.get(group).intersects(places)) {
        return group;
      }
    }

    return -1;
  }
}
