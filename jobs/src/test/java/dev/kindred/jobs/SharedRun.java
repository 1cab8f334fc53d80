/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static java.nio.file.StandardCopyOption.COPY_ATTRIBUTES;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A published run over the beginning of the embedded corpus, with the bundled model and the
 * settings as they come, made once when it is first asked for: once a build, if the property {@code
 * kindred.tests.shared} names a folder for it, else once a JVM. The corpus is no longer where it
 * was.
 *
 * <p>Tests only read it. One that writes into the warehouse has {@link #copyTo a copy}.
 */
final class SharedRun {
  /** Enough for a planned join. */
  static final int PROMPTS = 70;

  static final int BLOCKS = 6;

  private static final String SHARED_FOLDER = "kindred.tests.shared";
  private static final int CORPUS_CHARACTERS = 12_000;
  private static final int BYTE_ORDER_MARK = 3; // bytes

  private SharedRun() {}

  /** Made when it is first used. */
  private static final class Made {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Path FOLDER = folder();
    private static final Path CORPUS = FOLDER.resolve("beginning.txt");
    private static final Path WAREHOUSE = FOLDER.resolve("warehouse");
    private static final CommandLineRun RUN = made();

    private static Path folder() {
      String shared = System.getProperty(SHARED_FOLDER);
      try {
        if (shared != null) {
          return Files.createDirectories(Path.of(shared));
        }

        Path folder = Files.createTempDirectory("kindred-shared-run");
        Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(folder)));
        return folder;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** The run of the first process that asks for it; others wait until it is there. */
    private static CommandLineRun made() {
      Path said = FOLDER.resolve("said.json");
      try (FileChannel lock =
              FileChannel.open(
                  FOLDER.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          FileLock held = lock.lock()) {
        assertThat(held.isValid()).isTrue();
        if (!Files.exists(said)) {
          deleteThoseOfEarlierBuilds();
          JSON.writeValue(said.toFile(), run());
        }

        return JSON.readValue(said.toFile(), CommandLineRun.class);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private static void deleteThoseOfEarlierBuilds() throws IOException {
      try (Stream<Path> beside = Files.list(FOLDER.getParent())) {
        beside
            .filter(folder -> folder.getFileName().toString().startsWith("shared-run-"))
            .filter(folder -> !folder.equals(FOLDER))
            .forEach(SharedRun::delete);
      }
    }

    /** The corpus goes elsewhere afterwards: what is asked of the run does not need it. */
    private static CommandLineRun run() throws IOException {
      Path ofTheRun = Files.createDirectories(FOLDER.resolve("corpus-of-the-run"));
      Path corpus = corpus(CORPUS_CHARACTERS, ofTheRun.resolve(CORPUS.getFileName()));
      CommandLineRun run =
          CommandLineRun.of(
              "run",
              "--corpus",
              corpus.toString(),
              "--prompts",
              Integer.toString(PROMPTS),
              "--warehouse",
              WAREHOUSE.toString());
      assertThat(run.status()).as(run.err()).isZero();
      Files.move(corpus, CORPUS, StandardCopyOption.REPLACE_EXISTING);
      return run;
    }
  }

  /** The text that the run is about. */
  static Path corpus() {
    return Made.CORPUS;
  }

  /** The warehouse, to be read only. */
  static Path warehouse() {
    return Made.WAREHOUSE;
  }

  static CommandLineRun run() {
    return Made.RUN;
  }

  static String runId() {
    return runId(Made.RUN);
  }

  /** The id in the last line of a run, or of what is about one. */
  static String runId(CommandLineRun run) {
    assertThat(run.lastLine()).as(run.err()).contains("run_id=");
    return run.lastLine().replaceAll(".*run_id=(\\S+).*", "$1");
  }

  /** Runs a command on the corpus and prompts of the shared run, in a copy of its warehouse. */
  static CommandLineRun again(String command, Path warehouse, List<String> options) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                command,
                "--corpus",
                corpus().toString(),
                "--prompts",
                Integer.toString(PROMPTS),
                "--warehouse",
                warehouse.toString()));
    arguments.addAll(options);
    return CommandLineRun.of(arguments.toArray(String[]::new));
  }

  /** Copies the warehouse, which a test may then change, and returns the copy. */
  static Path copyTo(Path folder) throws IOException {
    return copy(warehouse(), folder);
  }

  /** Copies a folder with its files' times, by which a warehouse knows what is newer than a run. */
  static Path copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file).toString()), COPY_ATTRIBUTES);
      }
    }

    return to;
  }

  /** Writes the embedded corpus's first characters, which are ASCII, into a file. */
  static Path corpus(int characters, Path file) {
    try (InputStream in = SharedRun.class.getResourceAsStream("/dickens.txt")) {
      in.skipNBytes(BYTE_ORDER_MARK);
      return Files.writeString(
          file, new String(in.readNBytes(characters), StandardCharsets.US_ASCII));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static void delete(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
