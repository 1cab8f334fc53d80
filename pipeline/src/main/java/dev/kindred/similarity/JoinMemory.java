/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import java.util.ArrayList;
import java.util.List;

/** What a join holds in memory at once. */
public final class JoinMemory {
  /** Prompts that are broadcast at once, with the least that their evidence takes. */
  private static final long SLICE_BYTES = 512L << 20;

  /** Evidence that a task holds at most before it hands it on, if it can hand on any. */
  static final long EVIDENCE_BYTES = 512L << 20;

  /** Pairs that a task holds at most where all are kept. */
  static final long PAIRS_HELD = 4L << 20;

  /** Vectors that a task reads and brings into order at once. */
  public static final int CHUNK_BYTES = 48 << 20;

  private JoinMemory() {}

  /**
   * Bytes that prompts take in a join with one bin, at most.
   *
   * @param vectors of the prompts of a slice, once an executor
   * @param evidence for them, once a task
   */
  public record PromptBytes(long vectors, long evidence) {
    /**
     * Counts the bytes that prompts take.
     *
     * @param keep the most similar windows to keep; {@link Integer#MAX_VALUE} for all, which has no
     *     bound and counts as none
     */
    public static PromptBytes of(long prompts, int dimension, int vocabularySize, int keep) {
      long slice = Math.min(prompts, slice(dimension, vocabularySize, 1, keep));
      long least = slice * EvidenceTable.leastBytesPerPrompt(vocabularySize, 1, keep);
      long most = slice * EvidenceTable.mostBytesPerPrompt(vocabularySize, 1, keep);
      return new PromptBytes(
          slice * bytesOfVectors(dimension), Math.min(most, Math.max(least, EVIDENCE_BYTES)));
    }

    /** The same where the prompts of several blocks are joined at once, all of them. */
    public static PromptBytes ofBlocks(
        int blocks, long prompts, int dimension, int vocabularySize, int keep) {
      long rows = blocks * prompts;
      long least = rows * EvidenceTable.leastBytesPerPrompt(vocabularySize, 1, keep);
      long most = rows * EvidenceTable.mostBytesPerPrompt(vocabularySize, 1, keep);
      return new PromptBytes(
          rows * bytesOfVectors(dimension), Math.min(most, Math.max(least, EVIDENCE_BYTES)));
    }
  }

  /** A prompt's vector as it came, as a unit vector, and rotated. */
  public static long bytesOfVectors(int dimension) {
    return 3L * Float.BYTES * dimension;
  }

  /** How many prompts are joined at once: all of them, if they fit. */
  private static long slice(int dimension, int vocabularySize, int bins, int keep) {
    long each =
        bytesOfVectors(dimension) + EvidenceTable.leastBytesPerPrompt(vocabularySize, bins, keep);
    return Math.max(1, SLICE_BYTES / each);
  }

  /**
   * How many slices prompts are joined in, one after another, with one bin.
   *
   * @param keep the most similar windows to keep
   */
  public static long slices(long prompts, int dimension, int vocabularySize, int keep) {
    long size = slice(dimension, vocabularySize, 1, keep);
    return (prompts + size - 1) / size;
  }

  /** The prompts in slices that are broadcast one after another. */
  static List<PromptVectors> slices(PromptVectors prompts, JoinSettings settings) {
    int size =
        (int)
            Math.min(
                prompts.count(),
                slice(
                    prompts.dimension(),
                    settings.vocabularySize(),
                    settings.bins().count(),
                    settings.keep()));
    List<PromptVectors> slices = new ArrayList<>();
    for (int from = 0; from < prompts.count(); from += size) {
      slices.add(prompts.slice(from, Math.min(prompts.count(), from + size)));
    }

    return slices;
  }
}
