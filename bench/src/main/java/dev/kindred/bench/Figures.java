/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.bench;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Everything measured, in order: a table for readers, and one flat JSON object for programs. */
final class Figures {
  private static final MathContext DIGITS = new MathContext(5);

  private final Map<String, String> values = new LinkedHashMap<>();
  private final StringBuilder table = new StringBuilder();

  /** Begins a group of the table. */
  void group(String title) {
    table.append(String.format("%n%s%n", title));
  }

  /** A line of the table that is no figure. */
  void note(String text) {
    table.append(text).append(System.lineSeparator());
  }

  /**
   * Adds a number, to five significant digits.
   *
   * @throws IllegalArgumentException if there is a figure of this key, or the value is not finite
   */
  void number(String key, double value, String unit, String name) {
    if (!Double.isFinite(value)) {
      throw new IllegalArgumentException(key + " is " + value);
    }

    BigDecimal rounded = new BigDecimal(value).round(DIGITS);
    put(key, rounded.toPlainString());
    row(key, String.format(Locale.ROOT, "%,.4g", value), unit, name, rounded);
  }

  /** Adds a fact that holds or not. */
  void flag(String key, boolean value, String name) {
    put(key, Boolean.toString(value));
    table.append(String.format("  %-44s %12s %-10s %s%n", name, value ? "yes" : "NO", "", key));
  }

  private void row(String key, String plain, String unit, String name, BigDecimal rounded) {
    double size = Math.abs(rounded.doubleValue());
    String text =
        size == 0
            ? "0"
            : size >= 1000
                ? String.format(Locale.ROOT, "%,.0f", rounded)
                : size >= 0.001 ? String.format(Locale.ROOT, "%.4g", rounded) : plain;
    table.append(String.format("  %-44s %12s %-10s %s%n", name, text, unit, key));
  }

  private void put(String key, String value) {
    if (values.putIfAbsent(key, value) != null) {
      throw new IllegalArgumentException("two figures with the key " + key);
    }
  }

  /** All groups with names, numbers, units and keys. */
  String table() {
    return table.toString();
  }

  /** An object of numbers and booleans, a line each. */
  String json() {
    return values.entrySet().stream()
        .map(figure -> String.format("  \"%s\": %s", figure.getKey(), figure.getValue()))
        .collect(Collectors.joining(",\n", "{\n", "\n}\n"));
  }
}
