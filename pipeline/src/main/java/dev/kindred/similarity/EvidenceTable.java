/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import java.util.ArrayList;
import java.util.List;

/**
 * Where a task adds up what it finds, next to the kernel: one row a prompt, made when its first
 * similar string is found.
 */
final class EvidenceTable {
  private final PromptVectors prompts;
  private final int vocabularySize;
  private final int keep;
  private final Row[] rows;
  private long pairsKept;

  /**
   * @param keep the most similar windows to keep for a prompt, or {@link MostSimilar#ALL}
   */
  EvidenceTable(PromptVectors prompts, int vocabularySize, int keep) {
    this.prompts = prompts;
    this.vocabularySize = vocabularySize;
    this.keep = keep;
    this.rows = new Row[prompts.count()];
  }

  /** Bytes that a prompt's row takes at most when only the most similar few are kept. */
  static long bytesPerPrompt(int vocabularySize, int keep) {
    long kept = keep == MostSimilar.ALL ? 0 : keep;
    return 8L * vocabularySize + 12 * kept + 128;
  }

  /** Adds a pair above the threshold to its prompt's counts. */
  void count(int prompt, WindowBatch windows, int window) {
    row(prompt).add(windows, window, prompts.ownWindowId(prompt));
  }

  /** Adds a prompt's first so many pairs. */
  void count(int prompt, WindowBatch windows, int[] found, int size) {
    if (size == 0) {
      return;
    }

    Row row = row(prompt);
    long own = prompts.ownWindowId(prompt);
    for (int i = 0; i < size; i++) {
      row.add(windows, found[i], own);
    }
  }

  private Row row(int prompt) {
    Row row = rows[prompt];
    if (row == null) {
      row = new Row(vocabularySize, keep);
      rows[prompt] = row;
    }

    return row;
  }

  /**
   * Windows less similar than this are not among the prompt's most similar; infinite where none are
   * kept.
   */
  double leastKept(int prompt) {
    Row row = rows[prompt];
    if (row != null) {
      return row.mostSimilar.least();
    }

    return keep > 0 ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
  }

  /** Offers a pair that has been counted to its prompt's most similar. */
  void keep(int prompt, long windowId, float similarity) {
    MostSimilar mostSimilar = rows[prompt].mostSimilar;
    int before = mostSimilar.size();
    mostSimilar.offer(similarity, windowId);
    pairsKept += mostSimilar.size() - before;
  }

  /** Pairs that are held with their similarity. */
  long pairsKept() {
    return pairsKept;
  }

  /** Hands out all rows and starts anew. */
  List<Evidence> drain() {
    List<Evidence> drained = new ArrayList<>();
    for (int prompt = 0; prompt < rows.length; prompt++) {
      if (rows[prompt] != null) {
        drained.add(rows[prompt].toEvidence(prompts.promptId(prompt)));
        rows[prompt] = null;
      }
    }

    pairsKept = 0;
    return drained;
  }

  private static final class Row {
    private final long[] counts; // by token id
    private final MostSimilar mostSimilar;
    private long similarCount;
    private boolean ownWindowSimilar;

    private Row(int vocabularySize, int keep) {
      this.counts = new long[vocabularySize];
      this.mostSimilar = new MostSimilar(keep);
    }

    private void add(WindowBatch windows, int window, long ownWindowId) {
      similarCount++;
      windows.addNextTokens(window, counts);
      ownWindowSimilar |= windows.windowId(window) == ownWindowId;
    }

    private Evidence toEvidence(int promptId) {
      int present = 0;
      for (long count : counts) {
        present += count > 0 ? 1 : 0;
      }

      int[] tokens = new int[present];
      long[] tokenCounts = new long[present];
      int next = 0;
      for (int token = 0; token < counts.length; token++) {
        if (counts[token] > 0) {
          tokens[next] = token;
          tokenCounts[next] = counts[token];
          next++;
        }
      }

      Evidence evidence = Evidence.none(promptId);
      evidence.setSimilarCount(similarCount);
      evidence.setOwnWindowSimilar(ownWindowSimilar);
      evidence.setTokens(tokens);
      evidence.setCounts(tokenCounts);
      evidence.setWindowIds(mostSimilar.windowIds());
      evidence.setSimilarities(mostSimilar.similarities());
      return evidence;
    }
  }
}
