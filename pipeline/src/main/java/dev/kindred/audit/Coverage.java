/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.audit;

import dev.kindred.table.Table;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * That a table has exactly one row for each of what it covers.
 *
 * @param keys columns that tell the rows apart
 * @param whole query for the values that these columns must have
 */
record Coverage(Table table, String keys, String whole) {

  /**
   * That of a table that covers something.
   *
   * @param parameters values in SQL by name
   */
  static Coverage of(Table table, Map<String, String> parameters) {
    String things = table.covers().get(0);
    String key = singular(things) + "_id";
    String keys = key;
    String columns = key;
    for (String other : table.covers().subList(1, table.covers().size())) {
      String column = other.equals("blocks") ? "block" : singular(other) + "_id";
      String values = other.equals("blocks") ? "sequence(0, :blocks - 1)" : ":" + other;
      keys += ", " + column;
      columns += String.format(Locale.ROOT, ", explode(%s) as %s", values, column);
    }

    return new Coverage(
        table, keys, Rule.given("select " + columns + " from " + things, parameters));
  }

  private static String singular(String things) {
    return things.substring(0, things.length() - 1);
  }

  /**
   * Columns that are equal for equal sets of rows: their number and sums of hashes, so that nothing
   * has to be sorted or joined.
   */
  static final String DIGEST =
      "array(count(*), sum(shiftrightunsigned(hash, 33)), sum(hash & 2147483647))";

  /** What is covered, for people. */
  String things() {
    return "all of " + String.join(" x ", table.covers());
  }

  /** Of the keys. */
  String hash() {
    return "xxhash64(" + keys + ")";
  }

  Rule rule() {
    String expected =
        table.covers().stream()
            .map(Coverage::singular)
            .collect(Collectors.joining(" and ", "one row for every ", ""));
    return new Rule(
        table,
        expected,
        "",
        String.format(
            Locale.ROOT,
            """
            select %1$s, sum(found) as found
            from (
              select *, 0 as found, 1 as expected from (%2$s)
              union all
              select %1$s, 1, 0 from %3$s)
            group by %1$s
            having sum(found) <> 1 or sum(expected) <> 1""",
            keys,
            whole,
            table.name()));
  }
}
