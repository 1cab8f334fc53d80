/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which packages may know which, as the table of floors in {@code docs/architecture.md} says: a row
 * stands on the rows below it, and within a row what an arrow leads to stands on what it comes
 * from. Packages with a comma between them do not know each other.
 */
public final class PackageOrder {
  private static final String ROOT = "dev.kindred";
  private static final Pattern ROW = Pattern.compile("(?m)^\\|[^|\n]*\\|([^|\n]*)\\|[^|\n]*\\|$");
  private static final Pattern NAME = Pattern.compile("`([a-z.]+)`");

  /** Floors by qualified names of packages, the ground being the least. */
  private final SortedMap<String, Integer> floors = new TreeMap<>();

  private PackageOrder() {}

  /** Reads the page. */
  public static PackageOrder ofPage() {
    try {
      return of(
          Files.readString(Path.of(System.getProperty("kindred.home"), "docs", "architecture.md")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Takes the order from the page's text. */
  static PackageOrder of(String page) {
    String section = page.substring(page.indexOf("\n## Floors\n") + 1);
    Matcher row = ROW.matcher(section.substring(0, section.indexOf("\n## ")));
    PackageOrder order = new PackageOrder();
    int top = 0;
    while (row.find()) {
      String[] steps = row.group(1).split("->");
      for (int i = 0; i < steps.length; i++) {
        Matcher name = NAME.matcher(steps[i]);
        while (name.find()) {
          order.floors.put(
              name.group(1).equals(ROOT) ? ROOT : ROOT + "." + name.group(1),
              top - steps.length + i);
        }
      }

      top -= steps.length;
    }

    return order;
  }

  /** All packages that have a floor. */
  public SortedSet<String> packages() {
    return new TreeSet<>(floors.keySet());
  }

  /** Who knows a class of a package that does not stand below, one line each. */
  public List<String> upwards(SourceGraph graph) {
    List<String> upwards = new ArrayList<>();
    graph
        .known()
        .forEach(
            (file, others) -> {
              String from = graph.packageOf(file);
              for (String other : others) {
                String to = graph.packageOf(other);
                if (!to.equals(from) && floor(to) >= floor(from)) {
                  upwards.add(file + " knows " + other);
                }
              }
            });
    return upwards;
  }

  private int floor(String name) {
    if (!floors.containsKey(name)) {
      throw new IllegalArgumentException("no floor for the package " + name);
    }

    return floors.get(name);
  }
}
