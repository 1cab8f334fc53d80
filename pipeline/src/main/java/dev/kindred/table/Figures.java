/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * The figures that a run or an analysis comes to: the rows of {@link Tables#SUMMARIES}. Each is a
 * statistic of a {@link Measure}: {@code mean}, {@code std} (the sample standard deviation), {@code
 * min}, {@code max}, {@code ci95_low} and {@code ci95_high} of values over prompts, or what else
 * the measure says.
 */
public final class Figures {
  private final Map<Measure, Map<String, Double>> values = new LinkedHashMap<>();

  /**
   * What figures are of.
   *
   * @param slice the prompts that count; null for all
   * @param series what was measured: {@code similar_strings}, a baseline, {@code noise_floor}
   * @param protocol {@code compatible}, with a prompt's own window among the evidence, or {@code
   *     honest}, without it; null where there is no such difference
   * @param block transformer block, from 0; null for none
   * @param quantity what is measured: {@code hellinger}
   */
  public record Measure(
      String slice, String series, String protocol, Integer block, String quantity) {

    /** Returns what is measured of a series, over all prompts and no block. */
    public static Measure of(String series, String quantity) {
      return new Measure(null, series, null, null, quantity);
    }

    public Measure compatible() {
      return new Measure(slice, series, "compatible", block, quantity);
    }

    public Measure honest() {
      return new Measure(slice, series, "honest", block, quantity);
    }

    /** Returns the same of some prompts; null for all. */
    public Measure in(String otherSlice) {
      return new Measure(otherSlice, series, protocol, block, quantity);
    }

    /** Returns the same of one block. */
    public Measure block(int otherBlock) {
      return new Measure(slice, series, protocol, otherBlock, quantity);
    }
  }

  /** Reads rows of {@link Tables#SUMMARIES}, in which every figure is once. */
  public static Figures of(Dataset<Row> summaries) {
    Figures figures = new Figures();
    for (Row row :
        summaries
            .select("slice", "series", "protocol", "block", "quantity", "statistic", "value")
            .collectAsList()) {
      figures.put(
          new Measure(
              row.getString(0),
              row.getString(1),
              row.getString(2),
              row.isNullAt(3) ? null : row.getInt(3),
              row.getString(4)),
          row.getString(5),
          row.getDouble(6));
    }

    return figures;
  }

  /** Reads a part of {@link Tables#SUMMARIES} in this process. */
  public static Figures here(Part summaries) {
    LocalColumns read =
        LocalColumns.read(
            summaries, "slice", "series", "protocol", "block", "quantity", "statistic", "value");
    Figures figures = new Figures();
    for (int row = 0; row < read.rows(); row++) {
      figures.put(
          new Measure(
              read.text("slice", row),
              read.text("series", row),
              read.text("protocol", row),
              read.isNull("block", row)
                  ? null
                  : (Integer) read.ints("block")[read.starts("block")[row]],
              read.text("quantity", row)),
          read.text("statistic", row),
          read.doubles("value")[row]);
    }

    return figures;
  }

  /** Returns rows with the file columns of {@link Tables#SUMMARIES}, in one file. */
  public Dataset<Row> rows(SparkSession spark) {
    List<Row> rows = new ArrayList<>();
    values.forEach(
        (measure, statistics) ->
            statistics.forEach(
                (statistic, value) ->
                    rows.add(
                        Tables.SUMMARIES.row(
                            measure.series(),
                            measure.protocol(),
                            measure.slice(),
                            measure.block(),
                            measure.quantity(),
                            statistic,
                            value))));
    return Tables.SUMMARIES.rows(spark, rows).coalesce(1);
  }

  /** Adds a figure, or replaces it. */
  public Figures put(Measure measure, String statistic, double value) {
    values.computeIfAbsent(measure, first -> new LinkedHashMap<>()).put(statistic, value);
    return this;
  }

  /** Adds other figures. */
  public Figures putAll(Figures others) {
    others.values.forEach(
        (measure, statistics) ->
            values.computeIfAbsent(measure, first -> new LinkedHashMap<>()).putAll(statistics));
    return this;
  }

  /** Adds mean, std, min and max of values, which are summed in their order. */
  public Figures describe(Measure measure, double[] of) {
    double total = 0;
    double min = Double.POSITIVE_INFINITY;
    double max = Double.NEGATIVE_INFINITY;
    for (double value : of) {
      total += value;
      min = Math.min(min, value);
      max = Math.max(max, value);
    }

    double mean = total / of.length;
    double squares = 0;
    for (double value : of) {
      squares += (value - mean) * (value - mean);
    }

    return put(measure, "mean", mean)
        .put(measure, "std", of.length > 1 ? Math.sqrt(squares / (of.length - 1)) : 0)
        .put(measure, "min", min)
        .put(measure, "max", max);
  }

  /** Whether there is a figure. */
  public boolean has(Measure measure, String statistic) {
    return values.getOrDefault(measure, Map.of()).containsKey(statistic);
  }

  /**
   * Returns a figure.
   *
   * @throws IllegalArgumentException if there is none
   */
  public double get(Measure measure, String statistic) {
    if (!has(measure, statistic)) {
      throw new IllegalArgumentException("No figure: " + statistic + " of " + measure);
    }

    return values.get(measure).get(statistic);
  }

  /** Returns a figure, or another number if there is none. */
  public double get(Measure measure, String statistic, double otherwise) {
    return has(measure, statistic) ? get(measure, statistic) : otherwise;
  }

  /** Returns what there are figures of. */
  public Set<Measure> measures() {
    return values.keySet();
  }

  /** Returns the statistics of a measure. */
  public Set<String> statistics(Measure measure) {
    return values.getOrDefault(measure, Map.of()).keySet();
  }

  public boolean isEmpty() {
    return values.isEmpty();
  }
}
