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
    table.append(String.format(Locale.ROOT, "%n%s%n", title));
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
    put(key, rounded.stripTrailingZeros().toPlainString());
    String format = rounded.signum() == 0 ? "%.0f" : Math.abs(value) >= 1000 ? "%,.0f" : "%.4g";
    row(name, String.format(Locale.ROOT, format, rounded), unit, key);
  }

  /**
   * Adds a whole number, exactly.
   *
   * @throws IllegalArgumentException if there is a figure of this key
   */
  void count(String key, long value, String unit, String name) {
    put(key, Long.toString(value));
    row(name, String.format(Locale.ROOT, "%,d", value), unit, key);
  }

  /**
   * Adds a fact that holds or not.
   *
   * @throws IllegalArgumentException if there is a figure of this key
   */
  void flag(String key, boolean value, String name) {
    put(key, Boolean.toString(value));
    row(name, value ? "yes" : "no", "", key);
  }

  private void row(String name, String value, String unit, String key) {
    table.append(String.format(Locale.ROOT, "  %-44s %12s %-10s %s%n", name, value, unit, key));
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
        .map(
            figure ->
                String.format(Locale.ROOT, "  \"%s\": %s", figure.getKey(), figure.getValue()))
        .collect(Collectors.joining(",\n", "{\n", "\n}\n"));
  }
}
