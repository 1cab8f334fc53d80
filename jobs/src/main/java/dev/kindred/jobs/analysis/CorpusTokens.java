/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.circuit.CircuitQuestion;
import dev.kindred.corpus.Corpus;
import dev.kindred.corpus.CorpusScan;
import dev.kindred.corpus.Windows;
import dev.kindred.model.files.ModelDirectory;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.storage.StorageLevel;

/** The single tokens of a text, counted once for all that ask, as soon as one does. */
final class CorpusTokens implements AutoCloseable {
  private final SparkSession spark;
  private final Corpus corpus;
  private final ModelDirectory model;
  private Dataset<Row> tokens;
  private long[] counts;

  CorpusTokens(SparkSession spark, Corpus corpus, ModelDirectory model) {
    this.spark = spark;
    this.corpus = corpus;
    this.model = model;
  }

  /** The text. */
  Corpus corpus() {
    return corpus;
  }

  /** Returns a row a token: what it counts in the text, and what follows it. */
  Dataset<Row> tokens() {
    if (tokens == null) {
      CorpusScan scan = CorpusScan.scan(corpus, model.tokenizerJson(), 1);
      tokens =
          Windows.extract(spark, corpus, scan, model.tokenizerJson(), 1)
              .persist(StorageLevel.MEMORY_AND_DISK());
    }

    return tokens;
  }

  /** Returns how often each token is in the text, V numbers. */
  long[] counts() {
    if (counts == null) {
      counts = Windows.tokenCounts(tokens(), model.shape().vocabularySize());
    }

    return counts;
  }

  /** Returns the tokens that the text has most often, ascending. */
  int[] mostFrequent(int count) {
    return CircuitQuestion.mostFrequent(counts(), count);
  }

  @Override
  public void close() {
    if (tokens != null) {
      tokens.unpersist();
    }
  }
}
