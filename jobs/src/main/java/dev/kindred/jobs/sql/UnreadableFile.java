/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.sql;

import java.util.Locale;
import java.util.Optional;
import org.apache.commons.lang3.exception.ExceptionUtils;
import org.apache.spark.SparkThrowable;

/** A file whose checksum is wrong, or that is no Parquet file any more, as Spark says it. */
public final class UnreadableFile {
  private UnreadableFile() {}

  /** Which file it is, and what to do, in one line; empty if an exception has another cause. */
  public static Optional<String> message(Throwable thrown) {
    return ExceptionUtils.getThrowableList(thrown).stream()
        .filter(SparkThrowable.class::isInstance)
        .map(SparkThrowable.class::cast)
        .filter(cause -> String.valueOf(cause.getCondition()).startsWith("FAILED_READ_FILE"))
        .map(
            cause ->
                String.format(
                    Locale.ROOT,
                    "file %s cannot be read: %s; if it is the warehouse's, remove its folder and"
                        + " run again",
                    cause.getMessageParameters().get("path"),
                    firstLine(ExceptionUtils.getRootCause(thrown).getMessage())))
        .findFirst();
  }

  private static String firstLine(String message) {
    return String.valueOf(message).lines().findFirst().orElse("");
  }
}
