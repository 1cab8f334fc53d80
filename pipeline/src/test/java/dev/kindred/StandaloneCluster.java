/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.spark.launcher.JavaModuleOptions;

/**
 * A Spark standalone cluster on this host, of jars from Maven: the master, its workers and each
 * program that is run against it are processes, and the workers start executors as further ones.
 *
 * <p>Every process writes its standard output and error to files in one folder.
 */
public final class StandaloneCluster implements AutoCloseable {
  private static final Pattern MASTER_URL = Pattern.compile("spark://127\\.0\\.0\\.1:\\d+");

  /** For processes that live for seconds: most of their work is to start. */
  public static final List<String> SHORT_LIVED =
      List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");

  /**
   * What bin/spark-submit and bin/spark-class of a distribution do: Spark's launcher says what to
   * execute.
   */
  private static final String SPARK_SUBMIT =
      """
      #!/usr/bin/env bash
      set -euo pipefail
      command=()
      while IFS= read -r -d '' word; do command+=("$word"); done < <(
        "%1$s/bin/java" -Xmx64m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp "$SPARK_HOME/jars/*" \\
          org.apache.spark.launcher.Main org.apache.spark.deploy.SparkSubmit "$@" | tail -c +3)
      exec "${command[@]}"
      """;

  private final Path folder;
  private final Path sparkHome;
  private final List<Process> processes = new ArrayList<>();
  private final List<Process> workers = new ArrayList<>();
  private final String masterUrl;

  /**
   * Starts a master.
   *
   * @param folder an empty one, for logs and workers' files
   * @param jars what the Spark distribution of this cluster consists of
   */
  public StandaloneCluster(Path folder, List<Path> jars) throws IOException, InterruptedException {
    this.folder = folder;
    this.sparkHome = sparkHome(folder.resolve("spark-home"), jars);
    daemon(
        "master",
        Map.of("spark.master.rest.enabled", "false"),
        List.of(
            "org.apache.spark.deploy.master.Master",
            "--host",
            "127.0.0.1",
            "--port",
            "0",
            "--webui-port",
            "0"),
        Map.of());
    this.masterUrl = awaitMasterUrl();
  }

  /** The jars of a class path. */
  public static List<Path> jars(String classPath) {
    return Stream.of(classPath.split(File.pathSeparator))
        .filter(entry -> entry.endsWith(".jar"))
        .map(Path::of)
        .filter(Files::exists)
        .toList();
  }

  /**
   * Starts a worker.
   *
   * @param memory as Spark writes it, for all executors of the worker
   * @param conf further Spark settings of the worker
   * @param environment further variables of the worker, which its executors inherit
   */
  public void startWorker(
      int cores, String memory, Map<String, String> conf, Map<String, String> environment)
      throws IOException {
    int number = workers.size() + 1;
    List<String> mainAndArguments =
        List.of(
            "org.apache.spark.deploy.worker.Worker",
            "--host",
            "127.0.0.1",
            "--webui-port",
            "0",
            "--cores",
            Integer.toString(cores),
            "--memory",
            memory,
            "--work-dir",
            folder.resolve("work-" + number).toString(),
            masterUrl);
    workers.add(daemon("worker-" + number, conf, mainAndArguments, environment));
  }

  public String masterUrl() {
    return masterUrl;
  }

  /** A folder with what programs need of a distribution: jars/ and bin/spark-submit. */
  public Path sparkHome() {
    return sparkHome;
  }

  /**
   * Runs a driver to its end.
   *
   * @param main class with a main method, of this class path, whose folders executors get as well
   * @param conf further Spark settings
   * @return what it printed on standard output
   */
  public List<String> run(Class<?> main, Map<String, String> conf)
      throws IOException, InterruptedException {
    String classPath = System.getProperty("java.class.path");
    Map<String, String> all = new HashMap<>(conf);
    all.put("spark.master", masterUrl);
    all.put("spark.driver.host", "127.0.0.1");
    all.put("spark.driver.bindAddress", "127.0.0.1");
    all.put("spark.ui.enabled", "false");
    all.put("spark.executor.extraClassPath", folders(classPath));
    List<String> command = java(all, classPath);
    command.add(main.getName());
    Process driver = start("driver", command, Map.of());
    if (!driver.waitFor(4, TimeUnit.MINUTES) || driver.exitValue() != 0) {
      throw new AssertionError("The driver failed or hangs:\n" + logs());
    }

    return Files.readAllLines(folder.resolve("driver.out"));
  }

