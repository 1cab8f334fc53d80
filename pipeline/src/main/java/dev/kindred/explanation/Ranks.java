/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.explanation;

import dev.kindred.table.Tables;
import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** The distances of a run's prompts, to see where one stands among them. */
public final class Ranks implements Serializable {
  private static final long serialVersionUID = 1L;

  private final double[] compatible; // ascending
  private final double[] leaveOneOut; // ascending

  private Ranks(double[] compatible, double[] leaveOneOut) {
    this.compatible = compatible;
    this.leaveOneOut = leaveOneOut;
  }

  /** Returns the ranks of no run: every rank is null. */
  public static Ranks none() {
    return new Ranks(new double[0], new double[0]);
  }

  /**
   * Collects to the driver: rows at first, of which 16 bytes a prompt stay.
   *
   * @param distances rows of {@link Tables#DISTANCES} of one run
   */
  public static Ranks collect(Dataset<Row> distances) {
    List<Row> rows = distances.select("hellinger", "hellinger_leave_one_out").collectAsList();
    return new Ranks(
        rows.stream().mapToDouble(row -> row.getDouble(0)).sorted().toArray(),
        rows.stream().mapToDouble(row -> row.getDouble(1)).sorted().toArray());
  }

  /**
   * The ranks of distances in memory.
   *
   * @param compatible as in {@link Tables#DISTANCES}, in any order
   * @param leaveOneOut as many
   */
  public static Ranks of(double[] compatible, double[] leaveOneOut) {
    return new Ranks(
        Arrays.stream(compatible).sorted().toArray(),
        Arrays.stream(leaveOneOut).sorted().toArray());
  }

  /** How many prompts the run has. */
  public int prompts() {
    return compatible.length;
  }

  Distance compatible(double hellinger) {
    return new Distance(hellinger, closer(compatible, hellinger));
  }

  Distance leaveOneOut(double hellinger) {
    return new Distance(hellinger, closer(leaveOneOut, hellinger));
  }

  /** The share of distances below one; null if there are none at all. */
  private static Double closer(double[] ascending, double distance) {
    if (ascending.length == 0) {
      return null;
    }

    int place = Arrays.binarySearch(ascending, distance);
    int first = place < 0 ? -place - 1 : place;
    while (first > 0 && ascending[first - 1] == distance) {
      first--;
    }

    return (double) first / ascending.length;
  }
}
