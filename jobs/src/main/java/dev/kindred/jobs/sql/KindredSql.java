/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.sql;

import dev.kindred.InvalidInput;
import dev.kindred.sql.KindredCatalog;
import dev.kindred.table.Table;
import dev.kindred.table.Tables;
import java.util.Locale;
import java.util.Optional;
import org.apache.spark.SparkThrowable;
import org.apache.spark.sql.SparkSession;

/**
 * A Spark session in which a warehouse is the catalog, and what is wrong with a statement there.
 */
final class KindredSql {
  private static final String CATALOG = "kindred";

  private KindredSql() {}

  /** Makes a warehouse the default catalog of a session. */
  static void use(SparkSession spark, String warehouse) {
    // A query's error is said in one line; the tasks' stack traces would hide it.
    spark.sparkContext().setLogLevel("FATAL");
    spark.conf().set("spark.sql.catalog." + CATALOG, KindredCatalog.class.getName());
    spark.conf().set("spark.sql.catalog." + CATALOG + ".warehouse", warehouse);
    spark.conf().set("spark.sql.defaultCatalog", CATALOG);
  }

  /** What is wrong with a statement, in one line; empty if something is wrong with the program. */
  static Optional<String> explain(Exception thrown) {
    InvalidInput invalid = InvalidInput.findIn(thrown);
    if (invalid != null) {
      return Optional.of(firstLine(invalid));
    }

    Optional<String> unreadable = UnreadableFile.message(thrown);
    if (unreadable.isPresent()) {
      return unreadable;
    }

    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      if (cause instanceof SparkThrowable missing
          && "TABLE_OR_VIEW_NOT_FOUND".equals(missing.getCondition())) {
        return Optional.of(tableNotFound(missing.getMessageParameters().get("relationName")));
      }

      if (cause instanceof SparkThrowable explained && explained.getCondition() != null
          || cause instanceof UnsupportedOperationException) {
        return Optional.of(firstLine(cause));
      }
    }

    return Optional.empty();
  }

  private static String tableNotFound(String quotedName) {
    String name = quotedName.replace("`", "");
    String last = name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    return "there is no table "
        + name
        + NearestName.of(last, Tables.ALL.stream().map(Table::name).toList())
            .map(nearest -> "; did you mean " + nearest + "?")
            .orElse("; show tables lists those there are");
  }

  private static String firstLine(Throwable thrown) {
    return String.valueOf(thrown.getMessage())
        .lines()
        .filter(line -> !line.isBlank())
        .findFirst()
        .orElse(thrown.getClass().getSimpleName());
  }
}
