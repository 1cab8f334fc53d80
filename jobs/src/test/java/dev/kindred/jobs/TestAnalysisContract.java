/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.jobs.analysis.Analyses;
import dev.kindred.jobs.analysis.Analysis;
import dev.kindred.jobs.analysis.FoundAbout;
import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.table.Figures;
import dev.kindred.table.Table;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What {@link Analysis} promises, for each in the list. A new one gets its options here. */
class TestAnalysisContract {
  private static final String[] EMBEDDINGS = {"--restarts", "2", "--max-steps", "3"};

  /** Options with which each command does little. */
  private static final Map<String, String[]> OPTIONS =
      Map.ofEntries(
          Map.entry(
              "invert",
              new String[] {
                "And only l",
                "--steps",
                "3",
                "--restarts",
                "2",
                "--allowed",
                "And",
                "--learning-rate",
                ".002:.0002",
                "--start",
                "0:.04",
                "--method",
                "indirect,expanding",
                "--jacobian"
              }),
          Map.entry(
              "channel",
              new String[] {"And", "--steps", "3", "--restarts", "2", "--features", "[:9],[:99]"}),
          Map.entry("recover", new String[] {"And"}),
          Map.entry(
              "circuits",
              new String[] {"--draws", "20", "--corpus", SharedRun.corpus().toString()}),
          Map.entry("expand", new String[] {"And only l", "She said"}),
          Map.entry(
              "heads",
              new String[] {
                "--sequences",
                "2",
                "--length",
                "6",
                "--ablate",
                "mean,zero",
                "--corpus",
                SharedRun.corpus().toString()
              }),
          Map.entry(
              "locality",
              new String[] {
                "--corpus",
                SharedRun.corpus().toString(),
                "--text-length",
                "50",
                "--sample",
                "20",
                "--last",
                "1,4",
                "--text",
                " said",
                "--prefix",
                "She"
              }),
          Map.entry("logits", new String[] {"And only l"}),
          Map.entry("patch", new String[] {"And only l", "She said i"}),
          Map.entry("lens", new String[] {"And only l"}),
          Map.entry("attribute", new String[] {"And only l", "--method", "gradient"}),
          Map.entry("ablate", new String[] {}),
          Map.entry("geometry", new String[] {}),
          Map.entry("learn-embeddings", EMBEDDINGS),
          Map.entry("subspaces", EMBEDDINGS),
          Map.entry("align", new String[] {"--recipe", "fast_n2_s42_m3"}));

  /** A bad value of an option of its own, and what is said of it. */
  private record Refused(String message, String... options) {}

  private static final Map<String, Refused> REFUSED =
      Map.ofEntries(
          Map.entry(
              "invert",
              new Refused("--tokens [9:]: nothing of prompt 1", "And", "--tokens", "[9:]")),
          Map.entry(
              "channel",
              new Refused("--features 9: expected all, a slice", "And", "--features", "9")),
          Map.entry("recover", new Refused("--block 99: the model has", "And", "--block", "99")),
          Map.entry(
              "circuits", new Refused("--distances 1: positions turn nothing", "--distances", "1")),
          Map.entry("expand", new Refused("prompt 1: has one token, so that none", "A")),
          Map.entry("heads", new Refused("--length 999: permutation would", "--length", "999")),
          Map.entry(
              "locality",
              new Refused("--last 999: whole texts have 256 tokens", "--last", "1,999")),
          Map.entry(
              "logits", new Refused("--token ab: the text is 2 tokens", "a", "--token", "ab")),
          Map.entry("patch", new Refused("prompt 2 has 1 tokens", "ab", "a")),
          Map.entry("lens", new Refused("prompt 1: the model has no token for", "caf\u00e9")),
          Map.entry(
              "attribute", new Refused("--method none: expected one of", "a", "--method", "none")),
          Map.entry("ablate", new Refused("--run-id newest: not a run's id", "--run-id", "newest")),
          Map.entry("geometry", new Refused("--prompt", "--prompt", "caf\u00e9")),
          Map.entry("learn-embeddings", new Refused("--stage block-99", "--stage", "block-99")),
          Map.entry(
              "subspaces",
              new Refused(
                  "--mix e: expected a text of two different tokens",
                  "--restarts",
                  "2",
                  "--max-steps",
                  "3",
                  "--mix",
                  "e")),
          Map.entry("align", new Refused("no subspaces fast_n7_s42", "--recipe", "fast_n7_s42")));

  @TempDir private static Path base;
  private static Path warehouse;

  /** What each command said, the first time. */
  private static final Map<String, CommandLineRun> FIRST = new LinkedHashMap<>();

  /** Records of the parts that each command completed, the first time. */
  private static final Map<String, List<String>> COMPLETED = new HashMap<>();

