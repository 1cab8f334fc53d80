/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@code submit-scripts/kindred.sh} and what calls it, over a {@code java} that only says how it
 * was called.
 */
class TestKindredScript {
  private static final String JAVA =
      """
      #!/usr/bin/env bash
      if [ "$1" = -version ]; then
        [ ! -e "${0%/*}/broken" ] || { cat "${0%/*}/broken"; exit 1; } >&2
        cat "${0%/*}/version" >&2
        exit
      fi
      printf '%s\\n' "$@"
      for name in LC_ALL SPARK_LOCAL_IP SPARK_LOCAL_HOSTNAME; do echo "$name=${!name:-}"; done
      """;

  @TempDir private Path folder;
  private Path java;
  private Path home;

  private record Run(int status, String output) {}

  @BeforeEach
  void install() throws IOException {
    java = Files.createDirectories(folder.resolve("jdk/bin")).resolve("java");
    Files.writeString(java, JAVA);
    assertThat(java.toFile().setExecutable(true)).isTrue();
    version("openjdk version \"17.0.15\" 2025-04-15");
    home = Files.createDirectory(folder.resolve("clone"));
    ScriptRun.install(home);
    Files.copy(Path.of(System.getProperty("kindred.home"), "pom.xml"), home.resolve("pom.xml"));
    for (String module : List.of("pipeline", "udfs", "jobs")) {
      Files.createDirectories(home.resolve(module + "/src/main"));
      Files.createFile(home.resolve(module + "/pom.xml"));
    }

    Files.createDirectory(home.resolve("data-schemas"));
    Path target = Files.createDirectories(home.resolve("jobs/target"));
    Files.writeString(target.resolve("spark.classpath"), java.toString());
    Files.createFile(target.resolve("kindred-jobs-1-spark.jar"));
  }

  private void version(String text) throws IOException {
    Files.writeString(java.resolveSibling("version"), text + "\n");
  }

