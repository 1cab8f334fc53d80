/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.audit;

import dev.kindred.table.Table;
import dev.kindred.table.Tables;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * That a table has exactly one row for each of what it covers.
 *
 * @param things table of the first of these
 * @param keys columns that tell the rows apart
 * @param whole query in parentheses for the values that these columns must have
 */
record Coverage(Table table, Table things, String keys, String whole) {

  /**
   * What a table covers, if it covers something.
   *
   * @param parameters values in SQL by name
   */
  static Optional<Coverage> of(Table table, Map<String, String> parameters) {
    if (table.covers().isEmpty()) {
      return Optional.empty();
    }

    String things = table.covers().get(0);
    String keys = singular(things) + "_id";
    String columns = keys;
    for (String other : table.covers().subList(1, table.covers().size())) {
      String column = other.equals("blocks") ? "block" : singular(other) + "_id";
      keys += ", " + column;
      columns += String.format(Locale.ROOT, ", explode(:%s) as %s", other, column);
    }

    String whole = Rule.given("(select " + columns + " from " + things + ")", parameters);
    return Optional.of(new Coverage(table, Tables.find(things).orElseThrow(), keys, whole));
  }

  private static String singular(String things) {
    return things.substring(0, things.length() - 1);
  }

  /**
   * What is equal for equal sets of rows, so that nothing has to be sorted or joined: their number
   * and sums of the halves of their hashes.
   *
   * @param keys columns that tell the rows apart; without any, the number alone
   */
  static String digest(String keys) {
    String hash = keys.isEmpty() ? "0L" : "xxhash64(" + keys + ")";
    return String.format(
        Locale.ROOT,
        "array(count(*), sum(shiftrightunsigned(%1$s, 33)), sum(%1$s & 2147483647))",
        hash);
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
              select *, 0 as found, 1 as expected from %2$s
              union all
              select %1$s, 1, 0 from %3$s)
            group by %1$s
            having sum(found) <> 1 or sum(expected) <> 1""",
            keys,
            whole,
            table.name()));
  }
}
