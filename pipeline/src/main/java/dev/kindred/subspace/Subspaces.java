/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.subspace;

import static org.apache.spark.sql.functions.col;

import dev.kindred.table.StoredVectors;
import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.spark.api.java.function.FlatMapGroupsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;

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
    Dataset<Row> columns = embeddings.select("token_id", "restart", "embedding", "converged");
    return columns
        .groupBy("token_id")
        .as(Encoders.INT(), Encoders.row(columns.schema()))
        .flatMapGroups(new Decompose(ranks), Tables.SUBSPACES.encoder());
  }

  private static final class Decompose implements FlatMapGroupsFunction<Integer, Row, Row> {
    private static final long serialVersionUID = 1L;

    private final int ranks;

    private Decompose(int ranks) {
      this.ranks = ranks;
    }

    @Override
    public Iterator<Row> call(Integer tokenId, Iterator<Row> rows) {
      List<Row> embeddings = new ArrayList<>();
      rows.forEachRemaining(embeddings::add);
      // Sums of floating-point numbers depend on their order, which a shuffle does not keep.
      embeddings.sort(Comparator.comparingInt(row -> row.getInt(1)));
      Subspace subspace =
          Subspace.of(
              embeddings.stream().map(row -> StoredVectors.floats(row, 2)).toArray(float[][]::new),
              ranks);
      boolean converged = embeddings.stream().allMatch(row -> row.getBoolean(3));
      return IntStream.range(0, subspace.ranks())
          .mapToObj(
              rank ->
                  Tables.SUBSPACES.row(
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
    SortedMap<Integer, List<Row>> byToken = new TreeMap<>();
    for (Row rank :
        rows.where(col("rank").leq(ranks))
            .select(
                "token_id", "rank", "singular_value", "direction", "positive_share", "converged")
            .collectAsList()) {
      byToken.computeIfAbsent(rank.getInt(0), token -> new ArrayList<>()).add(rank);
    }

    SortedMap<Integer, OfToken> subspaces = new TreeMap<>();
    byToken.forEach((token, ofToken) -> subspaces.put(token, subspace(token, ofToken)));
    return subspaces;
  }

  private static OfToken subspace(int tokenId, List<Row> ranks) {
    ranks.sort(Comparator.comparingInt(row -> row.getInt(1)));
    return new OfToken(
        tokenId,
        new Subspace(
            ranks.stream().mapToDouble(row -> row.getDouble(2)).toArray(),
            ranks.stream().map(row -> StoredVectors.floats(row, 3)).toArray(float[][]::new),
            ranks.stream().mapToDouble(row -> row.getDouble(4)).toArray()),
        ranks.get(0).getBoolean(5));
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
}
