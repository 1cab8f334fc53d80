/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.causal;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Prompts whose occurrences are taken out together, so that one training serves them all. No two of
 * a group have the same explained token: so occurrences of these tokens that are chosen for one of
 * them are never chosen for another.
 */
public final class Groups {
  private final List<Set<Integer>> tokens = new ArrayList<>();
  private final int size;

  /**
   * @param groups how many
   * @param size prompts of each
   */
  public Groups(int groups, int size) {
    this.size = size;
    for (int i = 0; i < groups; i++) {
      tokens.add(new HashSet<>());
    }
  }

  /** Whether there are as many prompts as there is room for. */
  public boolean areFull() {
    return tokens.stream().allMatch(group -> group.size() == size);
  }

  /** Returns how many prompts there are. */
  public int prompts() {
    return tokens.stream().mapToInt(Set::size).sum();
  }

  /**
   * Puts a prompt into the first group that has room for it.
   *
   * @param token the explained one
   * @return the group's number; -1 if there is none
   */
  public int add(int token) {
    for (int group = 0; group < tokens.size(); group++) {
      if (tokens.get(group).size() < size && tokens.get(group).add(token)) {
        return group;
      }
    }

    return -1;
  }
}
