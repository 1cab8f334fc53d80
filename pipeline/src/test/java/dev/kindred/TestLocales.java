/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TestLocales {
  private static final List<String> MODULES = List.of("pipeline", "udfs", "jobs", "bench");

  /** Whatever Java does in the locale of the machine if it is not told one. */
  private static final Pattern WITHOUT_LOCALE =
      Pattern.compile(
          "(String\\.format|\\.printf)\\(\\s*+(?!Locale\\b)[^)]*"
              + "|String::format|\\.formatted\\(|\\.to(Lower|Upper)Case\\(\\)");

  @Test
  void noTextOfTheProgramDependsOnTheLocale() {
    // SQL expressions are such texts: with the digits of some languages they cannot be parsed.
    assertThat(MODULES.stream().flatMap(TestLocales::sources))
        .isNotEmpty()
        .allSatisfy(
            source ->
                assertThat(WITHOUT_LOCALE.matcher(Files.readString(source)).results())
                    .extracting(found -> found.group())
                    .as(source.toString())
                    .isEmpty());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "String.format(\"int(rank div %d)\", 5)",
        "out.printf(\n    format, 5)",
        "\"%d rows\".formatted(5)",
        "name.toLowerCase()",
      })
  void aTextOfTheMachinesLocaleIsFound(String code) {
    assertThat(WITHOUT_LOCALE.matcher(code).find()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "String.format(\n    Locale.ROOT, \"%d\", 5)",
        "out.printf(Locale.ROOT, format, 5)",
        "name.toLowerCase(Locale.ROOT)",
      })
  void aTextOfANamedLocaleIsLeftAlone(String code) {
    assertThat(WITHOUT_LOCALE.matcher(code).find()).isFalse();
  }

  private static Stream<Path> sources(String module) {
    Path folder = Path.of(System.getProperty("kindred.home"), module, "src", "main", "java");
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.toString().endsWith(".java")).toList().stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
