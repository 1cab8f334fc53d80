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

/** The packages' order in CONTRIBUTING.md, and who knows of architectures and engines. */
class TestPackageOrder {
  private static final Path HOME = Path.of(System.getProperty("kindred.home"));
  private static final Path MAIN = Path.of("pipeline/src/main/java/dev/kindred");

  /** From the ground up, "" being {@code dev.kindred} itself: each may import those before it. */
  private static final List<String> ORDER =
      List.of(
          "",
          "math",
          "kernel",
          "table",
          "corpus",
          "model",
          "model.architecture",
          "model.family",
          "model.cpu",
          "model.torch",
          "model.files",
          "activation",
          "similarity",
          "prediction",
          "evaluation",
          "baseline",
          "tuning",
          "explanation",
          "audit",
          "ablation",
          "geometry",
          "subspace",
          "alignment",
          "lens",
          "training");

  private static final Pattern IMPORT =
      Pattern.compile(
          "^import (?:static )?dev\\.kindred\\.((?:[a-z]\\w*\\.)*)[A-Z]", Pattern.MULTILINE);

  @Test
  void importsPointOneWay() throws IOException {
    List<String> wrong = new ArrayList<>();
    for (Path file : sources(MAIN)) {
      String of = HOME.resolve(MAIN).relativize(file).toString();
      String name = of.contains("/") ? of.replaceAll("/[^/]*$", "").replace('/', '.') : "";
      assertThat(ORDER).as("has a place in the order").contains(name);
      for (String imported : imports(file)) {
        if (ORDER.indexOf(imported) >= ORDER.indexOf(name) && !imported.equals(name)) {
          wrong.add(of + " imports " + imported);
        }
      }
    }

    assertThat(wrong).isEmpty();
  }

  @Test
  void enginesAreKnownToModelsTheirTrainingAndTheBenchmarks() throws IOException {
    assertThat(outsideModels())
        .filteredOn(file -> !file.toString().matches(".*/(training|bench)/[^/]*"))
        .allSatisfy(file -> assertThat(imports(file)).doesNotContain("model.torch", "model.cpu"));
  }

  @Test
  void architecturesAreNamedWhereTheyAreDescribed() throws IOException {
    Set<String> architectures = new HashSet<>();
    for (Path file : sources(MAIN.resolve("model/family"))) {
      Matcher described =
          Pattern.compile("class (\\w+) implements (?:Trained)?Architecture")
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

  /** Packages of Kindred that a file imports from. */
  private static Set<String> imports(Path file) throws IOException {
    Set<String> packages = new HashSet<>();
    Matcher imported = IMPORT.matcher(Files.readString(file));
    while (imported.find()) {
      packages.add(imported.group(1).replaceAll("\\.$", ""));
    }

    return packages;
  }
}
