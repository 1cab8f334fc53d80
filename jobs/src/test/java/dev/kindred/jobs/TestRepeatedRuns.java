/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kindred.table.Runs;
import dev.kindred.table.Tables;
import dev.kindred.table.WarehouseLock;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.FutureTask;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The same command again and again, as every night: on the same corpus, a longer one, a changed
 * one, with another model, and after a run that did not get to its end. What comes out always
 * equals a run in an empty warehouse.
 */
@Tag("thorough")
class TestRepeatedRuns {
  private static final int DOCUMENT_BYTES = 1_000;
  private static final String[] DOCUMENTS = {"a.txt", "b.txt", "c.txt"};
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private static Path base; // a warehouse with a published run over a.txt and b.txt
  private static String text;
  private static CommandLineRun firstRun;

  @TempDir private Path folder;

  @BeforeAll
  static void runOnce() throws IOException {
    try (InputStream in = TestRepeatedRuns.class.getResourceAsStream("/dickens.txt")) {
      in.readNBytes(3); // the byte order mark
      text = new String(in.readNBytes(4 * DOCUMENT_BYTES), StandardCharsets.US_ASCII);
    }

    writeCorpus(base.resolve("corpus"), 2);
    firstRun = run(base);
    assertThat(firstRun.status()).as(firstRun.err()).isZero();
  }

  private static void writeCorpus(Path corpus, int documents) throws IOException {
    Files.createDirectories(corpus);
    for (int i = 0; i < documents; i++) {
      Files.writeString(
          corpus.resolve(DOCUMENTS[i]),
          text.substring(i * DOCUMENT_BYTES, (i + 1) * DOCUMENT_BYTES));
    }
  }

  private static CommandLineRun run(Path where, String... more) {
    List<String> arguments =
        new ArrayList<>(
            CommandLineRun.ofSmallTasks(
                where.resolve("corpus"), where.resolve("warehouse"), 20, 160));
    arguments.addAll(Arrays.asList(more));
    return CommandLineRun.of(SmallModel.with(arguments));
  }

  /** A copy of the warehouse after the first run, and of its corpus. */
  private Path copyOfBase() throws IOException {
    SharedRun.copy(base, folder.resolve("again"));
    return folder.resolve("again");
  }

  /** The tables of a run over the same corpus in an empty warehouse. */
  private Map<String, List<String>> fromScratch(Path corpus, String... more) throws IOException {
    Path scratch = folder.resolve("scratch");
    Files.createDirectories(scratch);
    SharedRun.copy(corpus, scratch.resolve("corpus"));
    CommandLineRun run = run(scratch, more);
    assertThat(run.status()).as(run.err()).isZero();
    return RunRows.of(scratch.resolve("warehouse"), SharedRun.runId(run));
  }

  private static Map<String, List<String>> rows(Path where, CommandLineRun run) {
    assertThat(run.status()).as(run.err()).isZero();
    return RunRows.of(where.resolve("warehouse"), SharedRun.runId(run));
  }

  @Test
  void theSameEverythingIsNothingToDo() throws IOException {
    Path again = copyOfBase();
    Path report = again.resolve("warehouse/reports").resolve(SharedRun.runId(firstRun) + ".html");
    Files.writeString(report, "read already");
    CommandLineRun run = run(again);

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.out().replaceAll("report=.*", ""))
        .isEqualTo(firstRun.out().replaceAll("report=.*", ""));
    assertThat(report).as("that was there").hasContent("read already");
    assertThat(run.err())
        .contains(
            "kindred: nothing to do: run "
                + SharedRun.runId(firstRun)
                + " has this model, corpus, prompts and settings");
    assertThat(SharedRun.runId(run)).isEqualTo(SharedRun.runId(firstRun));
    assertThat(again.resolve("warehouse/runs"))
        .isDirectoryNotContaining(path -> !path.endsWith("run_id=" + SharedRun.runId(firstRun)));

