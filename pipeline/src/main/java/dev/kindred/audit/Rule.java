/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.audit;

import dev.kindred.table.Table;
import dev.kindred.table.Tables;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Something that must be true of a run's tables, with a query for what is wrong.
 *
 * @param table what is wrong if the query finds rows
 * @param expected what should be, for people
 * @param fault of a rule on single rows, the condition that a row is wrong; else empty
 * @param sql columns that say where something is wrong, and {@code found}, over tables by their
 *     names
 */
record Rule(Table table, String expected, String fault, String sql) {
  private static final Pattern PARAMETER = Pattern.compile(":([a-z_]+)");
  private static final Pattern STATED =
      Pattern.compile("((?:^-- [^\n]+\n)++)(?!\n)(.+?);$", Pattern.MULTILINE | Pattern.DOTALL);
  private static final Pattern FROM =
      Pattern.compile(
          Tables.ALL.stream()
              .map(Table::name)
              .collect(Collectors.joining("|", "\\b(from|join) (", ")\\b")));

  /** Parentheses, what compares in group 1, and what joins comparisons. */
  private static final Pattern TOKEN =
      Pattern.compile("[()]| (between|in|<=>|<=|>=|=|<|>) | (?:or|and|is) ");

  /** What tells rows of a table apart, beside its first column. */
  private static final List<String> PLACES = List.of("prompt_id", "block");

  /**
   * The rules of {@code rules.sql}, which are between tables.
   *
   * @param parameters values in SQL by name
   */
  static List<Rule> betweenTables(Map<String, String> parameters) {
    try (InputStream file = Rule.class.getResourceAsStream("rules.sql")) {
      List<Rule> rules = new ArrayList<>();
      for (MatchResult rule :
          STATED
              .matcher(new String(file.readAllBytes(), StandardCharsets.UTF_8))
              .results()
              .toList()) {
        String[] title = rule.group(1).replace("-- ", "").replace('\n', ' ').strip().split(": ", 2);
        rules.add(
            new Rule(
                Tables.find(title[0]).orElseThrow(),
                title[1],
                "",
                given(rule.group(2), parameters)));
      }

      return rules;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The rules on single rows of a table: its checks, and values in every column that must have
   * them.
   *
   * @param columns those that can be looked at
   * @param parameters values in SQL by name
   */
  static List<Rule> onRows(Table table, List<String> columns, Map<String, String> parameters) {
    List<Rule> rules = new ArrayList<>();
    for (String check : table.checks()) {
      String condition = given(check, parameters);
      rules.add(
          onRow(
              table,
              columns,
              condition,
              "(" + condition + ") is not true",
              compared(condition, columns)));
    }

    String isNull =
        Arrays.stream(table.columns().fields())
            .filter(column -> !column.nullable() && columns.contains(column.name()))
            .filter(column -> !table.partitionColumns().contains(column.name()))
            .map(column -> column.name() + " is null")
            .collect(Collectors.joining(" or "));
    rules.add(onRow(table, columns, "no column without a value", isNull, "'NULL'"));
    return rules;
  }

  private static Rule onRow(
      Table table, List<String> columns, String expected, String fault, String found) {
    Stream<String> first = Stream.of(table.fileColumns().fieldNames()[0]);
    String places =
        Stream.concat(PLACES.stream().filter(columns::contains), first)
            .distinct()
            .limit(2)
            .collect(Collectors.joining(", "));
    String sql =
        String.format(
            Locale.ROOT,
            "select %s, %s as found from %s where %s",
            places,
            found,
            table.name(),
            fault);
    return new Rule(table, expected, fault, sql);
  }

  /** The side of a condition that it compares with something, else the columns that it names. */
  private static String compared(String condition, List<String> columns) {
    int depth = 0;
    for (MatchResult token : TOKEN.matcher(condition).results().toList()) {
      if (token.group().equals("(")) {
        depth++;
      } else if (token.group().equals(")")) {
        depth--;
      } else if (depth == 0 && token.group(1) == null) {
        break;
      } else if (depth == 0) {
        return condition.substring(0, token.start());
      }
    }

    String named =
        columns.stream()
            .filter(column -> Pattern.compile("\\b" + column + "\\b").matcher(condition).find())
            .collect(Collectors.joining(", "));
    return "string(" + (named.contains(",") ? "struct(" + named + ")" : named) + ")";
  }

  /** The query in one line that can be given to Kindred's SQL shell. */
  String toPaste(String runId) {
    return FROM.matcher(sql.replaceAll("--.*", ""))
        .replaceAll("$1 kindred.`" + Matcher.quoteReplacement(runId) + "`.$2")
        .replaceAll("\\s+", " ")
        .strip();
  }

  static String given(String sql, Map<String, String> parameters) {
    return PARAMETER
        .matcher(sql)
        .replaceAll(
            found ->
                Matcher.quoteReplacement(
                    Optional.ofNullable(parameters.get(found.group(1)))
                        .orElseThrow(
                            () -> new IllegalArgumentException("Missing parameter in " + sql))));
  }
}
