/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** What token ids stand for, so that queries can show them. */
public final class Tokens {
  private Tokens() {}

  /**
   * A tokenizer's vocabulary.
   *
   * @return rows with the file columns of {@link Tables#TOKENS}, by id
   */
  public static Dataset<Row> of(SparkSession spark, String tokenizerJson) {
    Tokenizer tokenizer = Tokenizer.of(tokenizerJson);
    List<Row> rows = new ArrayList<>();
    for (int id = 0; id < tokenizer.vocabularySize(); id++) {
      rows.add(Tables.TOKENS.row(id, tokenizer.text(id)));
    }

    return Tables.TOKENS.rows(spark, rows);
  }
}
