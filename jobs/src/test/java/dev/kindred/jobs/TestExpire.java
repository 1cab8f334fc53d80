/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.table.WarehouseLock;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The command expire on a warehouse with three runs: over one document, over that and another one,
 * and over both again with other settings.
 */
@Tag("thorough")
class TestExpire {
  private static final int DOCUMENT_BYTES = 600;

  @TempDir private static Path base;
  private static final List<String> RUNS = new ArrayList<>();
  private static final List<Map<String, List<String>>> ROWS = new ArrayList<>();

  @TempDir private Path folder;
  private Path warehouse;

  @BeforeAll
  static void runThreeTimes() throws IOException {
    String text;
    try (InputStream in = TestExpire.class.getResourceAsStream("/dickens.txt")) {
      in.skipNBytes(3); // the byte order mark
      text = new String(in.readNBytes(2 * DOCUMENT_BYTES), StandardCharsets.US_ASCII);
    }

    Files.createDirectories(base.resolve("one"));
    Files.createDirectories(base.resolve("two"));
    for (String corpus : List.of("one", "two")) {
      Files.writeString(base.resolve(corpus + "/a.txt"), text.substring(0, DOCUMENT_BYTES));
    }

    Files.writeString(base.resolve("two/b.txt"), text.substring(DOCUMENT_BYTES));
    Path warehouse = base.resolve("warehouse");
    for (String[] settings : new String[][] {{"one", "100"}, {"two", "100"}, {"two", "5"}}) {
      RUNS.add(SharedRun.runId(run(warehouse, settings)));
    }

    for (String runId : RUNS) {
      ROWS.add(RunRows.of(warehouse, runId));
    }
  }

