/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import java.util.Arrays;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Finds every place of any token sequence in a corpus that one process holds: a suffix array, 8
 * bytes a token with the tokens. Sequences do not cross documents.
 *
 * <p>It is built by doubling prefixes (Manber and Myers 1993), each round one counting sort.
 *
 * <p>N = tokens of all documents, and one between any two.
 */
public final class TokenIndex {
  /** Stands between documents; no token has this id. */
  private static final int END = -1;

  private final int[] tokens; // N
  private final int[] suffixes; // N, starts in the order of what stands there
  private final int[] documentStarts; // in tokens

  /**
   * Places of a sequence.
   *
   * @param from first one in the order of suffixes
   * @param to after the last one
   * @param length tokens of the sequence
   */
  public record Found(int from, int to, int length) {
    /** Returns how often the sequence occurs. */
    public int count() {
      return to - from;
    }
  }

  private TokenIndex(int[] tokens, int[] documentStarts) {
    this.tokens = tokens;
    this.documentStarts = documentStarts;
    this.suffixes = sorted(tokens);
  }

  /**
   * Indexes documents.
   *
   * @param documents token ids of each, in the order of the corpus
   */
  public static TokenIndex of(int[][] documents) {
    int size = Math.max(0, documents.length - 1);
    for (int[] document : documents) {
      size = Math.addExact(size, document.length);
    }

    int[] tokens = new int[size];
    int[] starts = new int[documents.length];
    int place = 0;
    for (int i = 0; i < documents.length; i++) {
      if (i > 0) {
        tokens[place++] = END;
      }

      starts[i] = place;
      System.arraycopy(documents[i], 0, tokens, place, documents[i].length);
      place += documents[i].length;
    }

    return new TokenIndex(tokens, starts);
  }

  private static int[] sorted(int[] tokens) {
    int size = tokens.length;
    int[] ranks = new int[size];
    int greatest = 0;
    for (int i = 0; i < size; i++) {
      ranks[i] = tokens[i] - END + 1; // 0 is what stands behind the last token
      greatest = Math.max(greatest, ranks[i]);
    }

    int[] order = new int[size];
    int[] bySecond = new int[size];
    int[] next = new int[size];
    for (int i = 0; i < size; i++) {
      bySecond[i] = i;
    }

    countingSort(bySecond, ranks, greatest, order);
    int classes = rank(order, ranks, 0, next);
    int[] swap = ranks;
    ranks = next;
    next = swap;
    for (int length = 1; classes < size && length < size; length *= 2) {
      int place = 0;
      for (int i = size - length; i < size; i++) {
        bySecond[place++] = i; // nothing stands behind them
      }

      for (int suffix : order) {
        if (suffix >= length) {
          bySecond[place++] = suffix - length;
        }
      }

      countingSort(bySecond, ranks, classes, order);
      classes = rank(order, ranks, length, next);
      swap = ranks;
      ranks = next;
      next = swap;
    }

    return order;
  }

  /** Sorts suffixes by rank, those of the same rank in the order in which they come. */
  private static void countingSort(int[] suffixes, int[] ranks, int greatest, int[] order) {
    int[] places = new int[greatest + 2];
    for (int rank : ranks) {
      places[rank + 1]++;
    }

    for (int rank = 0; rank <= greatest; rank++) {
      places[rank + 1] += places[rank];
    }

    for (int suffix : suffixes) {
      order[places[ranks[suffix]]++] = suffix;
    }
  }

  /**
   * Ranks suffixes by their rank and that of what stands so much later, from 1 on.
   *
   * @return how many ranks there are
   */
  private static int rank(int[] order, int[] ranks, int later, int[] next) {
    int rank = 0;
    for (int i = 0; i < order.length; i++) {
      if (i == 0
          || ranks[order[i]] != ranks[order[i - 1]]
          || later > 0 && second(ranks, order[i], later) != second(ranks, order[i - 1], later)) {
        rank++;
      }

      next[order[i]] = rank;
    }

    return rank;
  }

  private static int second(int[] ranks, int suffix, int later) {
    return suffix + later < ranks.length ? ranks[suffix + later] : 0;
  }

  /** Returns the tokens of all documents. */
  public int size() {
    return tokens.length - Math.max(0, documentStarts.length - 1);
  }

  /** Returns all places of a sequence; the empty one has all. */
  public Found find(int[] sequence) {
    Found found = new Found(0, suffixes.length, 0);
    for (int token : sequence) {
      found = longer(found, token);
    }

    return found;
  }

  /** Returns the places of a sequence with a further token behind it. */
  public Found longer(Found found, int token) {
    int from = first(found, token);
    return new Found(from, Math.max(from, first(found, token + 1)), found.length() + 1);
  }

  /** The first of the places where no lower token follows than this. */
  private int first(Found found, int token) {
    int low = found.from();
    int high = found.to();
    while (low < high) {
      int middle = low + high >>> 1;
      int place = suffixes[middle] + found.length();
      if (place < tokens.length && tokens[place] >= token) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }

    return low;
  }

  /**
   * The longest beginning of a text's rest that occurs.
   *
   * @param text token ids
   * @param at where the rest begins
   */
  public Found longest(int[] text, int at) {
    Found found = new Found(0, suffixes.length, 0);
    for (int i = at; i < text.length; i++) {
      Found longer = longer(found, text[i]);
      if (longer.count() == 0) {
        break;
      }

      found = longer;
    }

    return found;
  }

  /** Returns how often each token follows, by id; where a document ends, none does. */
  public SortedMap<Integer, Long> following(Found found) {
    SortedMap<Integer, Long> counts = new TreeMap<>();
    int from = found.from();
    while (from < found.to()) {
      int place = suffixes[from] + found.length();
      int token = place < tokens.length ? tokens[place] : END;
      int to = place < tokens.length ? Math.max(from + 1, first(found, token + 1)) : from + 1;
      if (token != END) {
        counts.put(token, (long) to - from);
      }

      from = to;
    }

    return counts;
  }

  /**
   * Returns the first places of a sequence, in the order of the corpus.
   *
   * @param most how many
   * @return positions in the corpus's token stream, in which nothing stands between documents
   */
  public long[] positions(Found found, int most) {
    int[] places = Arrays.copyOfRange(suffixes, found.from(), found.to());
    Arrays.sort(places);
    return Arrays.stream(places).limit(most).mapToLong(place -> place - document(place)).toArray();
  }

  /** The number of the document that a place is in. */
  private int document(int place) {
    int found = Arrays.binarySearch(documentStarts, place);
    return found < 0 ? -found - 2 : found;
  }
}
