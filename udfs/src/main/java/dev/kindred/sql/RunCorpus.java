/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.sql;

import dev.kindred.InvalidInput;
import dev.kindred.corpus.TokenIndex;
import dev.kindred.corpus.Tokenizer;
import dev.kindred.explanation.CorpusPlaces;
import dev.kindred.table.Warehouse;
import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.spark.util.SerializableConfiguration;

/**
 * The text of a run's corpus, in which other texts are looked for. It is read and indexed when a
 * function first needs it, by each process that runs the function: 8 bytes a token.
 *
 * @param warehouse URI of its folder
 * @param kept what is kept of its text; null for nothing
 * @param windowLength tokens of a window
 */
record RunCorpus(
    String warehouse,
    String runId,
    String corpusId,
    String kept,
    int windowLength,
    RunModel model,
    SerializableConfiguration hadoop)
    implements Serializable {
  private static final long serialVersionUID = 1L;

  private static final int MOST_INDEXES = 2; // of a process

  /** By what they are of, the one that was used last at the end. */
  private static final Map<String, Index> INDEXES = new LinkedHashMap<>(16, 0.75f, true);

  /** A corpus that is looked into. */
  record Index(TokenIndex tokens, Tokenizer tokenizer) {
    /**
     * Counts a text. What the tokenizer has no tokens for stands nowhere, and nothing at all is no
     * text.
     */
    long count(String text) {
      return tokenizer
          .encodeWhole(text)
          .filter(ids -> ids.length > 0)
          .map(ids -> (long) tokens.find(ids).count())
          .orElse(0L);
    }
  }

  /**
   * Returns what texts are counted in.
   *
   * @param function that asks, for messages
   * @throws InvalidInput if the run has not kept its text, or its model is not there any more
   */
  Index index(String function) {
    if (kept == null) {
      throw new InvalidInput(
          "%s: run %s has not kept the corpus's text; run again with --keep-occurrences 100",
          function, runId);
    }

    String key = warehouse + " " + corpusId + " " + kept;
    synchronized (INDEXES) {
      Index known = INDEXES.get(key);
      if (known == null) {
        known = read(function);
        INDEXES.put(key, known);
        if (INDEXES.size() > MOST_INDEXES) {
          INDEXES.remove(INDEXES.keySet().iterator().next());
        }
      }

      return known;
    }
  }

  private Index read(String function) {
    String tokenizerJson = model.directory(function).tokenizerJson();
    Warehouse from =
        new Warehouse(
            hadoop.value(),
            () -> {
              throw new IllegalStateException("nothing is computed here");
            },
            () -> {},
            warehouse);
    return new Index(
        CorpusPlaces.read(from, corpusId, kept, windowLength, tokenizerJson).index(),
        Tokenizer.of(tokenizerJson));
  }
}
