/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The order of packages, circles of classes, and who knows of architectures and engines. */
class TestPackageOrder {
  private static final Path HOME = Path.of(System.getProperty("kindred.home"));
  private static final Path MAIN = Path.of("pipeline/src/main/java/dev/kindred");

  private static final SourceGraph SOURCES = SourceGraph.ofModules("pipeline");

  @Test
  void aPackageKnowsOnlyWhatStandsBelowIt() {
    assertThat(PackageOrder.ofPage().upwards(SOURCES)).isEmpty();
  }

  @Test
  void noClassesKnowEachOtherInACircle() {
    assertThat(SOURCES.circles()).isEmpty();
  }

  @Test
  void enginesAreKnownToModelsTheirTrainingAndTheBenchmarks() {
    SourceGraph all = SourceGraph.ofModules("pipeline", "udfs", "jobs", "bench");

    assertThat(all.known().keySet())
        .filteredOn(
            file -> !all.packageOf(file).matches("dev\\.kindred\\.(model\\b.*|training|bench)"))
        .allSatisfy(
            file ->
                assertThat(all.known().get(file))
                    .extracting(all::packageOf)
                    .doesNotContain("dev.kindred.model.torch", "dev.kindred.model.cpu"));
  }

  @Test
  void architecturesAreNamedWhereTheyAreDescribed() throws IOException {
    Set<String> architectures = new HashSet<>();
    for (Path file : sources(MAIN.resolve("model/family"))) {
      Matcher described =
          Pattern.compile("class (\\w+) implements (?:Trained|Own)?Architecture")
              .matcher(Files.readString(file));
      if (described.find()) {
        architectures.add(described.group(1));
      }
    }

    assertThat(architectures).contains("Gpt", "Llama");
    Pattern names = Pattern.compile("\\b(" + String.join("|", architectures) + ")\\b");
    List<Path> all = new ArrayList<>(outsideModels());
    for (String inModel : List.of("model/cpu", "model/torch", "model/files")) {
      all.addAll(sources(MAIN.resolve(inModel)));
    }

    assertThat(all)
        .allSatisfy(file -> assertThat(Files.readString(file)).doesNotContainPattern(names));
  }

  private static List<Path> outsideModels() throws IOException {
    List<Path> files = new ArrayList<>();
    for (String module : List.of("pipeline", "udfs", "jobs", "bench")) {
      files.addAll(sources(Path.of(module, "src/main/java")));
    }

    files.removeIf(file -> file.startsWith(HOME.resolve(MAIN).resolve("model")));
    return files;
  }

  private static List<Path> sources(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(HOME.resolve(folder))) {
      return files.filter(file -> file.toString().endsWith(".java")).toList();
    }
  }
}