  private static CommandLineRun run(Path warehouse, String... settings) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "run",
                "--corpus",
                base.resolve(settings[0]).toString(),
                "--keep-similar",
                settings[1],
                "--alternates",
                "none",
                "--prompts",
                "10",
                "--warehouse",
                warehouse.toString()));
    CommandLineRun run = CommandLineRun.of(SmallModel.with(arguments));
    assertThat(run.status()).as(run.err()).isZero();
    return run;
  }

  @BeforeEach
  void copyOfTheWarehouse() throws IOException {
    warehouse = folder.resolve("a warehouse");
    SharedRun.copy(base.resolve("warehouse"), warehouse);
  }

  private CommandLineRun expire(String... options) {
    List<String> arguments =
        new ArrayList<>(List.of("expire", "--warehouse", warehouse.toString()));
    arguments.addAll(Arrays.asList(options));
    return CommandLineRun.of(arguments.toArray(String[]::new));
  }

  @Test
  void byDefaultTheseRunsStay() throws IOException {
    Map<String, Long> before = files();
    CommandLineRun run = expire();
    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.lastLine()).isEqualTo("kindred: expired runs=0 files=0 bytes=0");
    assertThat(files()).isEqualTo(before);
  }

  @Test
  void aDryRunShowsWhatGoesAndDeletesNothing() throws IOException {
    Map<String, Long> before = files();
    CommandLineRun tried = expire("--keep", "1", "--dry-run");
    assertThat(tried.status()).as(tried.err()).isZero();
    assertThat(files()).isEqualTo(before);

    CommandLineRun done = expire("--keep", "1");
    assertThat(done.status()).as(done.err()).isZero();
    assertThat(tried.out()).isEqualTo(done.out().replace("expired", "would expire"));
    long bytes = sum(before) - sum(files());
    assertThat(done.lastLine())
        .isEqualTo(
            String.format(
                "kindred: expired runs=2 files=%d bytes=%d",
                before.size() - files().size(), bytes));
    assertThat(done.out()).contains("run " + RUNS.get(0) + ", published 20");
  }

  @Test
  void whatIsKeptIsStillThereAndWhatIsNotIsGone() throws IOException {
    assertThat(expire("--keep", "2").status()).isZero();
    assertThat(RunRows.of(warehouse, RUNS.get(1))).isEqualTo(ROWS.get(1));
    assertThat(RunRows.of(warehouse, RUNS.get(2))).isEqualTo(ROWS.get(2));
    assertThat(files().keySet()).noneMatch(path -> path.contains(RUNS.get(0)));
    CommandLineRun report =
        CommandLineRun.of("report", "--run-id", RUNS.get(0), "--warehouse", warehouse.toString());
    assertThat(report.status()).isEqualTo(2);
    assertThat(SharedRun.runId(run(warehouse, "two", "5")))
        .as("nothing to do")
        .isEqualTo(RUNS.get(2));
  }

  @Test
  void filesThatALongerCorpusSharesStayAndCanBeUsedAgain() throws IOException {
    assertThat(expire("--keep", "1").status()).isZero();
    String again = SharedRun.runId(run(warehouse, "one", "100"));
    assertThat(RunRows.of(warehouse, again)).isEqualTo(ROWS.get(0));
    assertThat(RunRows.of(warehouse, RUNS.get(2))).isEqualTo(ROWS.get(2));
  }

  @Test
  void whatAKilledExpiryHasLeftGoesTheNextTime() throws IOException {
    Path undisturbed = folder.resolve("undisturbed");
    Files.move(warehouse, undisturbed);
    copyOfTheWarehouse();
    assertThat(expire("--keep", "1").status()).isZero();
    Map<String, Long> left = files();

    Files.delete(undisturbed.resolve("runs/run_id=" + RUNS.get(0) + "/_commits/complete.json"));
    Files.delete(undisturbed.resolve("run_plans/" + RUNS.get(0) + ".json"));
    Files.delete(
        undisturbed.resolve("distances/run_id=" + RUNS.get(0) + "/_commits/complete.json"));
    warehouse = undisturbed;
    assertThat(expire("--keep", "1").status()).isZero();
    assertThat(files()).isEqualTo(left);
  }

  @Test
  void whatAKilledPlanLeftGoesAfterADay() throws IOException {
    Path killed = planned("0b8f8a5c-0a0e-4b5e-8a77-0f2f0a4c1d11");
    Path underway = planned("1b8f8a5c-0a0e-4b5e-8a77-0f2f0a4c1d11");
    Files.setLastModifiedTime(
        killed.resolve("c-1/tinyshakespeare.txt"),
        FileTime.from(Instant.now().minus(Duration.ofDays(2))));
    CommandLineRun run = expire("--keep", "1");
    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.out())
        .contains("1 folders of kindred plan older than 1 day")
        .doesNotContain("left alone");
    assertThat(killed).doesNotExist();
    assertThat(underway).exists();
  }

  /** The folder of an estimate over the embedded corpus. */
  private Path planned(String id) throws IOException {
    Path folder = warehouse.resolve("_plan-" + id);
    Files.createDirectories(folder.resolve("c-1"));
    Files.writeString(folder.resolve("c-1/tinyshakespeare.txt"), "First Citizen:");
    return folder;
  }

  @Test
  void settingsThatTuneHasFoundAreKindredsOwn() throws IOException {
    Path tuning = Files.createDirectory(warehouse.resolve("tunings")).resolve("m-1.conf");
    Files.writeString(tuning, "kindred.saturation = 300");
    CommandLineRun run = expire("--keep", "1");
    assertThat(run.out()).doesNotContain("left alone");
    assertThat(tuning).exists();
  }

  @Test
  void filesOfOthersAndLinksAreNamedAndLeftAlone() throws IOException {
    Path outside = Files.createDirectories(folder.resolve("outside/block=0"));
    Files.writeString(outside.resolve("part-00000-1-x.zstd.parquet"), "not ours");
    Files.createSymbolicLink(warehouse.resolve("windows/corpus_id=c-link"), outside.getParent());
    Files.createSymbolicLink(
        warehouse.resolve("windows/part-00000-1-x.zstd.parquet"),
        outside.resolve("part-00000-1-x.zstd.parquet"));
    Files.writeString(warehouse.resolve("notes.txt"), "not ours");
    Files.createDirectories(warehouse.resolve("backup/windows"));
    Files.writeString(warehouse.resolve("windows/notes.txt"), "not ours");
    CommandLineRun run = expire("--keep", "1");
    assertThat(run.out().lines().filter(line -> line.startsWith("left alone")))
        .containsExactlyInAnyOrder(
            "left alone, as it is not Kindred's: backup",
            "left alone, as it is not Kindred's: notes.txt",
            "left alone, as it is not Kindred's: windows/corpus_id=c-link",
            "left alone, as it is not Kindred's: windows/notes.txt",
            "left alone, as it is not Kindred's: windows/part-00000-1-x.zstd.parquet");
    assertThat(outside.resolve("part-00000-1-x.zstd.parquet")).exists();
    assertThat(warehouse.resolve("windows/corpus_id=c-link")).isSymbolicLink();
    assertThat(warehouse.resolve("notes.txt")).exists();
    assertThat(warehouse.resolve("backup/windows")).exists();
  }

  @Test
  void nothingGoesIfARecordThatMayProtectFilesCannotBeRead() throws IOException {
    Path record;
    try (Stream<Path> files = Files.walk(warehouse.resolve("activations"))) {
      record = files.filter(file -> file.endsWith("complete.json")).findFirst().orElseThrow();
    }

    Files.delete(record.resolveSibling(".complete.json.crc"));
    Files.writeString(record, "{\"files\": [");
    Map<String, Long> before = files();
    CommandLineRun run = expire("--keep", "1");
    assertThat(run.status()).as(run.err()).isEqualTo(2);
    assertThat(run.messages())
        .singleElement()
        .asString()
        .contains("nothing was deleted, as a record cannot be read: ");
    assertThat(files()).isEqualTo(before);
  }

  @Test
  void aWarehouseInUseIsLeftAlone() throws IOException {
    Map<String, Long> before = files();
    org.apache.hadoop.fs.Path root = new org.apache.hadoop.fs.Path(warehouse.toUri());
    try (WarehouseLock lock =
        WarehouseLock.acquire(
            root.getFileSystem(new Configuration(false)), root, "the command run", Duration.ZERO)) {
      CommandLineRun run = expire("--keep", "1");
      assertThat(run.status()).as(run.err()).isEqualTo(4);
      assertThat(run.messages())
          .singleElement()
          .asString()
          .contains("in use by the command run (process ");
      lock.check();
    }

    assertThat(files()).isEqualTo(before);
  }

  @Test
  void atLeastOneRunIsKept() {
    CommandLineRun run = expire("--keep", "0");
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.messages())
        .containsExactly("kindred: --keep 0: expected a whole number from 1 to 2147483647");
  }

  @Test
  void aWarehouseThatIsNotThereIsNamedAndNotCreated() {
    warehouse = folder.resolve("nowhere");
    CommandLineRun run = expire();
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.messages())
        .containsExactly("kindred: --warehouse file:" + warehouse + ": no such folder");
    assertThat(warehouse).doesNotExist();
  }

  /** Bytes of every file. */
  /** Sizes of all files but those of the lock, which each command leaves others of. */
  private Map<String, Long> files() throws IOException {
    Map<String, Long> bytes = new TreeMap<>();
    try (Stream<Path> files = Files.walk(warehouse)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        bytes.put(warehouse.relativize(file).toString(), Files.size(file));
      }
    }

    bytes.keySet().removeIf(name -> name.startsWith("_lock."));

    return bytes;
  }

  private static long sum(Map<String, Long> bytes) {
    return bytes.values().stream().mapToLong(Long::longValue).sum();
  }
}
