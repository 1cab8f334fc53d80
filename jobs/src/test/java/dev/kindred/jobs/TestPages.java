/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** README, CONTRIBUTING and docs: that one page stays one, and that all links lead somewhere. */
class TestPages {
  private static final Path HOME = Path.of(System.getProperty("kindred.home"));
  private static final int README_LINES = 120;
  private static final List<String> SOURCES =
      List.of(
          "conf",
          "submit-scripts",
          "bench/src",
          "clusters/src",
          "jobs/src",
          "pipeline/src",
          "udfs/src");
  private static final Pattern LINK = Pattern.compile("\\[[^\\]]*]\\(([^)\\s]+)\\)");
  private static final Pattern HEADING = Pattern.compile("(?m)^#{1,6} +(.+)$");
  private static final Pattern CODE = Pattern.compile("(?s)```.*?```|(?m)^ {4}.*$|`[^`\n]+`");
  private static final Pattern FENCED = Pattern.compile("(?s)```.*?```");
  private static final Pattern NAMED_PAGE =
      Pattern.compile("(?<![\\w/.-])docs/[\\w/-]+\\.(?:md|png)(?:#[\\w-]+)?");

  @Test
  void theReadmeIsOnePage() throws IOException {
    assertThat(Files.readAllLines(HOME.resolve("README.md")))
        .hasSizeLessThanOrEqualTo(README_LINES);
  }

  @Test
  void everyLinkLeadsSomewhere() throws IOException {
    List<String> broken = new ArrayList<>();
    for (Path page : pages()) {
      String text = CODE.matcher(Files.readString(page)).replaceAll("");
      for (MatchResult link : LINK.matcher(text).results().toList()) {
        String target = link.group(1);
        if (!target.matches("[a-z]+:.*") && !leadsSomewhere(page, target)) {
          broken.add(HOME.relativize(page) + ": " + target);
        }
      }
    }

    assertThat(broken).isEmpty();
  }

  @Test
  void everyPageIsInTheIndex() throws IOException {
    String index =
        Files.readString(HOME.resolve("docs/README.md"))
            + Files.readString(HOME.resolve("docs/analyses/README.md"));

    for (Path page : markdown(HOME.resolve("docs"))) {
      String name = page.getFileName().toString();
      if (!name.equals("README.md")) {
        assertThat(index).contains("(" + name + ")");
      }
    }
  }

  @Test
  void everyPageThatSourcesNameIsThere() throws IOException {
    List<String> missing = new ArrayList<>();
    for (Path source : sources()) {
      for (MatchResult named : NAMED_PAGE.matcher(Files.readString(source)).results().toList()) {
        if (!leadsSomewhere(HOME.resolve("README.md"), named.group())) {
          missing.add(HOME.relativize(source) + ": " + named.group());
        }
      }
    }

    assertThat(missing).isEmpty();
  }

  private static boolean leadsSomewhere(Path page, String target) throws IOException {
    int hash = target.indexOf('#');
    String path = hash < 0 ? target : target.substring(0, hash);
    Path file = path.isEmpty() ? page : page.resolveSibling(path).normalize();
    return Files.exists(file)
        && (hash < 0 || anchors(Files.readString(file)).contains(target.substring(hash + 1)));
  }

  /** The anchors that GitHub gives a page's headings. */
  private static Set<String> anchors(String page) {
    Set<String> anchors = new HashSet<>();
    Map<String, Integer> seen = new HashMap<>();
    Matcher heading = HEADING.matcher(FENCED.matcher(page).replaceAll(""));
    while (heading.find()) {
      String anchor =
          heading
              .group(1)
              .strip()
              .toLowerCase(Locale.ROOT)
              .replaceAll("[^\\p{L}\\p{N} _-]", "")
              .replace(' ', '-');
      int before = seen.merge(anchor, 1, Integer::sum) - 1;
      anchors.add(before == 0 ? anchor : anchor + "-" + before);
    }

    return anchors;
  }

  private static List<Path> pages() throws IOException {
    List<Path> pages = new ArrayList<>(markdown(HOME.resolve("docs")));
    pages.add(HOME.resolve("README.md"));
    pages.add(HOME.resolve("CONTRIBUTING.md"));
    return pages;
  }

  private static List<Path> markdown(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.toString().endsWith(".md")).sorted().toList();
    }
  }

  /** What may name a page: code, settings and scripts. */
  private static List<Path> sources() throws IOException {
    List<Path> sources = new ArrayList<>();
    for (String folder : SOURCES) {
      try (Stream<Path> files = Files.walk(HOME.resolve(folder))) {
        files.filter(TestPages::isText).forEach(sources::add);
      }
    }

    return sources;
  }

  private static boolean isText(Path file) {
    return Files.isRegularFile(file)
        && file.getFileName().toString().matches(".*\\.(java|jte|sh|conf|example)|Dockerfile");
  }
}
