/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.sql;

import dev.kindred.InvalidInput;
import dev.kindred.table.Part;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.hadoop.ParquetInputFormat;
import org.apache.parquet.hadoop.ParquetReader;
import org.apache.parquet.hadoop.example.GroupReadSupport;

/** The vocabularies of corpora, read once each: a corpus never changes under its id. */
final class Vocabularies {
  private final Map<String, Map<Integer, String>> ofCorpora = new ConcurrentHashMap<>();

  /**
   * Texts of a corpus's tokens, by token id.
   *
   * @throws InvalidInput if the warehouse does not have them
   */
  Map<Integer, String> of(Warehouse warehouse, String corpusId) {
    return ofCorpora.computeIfAbsent(corpusId, corpus -> read(warehouse, corpus));
  }

  /**
   * Reads the vocabulary without a Spark job: functions are looked up in the middle of the analysis
   * of a query.
   */
  private static Map<Integer, String> read(Warehouse warehouse, String corpusId) {
    Part tokens = warehouse.part(Tables.TOKENS, corpusId);
    if (!tokens.isComplete()) {
      throw new InvalidInput(
          "%s: there is no table tokens of corpus %s in %s",
          TokenTextFunction.NAME, corpusId, warehouse.root());
    }

    Map<Integer, String> texts = new HashMap<>();
    for (Path file : tokens.index().checkedFiles()) {
      addAll(file, warehouse, texts);
    }

    return texts;
  }

  private static void addAll(Path file, Warehouse warehouse, Map<Integer, String> texts) {
    Configuration hadoop = new Configuration(warehouse.fileSystem().getConf());
    hadoop.setBoolean(ParquetInputFormat.PAGE_VERIFY_CHECKSUM_ENABLED, true);
    try (ParquetReader<Group> rows =
        ParquetReader.builder(new GroupReadSupport(), file).withConf(hadoop).build()) {
      for (Group row = rows.read(); row != null; row = rows.read()) {
        texts.put(row.getInteger("token_id", 0), row.getString("text", 0));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
