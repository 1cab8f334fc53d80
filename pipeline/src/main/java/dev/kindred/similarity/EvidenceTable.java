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
  private final int bins;
  private final int keep;
  private final Row[] rows;
  private long pairsKept;
  private long bytes;

  /**
   * @param bins of similarities, whose counts are kept apart
   * @param keep the most similar windows to keep for a prompt, or {@link MostSimilar#ALL}
   */
  EvidenceTable(PromptVectors prompts, int vocabularySize, int bins, int keep) {
    this.prompts = prompts;
    this.vocabularySize = vocabularySize;
    this.bins = bins;
    this.keep = keep;
    this.rows = new Row[prompts.count()];
  }

  /** Bytes that a prompt's row takes when it is made, if only the most similar few are kept. */
  static long leastBytesPerPrompt(int vocabularySize, int bins, int keep) {
    return TokenCounts.leastBytes((long) bins * vocabularySize) + besideCounts(bins, keep);
  }

  /** Bytes that it takes at most. */
  static long mostBytesPerPrompt(int vocabularySize, int bins, int keep) {
    return TokenCounts.mostBytes((long) bins * vocabularySize) + besideCounts(bins, keep);
  }

  private static long besideCounts(int bins, int keep) {
    long kept = keep == MostSimilar.ALL ? 0 : keep;
    return 8L * bins + 12 * kept + 128;
  }

  /** Adds a pair in a bin to its prompt's counts. */
  void count(int prompt, WindowBatch windows, int window, int bin) {
    Row row = row(prompt);
    long before = row.counts.bytes();
    row.add(windows, window, bin, prompts.ownWindowId(prompt));
    bytes += row.counts.bytes() - before;
  }

  /** Adds a prompt's first so many pairs. */
  void count(int prompt, WindowBatch windows, int[] found, int[] foundBins, int size) {
    if (size == 0) {
      return;
    }

    Row row = row(prompt);
    long own = prompts.ownWindowId(prompt);
    long before = row.counts.bytes();
    for (int i = 0; i < size; i++) {
      row.add(windows, found[i], foundBins[i], own);
    }

    bytes += row.counts.bytes() - before;
  }

  private Row row(int prompt) {
    Row row = rows[prompt];
    if (row == null) {
      row = new Row(vocabularySize, bins, keep);
      rows[prompt] = row;
      bytes += leastBytesPerPrompt(vocabularySize, bins, keep);
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
  void keep(int prompt, long windowId, double similarity) {
    MostSimilar mostSimilar = rows[prompt].mostSimilar;
    int before = mostSimilar.size();
    mostSimilar.offer(similarity, windowId);
    pairsKept += mostSimilar.size() - before;
  }

  /** Pairs that are held with their similarity. */
  long pairsKept() {
    return pairsKept;
  }

  /** Bytes that all rows take, but for pairs where all of them are kept. */
  long bytes() {
    return bytes;
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
    bytes = 0;
    return drained;
  }

  private static final class Row {
    private final int vocabularySize;
    private final TokenCounts counts; // by bin * d_vocab + token id
    private final long[] similarCounts; // by bin
    private final MostSimilar mostSimilar;
    private int ownBin = SimilarityBins.BELOW;

    private Row(int vocabularySize, int bins, int keep) {
      this.vocabularySize = vocabularySize;
      this.counts = new TokenCounts(Math.multiplyExact(bins, vocabularySize));
      this.similarCounts = new long[bins];
      this.mostSimilar = new MostSimilar(keep);
    }

    private void add(WindowBatch windows, int window, int bin, long ownWindowId) {
      similarCounts[bin]++;
      windows.addNextTokens(window, counts, bin * vocabularySize);
      if (windows.windowId(window) == ownWindowId) {
        ownBin = bin;
      }
    }

    private Evidence toEvidence(int promptId) {
      TokenCounts.Sorted found = counts.sorted();
      Evidence evidence = Evidence.none(promptId);
      evidence.setSimilarCounts(similarCounts);
      evidence.setOwnBin(ownBin);
      evidence.setTokens(found.keys());
      evidence.setCounts(found.counts());
      evidence.setWindowIds(mostSimilar.windowIds());
      evidence.setSimilarities(mostSimilar.similarities());
      return evidence;
    }
  }
}
