/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.locality;

import dev.kindred.table.Tables;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import org.apache.spark.sql.Row;

/**
 * What streams are compared with.
 *
 * @param ofFirstTokens mean of each layer, [L][D], of each of the question's first tokens
 */
public record Means(List<double[][]> ofFirstTokens) implements Serializable {

  /**
   * Reads them.
   *
   * @param rows of {@link Tables#STREAM_MEANS}
   */
  public static Means of(List<Row> rows, LocalityQuestion question) {
    return new Means(
        new ArrayList<>(
            question.firstTokens().stream()
                .map(
                    firstToken ->
                        rows.stream()
                            .filter(
                                row ->
                                    Objects.equals(
                                        row.getAs("first_token"), Protocol.shown(firstToken)))
                            .sorted(Comparator.comparingInt(row -> row.<Integer>getAs("layer")))
                            .map(
                                row ->
                                    row.<Double>getList(row.fieldIndex("mean")).stream()
                                        .mapToDouble(Double::doubleValue)
                                        .toArray())
                            .toArray(double[][]::new))
                .toList()));
  }
}