  @BeforeAll
  static void runAll() throws IOException {
    warehouse = SharedRun.copyTo(base.resolve("warehouse"));
    for (String command : commands()) {
      Map<String, Long> before = records();
      FIRST.put(command, run(command, OPTIONS.get(command)));
      List<String> completed = new ArrayList<>(records().keySet());
      completed.removeAll(before.keySet());
      COMPLETED.put(command, completed.stream().sorted().toList());
    }
  }

  /** Options with which a command of an analysis does little. */
  static List<String> options(String command) {
    return List.of(OPTIONS.get(command));
  }

  /** All commands of analyses, in the order of the list. */
  static List<String> commands() {
    return Analyses.ALL.stream().flatMap(analysis -> commands(analysis).stream()).toList();
  }

  private static List<String> commands(Analysis analysis) {
    return analysis.commands(Analyses.ALL).stream()
        .map(TestAnalysisContract::line)
        .map(CommandLine::getCommandName)
        .toList();
  }

  private static CommandLine line(KindredCommand command) {
    return new CommandLine(command);
  }

  static boolean isWithWarehouse(String command) {
    return hasOption(command, "--warehouse");
  }

  private static boolean hasOption(String command, String option) {
    return Analyses.ALL.stream()
        .flatMap(analysis -> analysis.commands(Analyses.ALL).stream())
        .map(TestAnalysisContract::line)
        .filter(line -> line.getCommandName().equals(command))
        .anyMatch(line -> line.getCommandSpec().findOption(option) != null);
  }

  private static CommandLineRun run(String command, String... options) {
    List<String> arguments = new ArrayList<>(List.of(command));
    if (isWithWarehouse(command)) {
      arguments.addAll(List.of("--warehouse", warehouse.toString()));
    }

    arguments.addAll(List.of(options));
    return CommandLineRun.of(arguments.toArray(String[]::new));
  }

  private static List<String> rows(String statement) {
    return CommandLineRun.rows(warehouse, statement);
  }

  @Test
  void namesAndCommandsAreThereOnce() {
    assertThat(Analyses.ALL).extracting(Analysis::name).doesNotHaveDuplicates();
    assertThat(commands())
        .doesNotHaveDuplicates()
        .containsExactlyInAnyOrderElementsOf(OPTIONS.keySet())
        .containsExactlyInAnyOrderElementsOf(REFUSED.keySet());
  }

  @TestFactory
  Stream<DynamicTest> everyCommandSucceedsAndSaysWhatItFound() {
    return commands().stream()
        .map(
            command ->
                DynamicTest.dynamicTest(
                    command,
                    () -> {
                      assertThat(FIRST.get(command).status()).as(FIRST.get(command).err()).isZero();
                      assertThat(FIRST.get(command).out()).isNotBlank();
                    }));
  }

  @TestFactory
  Stream<DynamicTest> everyTableIsFilled() {
    return Analyses.ALL.stream()
        .flatMap(analysis -> analysis.tables().stream())
        .map(
            table ->
                DynamicTest.dynamicTest(
                    table.name(),
                    () ->
                        assertThat(rows("select count(*) from kindred.current." + table.name()))
                            .isNotEqualTo(List.of("0"))));
  }

  @TestFactory
  Stream<DynamicTest> whatIsAboutARunIsInItsReportWithSqlThatRuns() throws IOException {
    String report =
        Files.readString(
            Path.of(
                CommandLineRun.of(
                        "report",
                        "--run-id",
                        SharedRun.runId(),
                        "--warehouse",
                        warehouse.toString())
                    .lastLine()
                    .replaceAll(".* report=", "")));
    List<DynamicTest> tests = new ArrayList<>();
    FoundAbout.run(warehouse, SharedRun.runId())
        .forEach(
            (name, findings) -> {
              tests.add(
                  DynamicTest.dynamicTest(
                      name + " section",
                      () -> assertThat(report).contains("<h2>" + findings.title() + "</h2>")));
              for (String statement : findings.statements()) {
                tests.add(
                    DynamicTest.dynamicTest(
                        name + " " + statement.lines().findFirst().orElseThrow(),
                        () ->
                            assertThat(rows(statement.replace("{run}", "kindred.current")))
                                .isNotEmpty()));
              }
            });
    assertThat(tests).hasSizeGreaterThan(5);
    return tests.stream();
  }

  /** Figures as analyses have them in Java are those that SQL finds, of each that is about runs. */
  @TestFactory
  Stream<DynamicTest> whatIsAboutARunHasFiguresInTheSummaries() {
    Map<String, Figures> figures = FoundAbout.figures(warehouse, SharedRun.runId());
    return Analyses.ALL.stream()
        .filter(
            analysis ->
                commands(analysis).stream().anyMatch(command -> hasOption(command, "--report")))
        .map(
            analysis ->
                DynamicTest.dynamicTest(
                    analysis.name(),
                    () -> {
                      assertThat(figures).containsKey(analysis.name());
                      assertThat(figures.get(analysis.name()).measures()).isNotEmpty();
                      assertThat(
                              rows(
                                  "select count(distinct series, protocol, slice, quantity, block)"
                                      + " from (select series, coalesce(protocol, '') as protocol,"
                                      + " coalesce(slice, '') as slice, coalesce(quantity, '') as"
                                      + " quantity, coalesce(block, -1) as block from"
                                      + " kindred.current.summaries where analysis = '"
                                      + analysis.name()
                                      + "' and value is not null)"))
                          .containsExactly(
                              String.valueOf(figures.get(analysis.name()).measures().size()));
                    }));
  }

