/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.subspace;

import static org.apache.spark.sql.functions.col;

import dev.kindred.subspace.LearnedEmbeddings.LearnedEmbedding;
import dev.kindred.table.Tables;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.spark.api.java.function.FlatMapGroupsFunction;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;

/** The subspace of each token, in which its learned embeddings lie. */
public final class Subspaces {
  /** Directions that are kept unless someone says otherwise. */
  public static final int RANKS = 10;

  private Subspaces() {}

  /**
   * A token's subspace.
   *
   * @param converged whether all of its embeddings did
   */
  public record OfToken(int tokenId, Subspace subspace, boolean converged) {}

  /**
   * Decomposes learned embeddings.
   *
   * @param embeddings rows of {@link Tables#LEARNED_EMBEDDINGS} with one model, stage and recipe
   * @param ranks directions kept of each token, at most
   * @return rows with the file columns of {@link Tables#SUBSPACES}, in no order
   */
  public static Dataset<Row> of(Dataset<Row> embeddings, int ranks) {
    return embeddings
        .select(
            col("token_id").as("tokenId"),
            col("restart"),
            col("embedding"),
            col("nats"),
            col("steps"),
            col("converged"))
        .as(Encoders.bean(LearnedEmbedding.class))
        .groupByKey(
            (MapFunction<LearnedEmbedding, Integer>) LearnedEmbedding::getTokenId, Encoders.INT())
        .flatMapGroups(new Decompose(ranks), Encoders.row(Tables.SUBSPACES.fileColumns()));
  }

  private static final class Decompose
      implements FlatMapGroupsFunction<Integer, LearnedEmbedding, Row> {
    private static final long serialVersionUID = 1L;

    private final int ranks;

    private Decompose(int ranks) {
      this.ranks = ranks;
    }

    @Override
    public Iterator<Row> call(Integer tokenId, Iterator<LearnedEmbedding> rows) {
      List<LearnedEmbedding> embeddings = new ArrayList<>();
      rows.forEachRemaining(embeddings::add);
      // Sums of floating-point numbers depend on their order, which a shuffle does not keep.
      embeddings.sort(Comparator.comparingInt(LearnedEmbedding::getRestart));
      Subspace subspace =
          Subspace.of(
              embeddings.stream().map(LearnedEmbedding::getEmbedding).toArray(float[][]::new),
              ranks);
      boolean converged = embeddings.stream().allMatch(LearnedEmbedding::isConverged);
      return IntStream.range(0, subspace.ranks())
          .mapToObj(
              rank ->
                  RowFactory.create(
                      tokenId,
                      rank + 1,
                      subspace.singularValues()[rank],
                      subspace.directions()[rank],
                      subspace.positiveShares()[rank],
                      converged))
          .iterator();
    }
  }

  /**
   * Brings subspaces to the driver.
   *
   * @param rows of {@link Tables#SUBSPACES} with one model, stage and recipe
   * @param ranks directions of each token, at most
   * @return by token id
   */
  public static SortedMap<Integer, OfToken> collect(Dataset<Row> rows, int ranks) {
    SortedMap<Integer, List<Rank>> byToken = new TreeMap<>();
    for (Rank rank :
        rows.where(col("rank").leq(ranks))
            .select(
                col("token_id").as("tokenId"),
                col("rank"),
                col("singular_value").as("singularValue"),
                col("direction"),
                col("positive_share").as("positiveShare"),
                col("converged"))
            .as(Encoders.bean(Rank.class))
            .collectAsList()) {
      byToken.computeIfAbsent(rank.getTokenId(), token -> new ArrayList<>()).add(rank);
    }

    SortedMap<Integer, OfToken> subspaces = new TreeMap<>();
    byToken.forEach((token, ofToken) -> subspaces.put(token, subspace(token, ofToken)));
    return subspaces;
  }

  private static OfToken subspace(int tokenId, List<Rank> ranks) {
    ranks.sort(Comparator.comparingInt(Rank::getRank));
    return new OfToken(
        tokenId,
        new Subspace(
            ranks.stream().mapToDouble(Rank::getSingularValue).toArray(),
            ranks.stream().map(Rank::getDirection).toArray(float[][]::new),
            ranks.stream().mapToDouble(Rank::getPositiveShare).toArray()),
        ranks.get(0).isConverged());
  }

  /**
   * A token's subspace without its directions.
   *
   * @param singularValues descending
   * @param positiveShare of the first direction
   * @param converged whether all of its embeddings did
   */
  public record Spectrum(
      int tokenId, double[] singularValues, double positiveShare, boolean converged) {}

  /**
   * Brings what there is beside directions to the driver.
   *
   * @param rows of {@link Tables#SUBSPACES} with one model, stage and recipe
   * @return one a token, by token id
   */
  public static List<Spectrum> spectra(Dataset<Row> rows) {
    SortedMap<Integer, List<Row>> byToken = new TreeMap<>();
    for (Row row :
        rows.select("token_id", "rank", "singular_value", "positive_share", "converged")
            .collectAsList()) {
      byToken.computeIfAbsent(row.getInt(0), token -> new ArrayList<>()).add(row);
    }

    List<Spectrum> spectra = new ArrayList<>();
    byToken.forEach(
        (token, ranks) -> {
          ranks.sort(Comparator.comparingInt(row -> row.getInt(1)));
          spectra.add(
              new Spectrum(
                  token,
                  ranks.stream().mapToDouble(row -> row.getDouble(2)).toArray(),
                  ranks.get(0).getDouble(3),
                  ranks.get(0).getBoolean(4)));
        });
    return spectra;
  }

  /** A row. A bean for Spark's encoder, which does not box a direction's components. */
  public static final class Rank implements Serializable {
    private static final long serialVersionUID = 1L;

    private int tokenId;
    private int rank;
    private double singularValue;
    private float[] direction;
    private double positiveShare;
    private boolean converged;

    public int getTokenId() {
      return tokenId;
    }

    public void setTokenId(int tokenId) {
      this.tokenId = tokenId;
    }

    public int getRank() {
      return rank;
    }

    public void setRank(int rank) {
      this.rank = rank;
    }

    public double getSingularValue() {
      return singularValue;
    }

    public void setSingularValue(double singularValue) {
      this.singularValue = singularValue;
    }

    public float[] getDirection() {
      return direction;
    }

    public void setDirection(float[] direction) {
      this.direction = direction;
    }

    public double getPositiveShare() {
      return positiveShare;
    }

    public void setPositiveShare(double positiveShare) {
      this.positiveShare = positiveShare;
    }

    public boolean isConverged() {
      return converged;
    }

    public void setConverged(boolean converged) {
      this.converged = converged;
    }
  }
}
