/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kindred.LocalSpark;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code kindred files} beside a file that no record lists. */
class TestFiles {
  @TempDir private static Path temporary;

  private static Path folder;

  @BeforeAll
  static void leaveAFileThatDoesNotCount() throws IOException {
    folder = SharedRun.copyTo(temporary.resolve("warehouse"));
    Path counts = Path.of(paths("distances").get(0));
    Files.copy(counts, counts.resolveSibling("part-00099-of-a-writer-that-died.parquet"));
  }

  private static CommandLineRun files(String... arguments) {
    String[] all = Arrays.copyOf(arguments, arguments.length + 3);
    System.arraycopy(arguments, 0, all, 1, arguments.length);
    all[0] = "files";
    all[arguments.length + 1] = "--warehouse";
    all[arguments.length + 2] = folder.toString();
    return CommandLineRun.of(all);
  }

  private static List<String> paths(String table) {
    CommandLineRun run = files(table);
    assertThat(run.status()).as(run.err()).isZero();
    return run.out().lines().toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {"distances", "windows", "similar_strings", "passages", "runs"})
  void theFilesOfATableHaveTheRowsThatItHasInSql(String table) {
    String[] paths = paths(table).toArray(String[]::new);
    assertThat(paths).isNotEmpty().allMatch(path -> Path.of(path).isAbsolute());
    assertThat(CommandLineRun.rows(folder, "select count(*) from " + table))
        .containsExactly(Long.toString(LocalSpark.session().read().parquet(paths).count()));
  }

  @Test
  void aListInJsonHasTheSamePaths() throws IOException {
    String json = files("similar_strings", "--run-id", SharedRun.runId(), "--json").out();
    assertThat(new ObjectMapper().readValue(json, String[].class))
        .containsExactlyElementsOf(paths("similar_strings"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "distanes | distanes: there is no such table; did you mean distances?",
        "nonsense | nonsense: there is no such table; docs/sql.md lists them",
        "ablations | ablations: run RUN has no files of this table in file:FOLDER; docs/sql.md says"
            + " which command fills it"
      })
  void aTableWithoutFilesIsNamed(String table, String message) {
    CommandLineRun run = files(table);
    assertThat(run.messages())
        .containsExactly(
            "kindred: "
                + message.replace("RUN", SharedRun.runId()).replace("FOLDER", folder.toString()));
    assertThat(run.status()).isEqualTo(2);
  }
}
