/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.activation;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.expr;

import dev.kindred.model.PrefixTree;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;

/**
 * Cuts token sequences into the batches that the model evaluates, each of them neighbours in
 * lexicographic order, so that they share prefixes.
 *
 * <p>A batch is the sequences of one range of places in that order, and partitions are whole
 * batches. The model therefore always sees the same batches, and its numbers do not depend on
 * partitions or cores (with one engine thread a task).
 */
public final class TreeBatches {
  private TreeBatches() {}

  /**
   * Ranks sequences and brings each batch into one partition. Runs a job that sorts them and counts
   * the sorted partitions.
   *
   * @param sequences columns id (bigint, distinct) and tokenIds
   * @param batchSize sequences in a batch; the last may have fewer
   * @param partitions tasks to cut the work into; there are never more than batches
   * @return in partitions of whole batches, by rank
   */
  public static Dataset<Sequence> cut(Dataset<Row> sequences, int batchSize, int partitions) {
    JavaRDD<Sequence> sorted =
        sequences
            .withColumn("rank", expr("0L"))
            .sort(col("tokenIds"), col("id"))
            .as(Encoders.bean(Sequence.class))
            .javaRDD();
    List<Long> sizes =
        sorted.mapPartitions(partition -> List.of(count(partition)).iterator()).collect();
    long[] starts = new long[sizes.size()];
    long total = 0;
    for (int i = 0; i < starts.length; i++) {
      starts[i] = total;
      total += sizes.get(i);
    }

    long batches = Math.max(1, (total + batchSize - 1) / batchSize);
    int tasks = (int) Math.min(partitions, batches);
    Column task =
        expr(String.format(Locale.ROOT, "int(rank div %d * %d div %d)", batchSize, tasks, batches));
    return sequences
        .sparkSession()
        .createDataset(
            sorted
                .mapPartitionsWithIndex((i, partition) -> ranked(partition, starts[i]), true)
                .rdd(),
            Encoders.bean(Sequence.class))
        .repartitionById(tasks, task)
        .sortWithinPartitions("rank");
  }

  private static long count(Iterator<Sequence> partition) {
    long count = 0;
    while (partition.hasNext()) {
      partition.next();
      count++;
    }

    return count;
  }

  private static Iterator<Sequence> ranked(Iterator<Sequence> partition, long first) {
    return new Iterator<>() {
      private long rank = first;

      @Override
      public boolean hasNext() {
        return partition.hasNext();
      }

      @Override
      public Sequence next() {
        Sequence sequence = partition.next();
        sequence.rank = rank++;
        return sequence;
      }
    };
  }

  /** The batches of a partition that {@link #cut} has made, in order. */
  public static Iterator<List<Sequence>> batches(Iterator<Sequence> partition, int batchSize) {
    return new Iterator<>() {
      private Sequence ahead = partition.hasNext() ? partition.next() : null;

      @Override
      public boolean hasNext() {
        return ahead != null;
      }

      @Override
      public List<Sequence> next() {
        List<Sequence> batch = new ArrayList<>(batchSize);
        long number = ahead.rank / batchSize;
        while (ahead != null && ahead.rank / batchSize == number) {
          batch.add(ahead);
          ahead = partition.hasNext() ? partition.next() : null;
        }

        return batch;
      }
    };
  }

  /** The distinct prefixes of a batch. */
  public static PrefixTree tree(List<Sequence> batch) {
    return PrefixTree.of(batch.stream().map(Sequence::getTokenIds).toArray(int[][]::new));
  }

  /** A token sequence to evaluate. A bean for Spark's encoder. */
  public static final class Sequence implements Serializable {
    private static final long serialVersionUID = 1L;

    private long id;
    private long rank; // place in lexicographic order, from 0
    private int[] tokenIds;

    public long getId() {
      return id;
    }

    public void setId(long id) {
      this.id = id;
    }

    public long getRank() {
      return rank;
    }

    public void setRank(long rank) {
      this.rank = rank;
    }

    public int[] getTokenIds() {
      return tokenIds;
    }

    public void setTokenIds(int[] tokenIds) {
      this.tokenIds = tokenIds;
    }
  }
}
