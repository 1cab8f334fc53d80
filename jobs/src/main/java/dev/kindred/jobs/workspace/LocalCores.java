/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.workspace;

import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.SparkConf;

/** How many cores a command uses that computes in its own process, where Spark would, too. */
public final class LocalCores {
  private static final Pattern LOCAL = Pattern.compile("local(?:\\[(\\*|\\d+).*\\])?");

  private LocalCores() {}

  /**
   * Reads {@code spark.master}: {@code local[*]}, {@code local[4]}.
   *
   * @return none where another master was asked for, whose executors are to compute
   */
  public static OptionalInt of(SparkConf conf) {
    Matcher master = LOCAL.matcher(conf.get("spark.master", "local[*]"));
    if (!master.matches()) {
      return OptionalInt.empty();
    }

    String cores = master.group(1) == null ? "1" : master.group(1);
    return OptionalInt.of(
        cores.equals("*")
            ? Runtime.getRuntime().availableProcessors()
            : Math.max(1, Integer.parseInt(cores)));
  }
}
