/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * The scale on which the slices' means are dots, and what the dots show.
 *
 * @param alt what they show, for those who do not see them
 */
record SliceDots(String alt, Chart.Axis axis) {

  /** Returns the scale on which all means and their intervals find room. */
  static SliceDots of(List<SliceRow> slices) {
    double greatest =
        slices.stream()
            .flatMap(row -> Stream.of(row.honest(), row.ngram()))
            .filter(Objects::nonNull)
            .mapToDouble(Comparison.Mean::high)
            .max()
            .orElse(1);
    return new SliceDots(
        String.format(
            Locale.ROOT,
            "Mean honest distances of %d kinds of prompts, with their 95 %% intervals: of similar"
                + " strings%s. The numbers are in the table below.",
            slices.size(),
            slices.stream().anyMatch(row -> row.ngram() != null) ? " and of the n-gram" : ""),
        Chart.Axis.upTo(greatest, "Hellinger distance", value -> Numbers.fixed(value, 2)));
  }

  /** Returns a place across, in percent of the width. */
  String across(double distance) {
    return axis.across(distance);
  }

  /** Returns the places of the axis's ticks. */
  List<String> ticks() {
    return axis.ticks().stream().map(tick -> across(tick.value())).toList();
  }
}
