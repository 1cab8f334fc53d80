/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static java.nio.file.StandardCopyOption.COPY_ATTRIBUTES;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/**
 * A published run over the beginning of the embedded corpus, with the bundled model and the
 * settings as they come, made once per JVM when it is first asked for.
 *
 * <p>Tests only read it. One that writes into the warehouse has {@link #copyTo a copy}.
 */
final class SharedRun {
  /** Enough for a planned join. */
  static final int PROMPTS = 70;

  static final int BLOCKS = 6;

  private static final int CORPUS_CHARACTERS = 12_000;
  private static final int BYTE_ORDER_MARK = 3; // bytes

  private SharedRun() {}

  /** Made when it is first used. */
  private static final class Made {
    private static final Path FOLDER = folder();
    private static final Path CORPUS = corpus(CORPUS_CHARACTERS, FOLDER.resolve("corpus.txt"));
    private static final Path WAREHOUSE = FOLDER.resolve("warehouse");
    private static final CommandLineRun RUN = run();

    private static Path folder() {
      try {
        Path folder = Files.createTempDirectory("kindred-shared-run");
        Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(folder)));
        return folder;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private static CommandLineRun run() {
      CommandLineRun run =
          CommandLineRun.of(
              "run",
              "--corpus",
              CORPUS.toString(),
              "--prompts",
              Integer.toString(PROMPTS),
              "--warehouse",
              WAREHOUSE.toString());
      assertThat(run.status()).as(run.err()).isZero();
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
