/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;

/**
 * Byte-pair encoding of words: again and again, the two tokens that stand beside each other most
 * often become one (Sennrich et al. 2016). Of pairs that are as frequent, the one with the lower
 * first token is merged, then that with the lower second, as Hugging Face's tokenizers does.
 *
 * <p>The library's own trainer cannot be reached from Java, hence this one.
 */
final class BytePairs {
  /**
   * Two tokens that become one.
   *
   * @param first id
   * @param second id
   */
  record Merge(int first, int second) {}

  /** A pair as it was counted when it was put into the queue; the count may have fallen since. */
  private record Candidate(long count, int first, int second) {}

  private final List<byte[]> tokens = new ArrayList<>(); // by id
  private final Map<String, Integer> ids = new HashMap<>();
  private final List<Merge> merges = new ArrayList<>();
  private final int[][] words; // tokens
  private final int[] lengths; // of words: what follows in their arrays has no meaning any more
  private final long[] counts; // of words
  private final Map<Merge, Long> pairs = new HashMap<>();
  private final Map<Merge, Places> places = new HashMap<>();
  private final PriorityQueue<Candidate> queue =
      new PriorityQueue<>(
          Comparator.comparingLong(Candidate::count)
              .reversed()
              .thenComparingInt(Candidate::first)
              .thenComparingInt(Candidate::second));

  /** Numbers of words, some of them more than once. */
  private static final class Places {
    private int[] words = new int[4];
    private int size;

    private void add(int word) {
      if (size > 0 && words[size - 1] == word) {
        return;
      }

      words = size == words.length ? Arrays.copyOf(words, 2 * size) : words;
      words[size++] = word;
    }
  }

  private BytePairs(byte[] alphabet, int[][] words, long[] counts) {
    this.words = words;
    this.counts = counts;
    this.lengths = Arrays.stream(words).mapToInt(word -> word.length).toArray();
    for (byte one : alphabet) {
      add(new byte[] {one});
    }
  }

  /**
   * Merges until there are so many tokens, or no two tokens stand beside each other.
   *
   * @param alphabet the byte of each id to begin with
   * @param words distinct, in these ids; they are changed
   * @param counts of each word
   * @param size tokens that are wanted
   */
  static BytePairs of(byte[] alphabet, int[][] words, long[] counts, int size) {
    BytePairs found = new BytePairs(alphabet, words, counts);
    found.count();
    found.merge(size);
    return found;
  }

  /** What each token stands for, by id. */
  List<byte[]> tokens() {
    return tokens;
  }

  /** The first to be applied first. */
  List<Merge> merges() {
    return merges;
  }

  private int add(byte[] token) {
    return ids.computeIfAbsent(
        Arrays.toString(token),
        absent -> {
          tokens.add(token);
          return tokens.size() - 1;
        });
  }

  private void count() {
    for (int word = 0; word < words.length; word++) {
      for (int i = 0; i + 1 < lengths[word]; i++) {
        change(words[word][i], words[word][i + 1], counts[word]);
        places.get(new Merge(words[word][i], words[word][i + 1])).add(word);
      }
    }

    pairs.forEach(this::queue);
  }

  private void change(int first, int second, long by) {
    Merge pair = new Merge(first, second);
    pairs.merge(pair, by, Long::sum);
    places.computeIfAbsent(pair, absent -> new Places());
  }

  private void queue(Merge pair, long count) {
    if (count > 0) {
      queue.add(new Candidate(count, pair.first, pair.second));
    }
  }

  private void merge(int size) {
    while (tokens.size() < size && !queue.isEmpty()) {
      Candidate most = queue.remove();
      Merge pair = new Merge(most.first, most.second);
      long count = pairs.getOrDefault(pair, 0L);
      if (count != most.count) {
        queue(pair, count);
        continue;
      }

      byte[] first = tokens.get(most.first);
      byte[] both = Arrays.copyOf(first, first.length + tokens.get(most.second).length);
      System.arraycopy(tokens.get(most.second), 0, both, first.length, both.length - first.length);
      int token = add(both);
      merges.add(pair);
      Map<Merge, Long> grown = new HashMap<>();
      Places its = places.remove(pair);
      for (int i = 0; i < its.size; i++) {
        replace(its.words[i], pair, token, grown);
      }

      pairs.remove(pair);
      grown.keySet().forEach(other -> queue(other, pairs.getOrDefault(other, 0L)));
    }
  }

  /** Makes one token of each pair of a word, from its beginning on. */
  private void replace(int number, Merge pair, int token, Map<Merge, Long> grown) {
    int[] word = words[number];
    long count = counts[number];
    int to = 0;
    for (int from = 0; from < lengths[number]; from++, to++) {
      boolean isPair =
          from + 1 < lengths[number] && word[from] == pair.first && word[from + 1] == pair.second;
      if (!isPair) {
        word[to] = word[from];
        continue;
      }

      if (to > 0) {
        change(word[to - 1], pair.first, -count);
        grow(word[to - 1], token, count, number, grown);
      }

      if (from + 2 < lengths[number]) {
        change(pair.second, word[from + 2], -count);
        grow(token, word[from + 2], count, number, grown);
      }

      word[to] = token;
      from++;
    }

    lengths[number] = to;
  }

  private void grow(int first, int second, long count, int word, Map<Merge, Long> grown) {
    change(first, second, count);
    Merge pair = new Merge(first, second);
    places.get(pair).add(word);
    grown.merge(pair, count, Long::sum);
  }
}
