/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.clusters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A command of Kindred that {@code submit-scripts/submit.sh} submits with the Spark distribution of
 * SPARK_HOME.
 *
 * @param process the script, which becomes the program that spark-submit starts
 * @param out its standard output
 * @param err its standard error
 */
record Submission(Process process, Path out, Path err) {
  /** For processes that live for a minute: only kernels are worth the optimising compiler. */
  static final String SHORT_LIVED =
      "-XX:+UseSerialGC -XX:Tier4InvocationThreshold=50000 -XX:Tier4MinInvocationThreshold=6000"
          + " -XX:Tier4CompileThreshold=150000 -XX:Tier4BackEdgeThreshold=400000";

  private static final Path HOME = Path.of(System.getProperty("kindred.home"));
  private static final int MINUTES = 10; // for any command here, on a busy machine

  /** Skips tests where there is no Spark distribution that can submit to YARN. */
  static void assumeDistribution() throws IOException {
    assumeThat(System.getenv("SPARK_HOME"))
        .as("SPARK_HOME is not set: name a Spark 4.1 distribution")
        .isNotNull();
    Path jars = Path.of(System.getenv("SPARK_HOME"), "jars");
    assumeThat(Files.isDirectory(jars) && hasYarn(jars))
        .as("SPARK_HOME=%s has no jars/spark-yarn: name a Spark 4.1 distribution", jars.getParent())
        .isTrue();
  }

  private static boolean hasYarn(Path jars) throws IOException {
    try (Stream<Path> all = Files.list(jars)) {
      return all.anyMatch(jar -> jar.getFileName().toString().startsWith("spark-yarn"));
    }
  }

  /**
   * Starts a command.
   *
   * @param folder for its output
   * @param environment further variables, of the script
   */
  static Submission start(Path folder, Map<String, String> environment, List<String> arguments)
      throws IOException {
    Path out = Files.createTempFile(folder, "submission-", ".out");
    Path err = Path.of(out.toString().replace(".out", ".err"));
    List<String> command = new ArrayList<>();
    command.add(HOME.resolve("submit-scripts/submit.sh").toString());
    command.addAll(arguments);
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
    builder.environment().remove("HADOOP_CONF_DIR");
    builder.environment().remove("YARN_CONF_DIR");
    builder.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
    builder.environment().putAll(environment);
    return new Submission(builder.start(), out, err);
  }

  /** Waits for its end, and for a status. */
  Submission endsWith(int status) throws IOException, InterruptedException {
    if (!process.waitFor(MINUTES, TimeUnit.MINUTES) || process.exitValue() != status) {
      String how = process.isAlive() ? "hangs" : "ended with status " + process.exitValue();
      process.destroyForcibly();
      throw new AssertionError("It " + how + ", expected " + status + ":\n" + log());
    }

    return this;
  }

  /** Waits for something that must happen before it ends. */
  void awaitWhileItRuns(String what, BooleanSupplier happened)
      throws IOException, InterruptedException {
    while (!happened.getAsBoolean()) {
      if (process.waitFor(20, TimeUnit.MILLISECONDS)) {
        throw new AssertionError("It ended before " + what + ":\n" + log());
      }
    }
  }

  long pid() {
    return process.pid();
  }

  /** Sends it a signal, as {@code kill} does. */
  void signal(String name) throws IOException, InterruptedException {
    int status = new ProcessBuilder("kill", "-" + name, Long.toString(pid())).start().waitFor();
    assertThat(status).isZero();
  }

  /** Ends it as {@code kill -9} does. */
  void kill() throws IOException, InterruptedException {
    process.destroyForcibly();
    endsWith(137);
  }

  /** What it has written to both outputs so far. */
  String log() throws IOException {
    return Files.readString(out) + Files.readString(err);
  }

  /** Its run, as it says in its last line. */
  String runId() throws IOException {
    Matcher line = Pattern.compile("kindred: run_id=(\\S+)").matcher(Files.readString(out));
    assertThat(line.find()).as(log()).isTrue();
    return line.group(1);
  }

  /** What it says is wrong: one line, without the stack trace of a bug. */
  String refusal() throws IOException {
    assertThat(log()).doesNotContain("\tat ");
    List<String> said =
        Files.readString(err)
            .lines()
            .filter(line -> line.startsWith("kindred: "))
            .filter(line -> !line.startsWith("kindred: no executor has come"))
            .toList();
    assertThat(said).as(log()).hasSize(1);
    return said.get(0);
  }
}