  private static String folders(String classPath) {
    return String.join(
        File.pathSeparator,
        Stream.of(classPath.split(File.pathSeparator))
            .filter(entry -> Files.isDirectory(Path.of(entry)))
            .toList());
  }

  private Process daemon(
      String name,
      Map<String, String> conf,
      List<String> mainAndArguments,
      Map<String, String> environment)
      throws IOException {
    List<String> command = java(conf, sparkHome + "/jars/*");
    command.addAll(mainAndArguments);
    return start(name, command, environment);
  }

  /** A command line for Java as Spark starts it, without the main class. */
  public static List<String> java(Map<String, String> conf, String classPath) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    Collections.addAll(command, JavaModuleOptions.defaultModuleOptionArray());
    command.addAll(SHORT_LIVED);
    command.add("-Xmx512m");
    conf.forEach((key, value) -> command.add("-D" + key + "=" + value));
    command.add("-cp");
    command.add(classPath);
    return command;
  }

  /**
   * Starts a process that ends with the cluster, if not before. Its output goes to {@code
   * <name>.out}, its errors to {@code <name>.err}.
   *
   * @param name not used before
   * @param environment variables beside those that a program finds on a host with Spark
   */
  public Process start(String name, List<String> command, Map<String, String> environment)
      throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectOutput(output(name).toFile())
            .redirectError(errors(name).toFile());
    builder.environment().put("SPARK_HOME", sparkHome.toString());
    // Without it Spark looks for its own sources to find out which Scala it was built for.
    builder.environment().put("SPARK_SCALA_VERSION", "2.13");
    builder.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
    builder.environment().putAll(environment);
    Process process = builder.start();
    processes.add(process);
    return process;
  }

  /** Where a process's standard output goes. */
  public Path output(String name) {
    return folder.resolve(name + ".out");
  }

  /** Where a process's standard error goes. */
  public Path errors(String name) {
    return folder.resolve(name + ".err");
  }

  /** Executors that run now, of all applications: what workers have started. */
  public List<ProcessHandle> executors() {
    return workers.stream().flatMap(Process::children).toList();
  }

  /** Logs of executors, those that have ended too. */
  public List<Path> executorLogs() throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(path -> path.endsWith("stderr")).sorted().toList();
    }
  }

  private String awaitMasterUrl() throws IOException, InterruptedException {
    for (int i = 0; i < 600 && processes.get(0).isAlive(); i++) {
      Matcher url = MASTER_URL.matcher(Files.readString(errors("master")));
      if (url.find()) {
        return url.group();
      }

      Thread.sleep(100);
    }

    close();
    throw new AssertionError("The master does not start:\n" + logs());
  }

  /** What all processes have written to their standard errors. */
  public String logs() throws IOException {
    StringBuilder all = new StringBuilder();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file :
          files.filter(path -> path.toString().matches(".*(\\.err|/stderr)")).sorted().toList()) {
        all.append("--- ").append(file).append('\n');
        all.append(new String(Files.readAllBytes(file), StandardCharsets.UTF_8));
      }
    }

    return all.toString();
  }

  private static Path sparkHome(Path home, List<Path> jars) throws IOException {
    Path folder = Files.createDirectories(home.resolve("jars"));
    for (Path jar : jars) {
      Files.createSymbolicLink(folder.resolve(jar.getFileName()), jar.toAbsolutePath());
    }

    Path script = Files.createDirectories(home.resolve("bin")).resolve("spark-submit");
    Files.writeString(script, String.format(SPARK_SUBMIT, System.getProperty("java.home")));
    if (!script.toFile().setExecutable(true)) {
      throw new IOException("Cannot be made executable: " + script);
    }

    return home;
  }

  /** Ends programs, workers with their executors, and the master, in that order. */
  @Override
  public void close() throws IOException {
    for (int i = processes.size() - 1; i >= 0; i--) {
      Process process = processes.get(i);
      process.descendants().forEach(ProcessHandle::destroy);
      process.destroy();
      try {
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
          process.destroyForcibly().waitFor();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        process.destroyForcibly();
      }
    }

    // JUnit warns of each link in a temporary folder that it deletes.
    try (Stream<Path> links = Files.list(sparkHome.resolve("jars"))) {
      for (Path link : links.toList()) {
        Files.delete(link);
      }
    }
  }
}