  @Test
  void figuresAreOfAnalysesThatAreListed() {
    assertThat(rows("select distinct analysis from kindred.current.summaries"))
        .allMatch(
            name ->
                name.equals("run")
                    || Analyses.ALL.stream()
                        .map(Analysis::name)
                        .anyMatch(known -> name.equals(known) || name.startsWith(known + "-")));
  }

  @TestFactory
  Stream<DynamicTest> aSecondCallReusesWhatIsThere() {
    return commands().stream()
        .filter(TestAnalysisContract::isWithWarehouse)
        .map(
            command ->
                DynamicTest.dynamicTest(
                    command,
                    () -> {
                      Map<String, Long> before = files();
                      CommandLineRun again = run(command, OPTIONS.get(command));
                      assertThat(again.out()).isEqualTo(FIRST.get(command).out());
                      assertThat(again.err()).contains(" reused: ");
                      assertThat(files()).isEqualTo(before);
                    }));
  }

  @TestFactory
  Stream<DynamicTest> oneThatStoppedBetweenTwoPartsGoesOn() {
    return commands().stream()
        .filter(TestAnalysisContract::isWithWarehouse)
        .map(
            command ->
                DynamicTest.dynamicTest(
                    command,
                    () -> {
                      Map<String, Long> before = records();
                      remove(lastRecord(command));
                      CommandLineRun again = run(command, OPTIONS.get(command));
                      assertThat(again.status()).as(again.err()).isZero();
                      assertThat(again.err()).doesNotContain("nothing to do");
                      assertThat(again.out()).isEqualTo(FIRST.get(command).out());
                      assertThat(records().keySet()).isEqualTo(before.keySet());
                    }));
  }

  @TestFactory
  Stream<DynamicTest> aBadOptionEndsACommandBeforeItBegins() {
    return refusals(
        command -> {
          List<String> options = new ArrayList<>(List.of(OPTIONS.get(command)));
          options.addAll(List.of("--model", base.resolve("no-model").toString()));
          return new Refused("no such folder", options.toArray(String[]::new));
        });
  }

  @TestFactory
  Stream<DynamicTest> aBadValueOfAnOptionOfItsOwnEndsACommandBeforeItBegins() {
    return refusals(REFUSED::get);
  }

  /** Tests that a command refuses options in one line, and leaves all files as they are. */
  private static Stream<DynamicTest> refusals(Function<String, Refused> options) {
    return commands().stream()
        .map(
            command ->
                DynamicTest.dynamicTest(
                    command,
                    () -> {
                      Refused expected = options.apply(command);
                      Map<String, Long> before = files();
                      CommandLineRun refused = run(command, expected.options());
                      assertThat(refused.status()).as(refused.err()).isEqualTo(2);
                      assertThat(refused.messages())
                          .singleElement()
                          .asString()
                          .contains(expected.message());
                      assertThat(files()).isEqualTo(before);
                    }));
  }

  /** Sizes of all files of the warehouse but reports and logs. */
  private static Map<String, Long> files() throws IOException {
    Map<String, Long> files = new TreeMap<>();
    try (Stream<Path> all = Files.walk(warehouse)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        String name = warehouse.relativize(file).toString();
        if (!name.startsWith("reports") && !name.startsWith("_lock")) {
          files.put(name, Files.size(file));
        }
      }
    }

    return files;
  }

  /** The records of parts that are complete. */
  private static Map<String, Long> records() throws IOException {
    Map<String, Long> records = new HashMap<>(files());
    records.keySet().removeIf(name -> !name.endsWith("complete.json"));
    return records;
  }

  /** The record of a part that a command completed: of the last table of its analysis. */
  private static String lastRecord(String command) {
    List<Table> tables =
        Analyses.ALL.stream()
            .filter(analysis -> commands(analysis).contains(command))
            .flatMap(analysis -> analysis.tables().stream())
            .toList();
    return tables.stream()
        .flatMap(
            table ->
                COMPLETED.get(command).stream()
                    .filter(record -> record.startsWith(table.name() + "/")))
        .reduce((first, second) -> second)
        .orElseThrow();
  }

  /** As if the command had been stopped before a part was complete. */
  private static void remove(String record) throws IOException {
    Path file = warehouse.resolve(record);
    Files.delete(file);
    Files.deleteIfExists(file.resolveSibling(".complete.json.crc"));
  }
}
