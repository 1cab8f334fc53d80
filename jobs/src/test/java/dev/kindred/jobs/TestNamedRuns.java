/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A run that is called by its name. It was named when it was there already. */
class TestNamedRuns {
  @TempDir private static Path temporary;

  private static Path folder;

  private static CommandLineRun named;

  @BeforeAll
  static void nameARunThatIsThere() throws IOException {
    folder = SharedRun.copyTo(temporary.resolve("warehouse"));
    named = SharedRun.again("run", folder, List.of("--name", "study"));
  }

  /** Runs a command on the warehouse of the named run. */
  private static CommandLineRun command(String... arguments) {
    CommandLineRun run =
        CommandLineRun.of(
            Stream.concat(Stream.of(arguments), Stream.of("--warehouse", folder.toString()))
                .toArray(String[]::new));
    assertThat(run.status()).as(run.err()).isZero();
    return run;
  }

  private static JsonNode runs() throws IOException {
    return new ObjectMapper().readTree(command("runs", "--json").out());
  }

  @Test
  void aNameIsGivenToARunThatIsThereAndNothingIsComputed() throws IOException {
    assertThat(named.status()).as(named.err()).isZero();
    assertThat(named.err()).contains("nothing to do: run " + SharedRun.runId());
    assertThat(runs()).hasSize(1);
    assertThat(runs().get(0).get("run_id").asText()).isEqualTo(SharedRun.runId());
    assertThat(runs().get(0).get("name").asText()).isEqualTo("study");
    assertThat(command("runs").out()).contains(SharedRun.runId()).containsPattern("name +study\\b");
  }

  @Test
  void aRunWithoutANameKeepsTheOneThatItHas() throws IOException {
    assertThat(SharedRun.again("run", folder, List.of()).status()).isZero();
    assertThat(runs().get(0).get("name").asText()).isEqualTo("study");
  }

  @Test
  void aNameStandsForItsRunsId() {
    assertThat(command("count", "the", "--run-id", "study").out())
        .isEqualTo(command("count", "the", "--run-id", SharedRun.runId()).out());
    assertThat(command("compare", "study", SharedRun.runId(), "--json").out())
        .isEqualTo(command("compare", SharedRun.runId(), "study", "--json").out())
        .contains("\"a\" : \"" + SharedRun.runId() + "\"");
    assertThat(CommandLineRun.rows(folder, "select run_id from kindred.study.distances limit 1"))
        .isEqualTo(CommandLineRun.rows(folder, "select run_id from distances limit 1"));
    assertThat(CommandLineRun.rows(folder, "select kindred.study.token_text(0)"))
        .isEqualTo(CommandLineRun.rows(folder, "select token_text(0)"));
    assertThat(CommandLineRun.rows(folder, "show namespaces"))
        .containsExactly("current", "study", "`" + SharedRun.runId() + "`");
  }

  @Test
  void theReportIsOfTheLastPublishedRunUnlessOneIsNamed() {
    String page = folder.resolve("report.html").toString();
    CommandLineRun last = command("report", "--report", page);
    assertThat(SharedRun.runId(last)).isEqualTo(SharedRun.runId());
    assertThat(command("report", "--run-id", "study", "--report", page).out())
        .isEqualTo(last.out());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "r-study | looks like a run's id; give another",
        "Current | stands for the newest published run in SQL; give another",
        "a/b | expected at most 64 letters, digits, -, _ and ., a letter or digit first",
        "-study | expected at most 64 letters, digits, -, _ and ., a letter or digit first"
      })
  void whatCouldBeTakenForSomethingElseIsNoName(String name, String reason) {
    CommandLineRun run = SharedRun.again("run", folder, List.of("--name=" + name));
    assertThat(run.messages()).containsExactly("kindred: --name " + name + ": " + reason);
    assertThat(run.status()).isEqualTo(2);
  }

  @Test
  void aNameThatNoRunHasIsRefused() {
    CommandLineRun run =
        CommandLineRun.of("report", "--run-id", "none", "--warehouse", folder.toString());
    assertThat(run.messages())
        .singleElement()
        .asString()
        .startsWith("kindred: --run-id none: not a run's id such as ")
        .endsWith(" runs lists both");
    assertThat(run.status()).isEqualTo(2);
  }

  @Test
  void theFileOfANameSaysWhichOneItIs() throws IOException {
    assertThat(Files.readString(folder.resolve("run_plans/" + SharedRun.runId() + ".name.json")))
        .contains("\"name\" : \"study\"");
  }
}