    Files.delete(report);
    assertThat(run(again).status()).isZero();
    assertThat(report).content().contains(SharedRun.runId(firstRun));
  }

  @Test
  void anAppendedDocumentCostsOnlyItsNewWindows() throws IOException {
    Path again = copyOfBase();
    writeCorpus(again.resolve("corpus"), 3);
    CommandLineRun run = run(again);

    assertThat(rows(again, run)).isEqualTo(fromScratch(again.resolve("corpus")));
    assertThat(run.err()).containsPattern("corpus c-\\S+ was extended");
    assertThat(evaluated(run)).isPositive().isLessThan(DOCUMENT_BYTES);
  }

  @Test
  void aChangedDocumentCostsOnlyItsNewWindows() throws IOException {
    Path again = copyOfBase();
    Path changed = again.resolve("corpus/a.txt");
    Files.writeString(changed, Files.readString(changed).replace("night", "morning"));
    CommandLineRun run = run(again);

    assertThat(rows(again, run)).isEqualTo(fromScratch(again.resolve("corpus")));
    assertThat(run.err()).contains("were changed, removed or put between", "windows copied from");
    assertThat(evaluated(run)).isPositive().isLessThan(DOCUMENT_BYTES);
  }

  @Test
  void aDeletedDocumentIsNoEvidenceAndCostsNothing() throws IOException {
    Path again = copyOfBase();
    Files.delete(again.resolve("corpus/a.txt"));
    CommandLineRun run = run(again);

    assertThat(rows(again, run)).isEqualTo(fromScratch(again.resolve("corpus")));
    assertThat(evaluated(run)).isZero();
  }

  @Test
  void anotherModelCostsActivationsButNotWindows() throws IOException {
    Path again = copyOfBase();
    CommandLineRun run = run(again, "--model", SmallModel.OTHER);

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.err()).containsPattern("windows +reused: ").containsPattern("prompts +reused: ");
    assertThat(evaluated(run)).isGreaterThan(DOCUMENT_BYTES);
  }

  @Test
  void otherWeightsCostNoJoin() throws IOException {
    Path again = copyOfBase();
    String[] weights = {"--weights", "1,2"};
    CommandLineRun run = run(again, weights);

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(SharedRun.runId(run)).isNotEqualTo(SharedRun.runId(firstRun));
    assertThat(run.err())
        .contains("those of run " + SharedRun.runId(firstRun) + ", which has the same join")
        .contains("block 0 is there already", "block 1 is there already");
    assertThat(rows(again, run)).isEqualTo(fromScratch(base.resolve("corpus"), weights));
  }

  @Test
  @Tag("faults")
  void aRunThatDiedInTheActivationsIsFinishedFromItsTasks() throws IOException {
    Path again = copyOfBase();
    Path warehouse = again.resolve("warehouse");
    unpublish(warehouse, "predictions", "prompts", "prompt_activations");
    long left = leaveTasks(warehouse.resolve("activations"), 3);
    CommandLineRun run = run(again);

    assertThat(rows(again, run))
        .isEqualTo(RunRows.of(base.resolve("warehouse"), SharedRun.runId(firstRun)));
    assertThat(SharedRun.runId(run))
        .as("it goes on with the run")
        .isEqualTo(SharedRun.runId(firstRun));
    assertThat(evaluated(run)).isPositive().isEqualTo(windows(warehouse) - left);
  }

  @ParameterizedTest(name = "files of the block it was at are there: {0}")
  @ValueSource(booleans = {true, false})
  @Tag("faults")
  void aRunThatDiedInTheJoinIsFinishedFromItsBlocks(boolean files) throws IOException {
    Path again = copyOfBase();
    Path warehouse = again.resolve("warehouse");
    unpublish(warehouse);
    String block = "run_id=" + SharedRun.runId(firstRun) + "/block=1";
    delete(warehouse.resolve("block_distributions").resolve(block));
    Path strings = warehouse.resolve("similar_strings").resolve(block);
    if (files) {
      Files.delete(strings.resolve("_commits/complete.json"));
    } else {
      delete(strings);
    }

    CommandLineRun run = run(again);
    assertThat(rows(again, run))
        .isEqualTo(RunRows.of(base.resolve("warehouse"), SharedRun.runId(firstRun)));
    assertThat(run.err()).contains("block 0 is there already");
    assertThat(run.err()).doesNotContain("block 1 is there");
  }

  @Test
  void aDamagedFileOfAReusedStageIsNamedAndNotAveragedIn() throws IOException {
    Path again = copyOfBase();
    Path file = tables(again.resolve("warehouse/activations")).get(1);
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
    CommandLineRun run = run(again, "--prompt-seed", "7");

    assertThat(run.status()).as(run.err()).isEqualTo(2);
    assertThat(run.messages())
        .singleElement()
        .asString()
        .contains(file.getFileName().toString(), "is damaged", "remove ");
  }

  @Test
  void aFlippedBitOfAReusedStageIsNamedAndNotAveragedIn() throws IOException {
    Path again = copyOfBase();
    Path file = tables(again.resolve("warehouse/activations")).get(1);
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 2] ^= 1;
    Files.write(file, bytes);
    Files.delete(file.resolveSibling("." + file.getFileName() + ".crc")); // other disks have none
    CommandLineRun run = run(again, "--prompt-seed", "7");

    assertThat(run.status()).as(run.err()).isEqualTo(2);
    assertThat(run.messages())
        .singleElement()
        .asString()
        .contains(file.getFileName().toString(), "cannot be read", "CRC");

    CommandLineRun sql =
        CommandLineRun.of(
            "sql",
            "--warehouse",
            again.resolve("warehouse").toString(),
            "-e",
            "select sum(aggregate(ffn_out, 0f, (a, b) -> a + b)) from kindred.current.activations");
    assertThat(sql.status()).isEqualTo(2);
    assertThat(sql.messages())
        .singleElement()
        .asString()
        .contains(file.getFileName().toString(), "remove its folder and run again");
  }

  @Test
  void aRunThatFailsTheAuditIsNotPublishedAndTheOneBeforeStays() throws IOException {
    Path again = copyOfBase();
    Path warehouse = again.resolve("warehouse");
    Path record = recordOf(warehouse.resolve("activations"));
    ObjectNode complete = (ObjectNode) JSON.readTree(record.toFile());
    ((ArrayNode) complete.get("files")).remove(2); // its windows are lost to one block
    Files.delete(record.resolveSibling("." + record.getFileName() + ".crc"));
    // As Kindred 0.2 wrote them: without a checksum, which would tell.
    Files.writeString(record, complete.retain("files", "properties").toString());
    CommandLineRun run = run(again, "--prompt-seed", "7");

    assertThat(run.status()).as(run.err()).isEqualTo(3);
    assertThat(run.messages())
        .singleElement()
        .asString()
        .contains(
            "is rejected, the one before stays: activations: expected one row for every window");
    Map<String, String> reasons =
        RunRows.with(
            warehouse,
            tables -> {
              assertThat(Runs.newestPublished(tables).orElseThrow().runId())
                  .isEqualTo(SharedRun.runId(firstRun));
              Map<String, String> found = new TreeMap<>();
              tables
                  .read(Tables.RUNS)
                  .select("status", "reason")
                  .collectAsList()
                  .forEach(row -> found.put(row.getString(0), String.valueOf(row.get(1))));
              return found;
            });
    assertThat(reasons).containsEntry("published", "null").containsKey("rejected");
    assertThat(reasons.get("rejected")).contains("activations: expected one row for every window");
    String message = run.messages().get(0);
    String query =
        message
            .replaceAll(".*; to see them: ", "")
            .replaceAll(" \\(and \\d+ more, see the log\\)", "");
    CommandLineRun shown =
        CommandLineRun.of("sql", "--warehouse", warehouse.toString(), "-e", query);
    assertThat(shown.status()).as(query + "\n" + shown.err()).isZero();
    assertThat(shown.out()).contains("window_id").doesNotContain("(0 rows)");
  }

  @Test
  void aDocumentThatComesWhileTheLockIsAwaitedCounts() throws Exception {
    Path again = copyOfBase();
    var root = new org.apache.hadoop.fs.Path(again.resolve("warehouse").toUri());
    FutureTask<CommandLineRun> work =
        new FutureTask<>(
            () ->
                CommandLineRun.of(
                    "windows",
                    "--corpus",
                    again.resolve("corpus").toString(),
                    "--lock-wait",
                    "600",
                    "--warehouse",
                    again.resolve("warehouse").toString()));
    Thread thread = new Thread(work);
    try (var lock =
        WarehouseLock.acquire(
            root.getFileSystem(new Configuration(false)), root, "the command run", Duration.ZERO)) {
      thread.start();
      while (!work.isDone() && !waitsForTheLock(thread)) {
        Thread.sleep(10);
      }

      assertThat(work.isDone()).as("it waits").isFalse();
      lock.check();
      writeCorpus(again.resolve("corpus"), 3);
    }

    CommandLineRun command = work.get();
    assertThat(command.status()).as(command.err()).isZero();
    assertThat(
            RunRows.<List<String>>with(
                again.resolve("warehouse"), warehouse -> warehouse.keys(Tables.WINDOWS)))
        .as("corpora: that of two documents, and that of three")
        .hasSize(2);
  }

  private static boolean waitsForTheLock(Thread thread) {
    return Stream.of(thread.getStackTrace())
        .anyMatch(
            frame ->
                frame.getClassName().equals(WarehouseLock.class.getName())
                    && frame.getMethodName().equals("acquire"));
  }

  @Test
  void aWarehouseInUseIsRefusedWithAStatusOfItsOwn() throws IOException {
    Path again = copyOfBase();
    String holder =
        RunRows.with(
            again.resolve("warehouse"),
            warehouse -> {
              try (var lock =
                  WarehouseLock.acquire(
                      warehouse.fileSystem(), warehouse.root(), "the command run", Duration.ZERO)) {
                CommandLineRun run = run(again);
                assertThat(run.status()).as(run.err()).isEqualTo(4);
                lock.check();
                return run.messages().toString();
              }
            });
    assertThat(holder).contains("in use by the command run (process ");
  }

  private static long evaluated(CommandLineRun run) {
    Matcher line =
        Pattern.compile("activations +([\\d,]+) of [\\d,]+ windows to evaluate\\n")
            .matcher(run.err());
    assertThat(line.find()).as(run.err()).isTrue();
    return Long.parseLong(line.group(1).replace(",", ""));
  }

  /** Takes back what the run did after its join, and the given tables. */
  private static void unpublish(Path warehouse, String... tables) throws IOException {
    for (String table : List.of("runs", "summaries", "distances", "approximations")) {
      delete(warehouse.resolve(table));
    }

    for (String table : tables) {
      delete(warehouse.resolve(table));
    }
  }

  /**
   * Takes an activations part back to where only some of its tasks had finished, and one more had
   * written files.
   *
   * @return windows that are left
   */
  private static long leaveTasks(Path activations, int tasks) throws IOException {
    Path complete = recordOf(activations);
    JsonNode files = JSON.readTree(complete.toFile()).get("files");
    List<String> names = new ArrayList<>();
    files.forEach(file -> names.add(name(file)));
    List<String> all = names.stream().distinct().sorted().toList();
    assertThat(all).hasSizeGreaterThan(tasks + 1);
    ArrayNode left = JSON.createArrayNode();
    long windows = 0;
    for (JsonNode file : files) {
      int task = all.indexOf(name(file));
      if (task < tasks) {
        left.add(file);
        windows += file.get("path").asText().contains("block=0") ? file.get("rows").asLong() : 0;
      } else if (task > tasks) {
        Files.delete(activations.getParent().resolve(file.get("path").asText()));
      }
    }

    ObjectNode record = JSON.createObjectNode();
    record.set("files", left);
    record.putObject("properties");
    Files.writeString(complete.resolveSibling("some-tasks.json"), record.toString());
    Files.delete(complete);
    return windows;
  }

  private static Path recordOf(Path table) throws IOException {
    try (Stream<Path> files = Files.walk(table)) {
      return files.filter(file -> file.endsWith("complete.json")).findFirst().orElseThrow();
    }
  }

  private static String name(JsonNode file) {
    return Path.of(file.get("path").asText()).getFileName().toString();
  }

  private static long windows(Path warehouse) {
    return RunRows.with(warehouse, tables -> tables.read(Tables.WINDOWS).count());
  }

  private static List<Path> tables(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.toString().endsWith(".parquet")).sorted().toList();
    }
  }

  private static void delete(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
