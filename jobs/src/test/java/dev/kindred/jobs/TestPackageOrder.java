/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Imports point one way: what stands below never knows what stands above. */
class TestPackageOrder {
  /** From the ground up; packages of one floor do not know each other. */
  private static final List<List<String>> FLOORS =
      List.of(
          List.of("workspace"),
          List.of("option", "sql"),
          List.of("report"),
          List.of("run"),
          List.of("plan", "explain", "tune", "train", "expire", "analysis"),
          List.of("command"),
          List.of(""));

  private static final Path SOURCES =
      Path.of(System.getProperty("kindred.home"), "jobs/src/main/java/dev/kindred/jobs");

  private static final Pattern IMPORT =
      Pattern.compile("(?m)^import (?:static )?dev\\.kindred\\.jobs\\.(?:([a-z]+)\\.)?[A-Z]");

  @Test
  void aPackageImportsOnlyWhatStandsBelowIt() throws IOException {
    List<String> upwards = new ArrayList<>();
    try (Stream<Path> files = Files.walk(SOURCES)) {
      for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
        Path folder = SOURCES.relativize(file).getParent();
        String name = folder == null ? "" : folder.toString();
        Matcher imported = IMPORT.matcher(Files.readString(file));
        while (imported.find()) {
          String other = imported.group(1) == null ? "" : imported.group(1);
          if (!other.equals(name) && floor(other) >= floor(name)) {
            upwards.add(SOURCES.relativize(file) + " imports " + other);
          }
        }
      }
    }

    assertThat(upwards).isEmpty();
  }

  @Test
  void everyPackageSaysWhatItIs() throws IOException {
    for (List<String> floor : FLOORS) {
      for (String name : floor) {
        assertThat(SOURCES.resolve(name).resolve("package-info.java")).exists();
      }
    }
  }

  private static int floor(String name) {
    for (int floor = 0; floor < FLOORS.size(); floor++) {
      if (FLOORS.get(floor).contains(name)) {
        return floor;
      }
    }

    throw new IllegalStateException("no floor for the package " + name);
  }
}
