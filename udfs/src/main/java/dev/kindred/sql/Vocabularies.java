/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.sql;

import dev.kindred.InvalidInput;
import dev.kindred.table.Part;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

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

  private static Map<Integer, String> read(Warehouse warehouse, String corpusId) {
    Part tokens = warehouse.part(Tables.TOKENS, corpusId);
    if (!tokens.isComplete()) {
      throw new InvalidInput(
          "%s: there is no table tokens of corpus %s in %s",
          TokenTextFunction.NAME, corpusId, warehouse.root());
    }

    Map<Integer, String> texts = new HashMap<>();
    StoredRows.read(
        warehouse,
        tokens,
        row -> texts.put(row.getInteger("token_id", 0), row.getString("text", 0)));
    return texts;
  }
}