  private Run run(Map<String, String> environment, String... command)
      throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.directory(folder.toFile());
    Map<String, String> variables = builder.environment();
    variables.keySet().removeIf(name -> name.matches("LC_.*|LANG|KINDRED_.*|SPARK_.*|CDPATH"));
    variables.put("JAVA_HOME", folder.resolve("jdk").toString());
    variables.putAll(environment);
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Run(process.waitFor(), output);
  }

  private Run kindred(Map<String, String> environment, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(home.resolve("submit-scripts/kindred.sh").toString());
    command.addAll(Arrays.asList(arguments));
    return run(environment, command.toArray(String[]::new));
  }

  private void assertRefused(Run run, String message) {
    assertThat(run.output()).isEqualTo("kindred: " + message + "\n");
    assertThat(run.status()).isEqualTo(2);
  }

  @Test
  void theProgramIsStartedWithItsArgumentsAsTheyAre() throws IOException, InterruptedException {
    Run run = kindred(Map.of(), "explain", "it's \"a\" $HOME * b");
    assertThat(run.status()).isZero();
    assertThat(run.output().lines())
        .contains("-Xmx6g", "-Dkindred.home=" + home.toRealPath())
        .containsSequence("dev.kindred.jobs.Kindred", "explain", "it's \"a\" $HOME * b");
  }

  @Test
  void classesThatTheFirstSqlLeavesAreUsedUntilTheNextBuild()
      throws IOException, InterruptedException {
    assertThat(kindred(Map.of(), "runs").output()).doesNotContain(".jsa");
    assertThat(kindred(Map.of(), "sql").output()).contains("-XX:ArchiveClassesAtExit=");
    assertThat(kindred(Map.of(), "sql").output())
        .as("a Java that has left none is not asked again")
        .doesNotContain(".jsa");

    Path target = home.toRealPath().resolve("jobs/target");
    Path archive;
    try (Stream<Path> files = Files.list(target)) {
      archive = files.filter(file -> file.toString().endsWith(".jsa")).findFirst().orElseThrow();
    }

    Files.writeString(archive, "classes");
    assertThat(kindred(Map.of(), "runs").output().lines())
        .contains("-XX:SharedArchiveFile=" + archive);

    Files.setLastModifiedTime(archive, FileTime.fromMillis(0));
    assertThat(kindred(Map.of(), "sql").output()).contains("-XX:ArchiveClassesAtExit=");
  }

  @Test
  void anSqlThatFailsLeavesNoClasses() throws IOException, InterruptedException {
    Files.writeString(java, JAVA + "exit 2\n");
    assertThat(kindred(Map.of(), "sql").status()).isEqualTo(2);
    try (Stream<Path> files = Files.list(home.resolve("jobs/target"))) {
      assertThat(files.map(Path::toString)).noneMatch(file -> file.contains(".jsa"));
    }
  }

  @ParameterizedTest
  @CsvSource({",", "LANG,C", "LC_ALL,POSIX", "LANG,de_DE"})
  void withoutAUtf8LocaleTheScriptChoosesOne(String variable, String value)
      throws IOException, InterruptedException {
    Map<String, String> environment = variable == null ? Map.of() : Map.of(variable, value);
    assertThat(kindred(environment, "--version").output().lines()).contains("LC_ALL=C.UTF-8");
  }

  @Test
  void aUtf8LocaleIsTheUsersOwn() throws IOException, InterruptedException {
    assertThat(kindred(Map.of("LANG", "C.UTF-8"), "--version").output().lines())
        .contains("LC_ALL=");
  }

  @Test
  void sparkNeedsNoNameOfTheHost() throws IOException, InterruptedException {
    assertThat(kindred(Map.of(), "--version").output().lines())
        .contains("SPARK_LOCAL_IP=127.0.0.1", "SPARK_LOCAL_HOSTNAME=localhost");
    assertThat(kindred(Map.of("SPARK_LOCAL_IP", "10.0.0.7"), "--version").output().lines())
        .contains("SPARK_LOCAL_IP=10.0.0.7");
  }

  @ParameterizedTest
  @ValueSource(strings = {"kindred.sh", "run-local.sh", "sql.sh"})
  void aScriptIsStartedByALinkAndWithACdPath(String name) throws IOException, InterruptedException {
    Path first = folder.resolve("first");
    Files.createSymbolicLink(first, home.resolve("submit-scripts").resolve(name));
    Path second = Files.createSymbolicLink(folder.resolve("second"), Path.of("first"));
    for (String command : List.of(second.toString(), "./second", "clone/submit-scripts/" + name)) {
      Run run = run(Map.of("CDPATH", "/:.:" + folder), command, "--help");
      assertThat(run.status()).as(run.output()).isZero();
      assertThat(run.output().lines()).contains("-Dkindred.home=" + home.toRealPath());
    }
  }

  @Test
  void nightlyIsStartedByALinkAndWithACdPath() throws IOException, InterruptedException {
    Path link = folder.resolve("nightly");
    Files.createSymbolicLink(link, home.resolve("submit-scripts/nightly.sh"));
    Run run = run(Map.of("CDPATH", "/:."), link.toString());
    assertRefused(run, "nightly.sh: which file? Copy conf/nightly.env.example");
  }

  @ParameterizedTest
  @ValueSource(strings = {"300m", "511M", "1k"})
  void tooLittleMemoryIsRefused(String memory) throws IOException, InterruptedException {
    assertRefused(
        kindred(Map.of("KINDRED_MEMORY", memory), "run"),
        "KINDRED_MEMORY=" + memory + ": Spark needs 512m or more");
  }

  @ParameterizedTest
  @ValueSource(strings = {"4GB", "2000", "2 g", "-1g", "0g", "1.5g", "lots"})
  void memoryThatIsNoSizeIsRefused(String memory) throws IOException, InterruptedException {
    assertRefused(
        kindred(Map.of("KINDRED_MEMORY", memory), "run"),
        "KINDRED_MEMORY="
            + memory
            + ": expected a whole number of megabytes or gigabytes, such as 2000m or 4g");
  }

  @ParameterizedTest
  @ValueSource(strings = {"openjdk version \"25.0.1\" 2025-10-21", "java version \"1.8.0_402\""})
  void anotherVersionOfJavaIsRefused(String text) throws IOException, InterruptedException {
    version(text);
    assertRefused(
        kindred(Map.of(), "run"),
        java + " is " + text + "; install JDK 17 or 21, or set JAVA_HOME to one");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "openjdk version \"21\" 2023-09-19",
        "openjdk version \"17-ea\" 2021-09-14",
        "Picked up JAVA_TOOL_OPTIONS: -Dx=1\nopenjdk version \"21.0.4\" 2024-07-16 LTS"
      })
  void bothVersionsOfJavaCanBeUsed(String text) throws IOException, InterruptedException {
    version(text);
    assertThat(kindred(Map.of(), "run").status()).isZero();
  }

  @Test
  void aJavaThatDoesNotStartSaysWhy() throws IOException, InterruptedException {
    Files.writeString(
        java.resolveSibling("broken"),
        "Error occurred during initialization of VM\nCould not reserve enough space\n");
    assertThat(kindred(Map.of(), "run").output())
        .contains(java + " does not start: ")
        .contains("Could not reserve enough space");
  }

  @Test
  void noJavaIsNamed() throws IOException, InterruptedException {
    assertRefused(
        kindred(Map.of("JAVA_HOME", "/nowhere"), "run"),
        "no /nowhere/bin/java; install JDK 17 or set JAVA_HOME");
  }

  @Test
  void aFolderWithAColonInItsNameIsRefused() throws IOException, InterruptedException {
    Path renamed = Files.move(home, folder.resolve("k:ndred"));
    home = renamed;
    assertRefused(
        kindred(Map.of(), "run"),
        renamed.toRealPath()
            + ": Java's class path cannot have a colon in it; move or rename the folder");
  }

  @Test
  void fewOpenFilesAreRefused() throws IOException, InterruptedException {
    Run run =
        run(
            Map.of(),
            "bash",
            "-c",
            "ulimit -n 40; exec \"$0\" run",
            home.resolve("submit-scripts/kindred.sh").toString());
    assertRefused(run, "only 40 files may be open at once; allow 1024 or more (ulimit -n)");
  }
}
