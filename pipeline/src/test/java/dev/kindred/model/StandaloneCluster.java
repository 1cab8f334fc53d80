/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import java.io.File;
import java.io.IOException;
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
 * A Spark standalone cluster on this host, from the class path alone: the master, a worker and a
 * driver are processes, and the worker starts executors as further ones.
 */
final class StandaloneCluster implements AutoCloseable {
  private static final Pattern MASTER_URL = Pattern.compile("spark://127\\.0\\.0\\.1:\\d+");

  /** For processes that live for seconds: most of their work is to start. */
  static final List<String> SHORT_LIVED = List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");

  private final Path folder;
  private final Path sparkHome;
  private final List<Process> processes = new ArrayList<>();
  private final String masterUrl;

  /**
   * Starts a master and its worker.
   *
   * @param folder an empty one, for logs and the worker's files
   * @param cores of the worker
   * @param workerConf further Spark settings of the worker
   * @param path what {@code PATH} begins with for the worker
   */
  StandaloneCluster(Path folder, int cores, Map<String, String> workerConf, Path path)
      throws IOException, InterruptedException {
    this.folder = folder;
    this.sparkHome = sparkHome(folder.resolve("spark-home"));
    start(
        "master",
        Map.of("spark.master.rest.enabled", "false"),
        sparkHome + "/jars/*",
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
    start(
        "worker",
        workerConf,
        sparkHome + "/jars/*",
        List.of(
            "org.apache.spark.deploy.worker.Worker",
            "--host",
            "127.0.0.1",
            "--webui-port",
            "0",
            "--cores",
            Integer.toString(cores),
            "--memory",
            "2g",
            "--work-dir",
            folder.resolve("work").toString(),
            masterUrl),
        Map.of("PATH", path + File.pathSeparator + System.getenv("PATH")));
  }

  /**
   * Runs a driver to its end.
   *
   * @param main class with a main method, of the tests' class path, which executors get as well
   * @param conf further Spark settings
   * @return what it printed on standard output
   */
  List<String> run(Class<?> main, Map<String, String> conf)
      throws IOException, InterruptedException {
    Map<String, String> all = new HashMap<>(conf);
    all.put("spark.master", masterUrl);
    all.put("spark.driver.host", "127.0.0.1");
    all.put("spark.driver.bindAddress", "127.0.0.1");
    all.put("spark.ui.enabled", "false");
    all.put("spark.executor.extraClassPath", foldersOfClassPath());
    Process driver = start("driver", all, classPath(), List.of(main.getName()), Map.of());
    if (!driver.waitFor(4, TimeUnit.MINUTES) || driver.exitValue() != 0) {
      throw new AssertionError("The driver failed or hangs:\n" + logs());
    }

    return Files.readAllLines(folder.resolve("driver.out"));
  }

  private Process start(
      String name,
      Map<String, String> conf,
      String classPath,
      List<String> mainAndArguments,
      Map<String, String> environment)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    Collections.addAll(command, JavaModuleOptions.defaultModuleOptionArray());
    command.addAll(SHORT_LIVED);
    command.add("-Xmx512m");
    conf.forEach((key, value) -> command.add("-D" + key + "=" + value));
    command.add("-cp");
    command.add(classPath);
    command.addAll(mainAndArguments);
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectOutput(folder.resolve(name + ".out").toFile())
            .redirectError(folder.resolve(name + ".err").toFile());
    builder.environment().put("SPARK_HOME", sparkHome.toString());
    // Without it Spark looks for its own sources to find out which Scala it was built for.
    builder.environment().put("SPARK_SCALA_VERSION", "2.13");
    builder.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
    builder.environment().putAll(environment);
    Process process = builder.start();
    processes.add(process);
    return process;
  }

  private String awaitMasterUrl() throws IOException, InterruptedException {
    for (int i = 0; i < 600; i++) {
      Matcher url = MASTER_URL.matcher(Files.readString(folder.resolve("master.err")));
      if (url.find()) {
        return url.group();
      }

      Thread.sleep(100);
    }

    close();
    throw new AssertionError("The master does not start:\n" + logs());
  }

  private String logs() throws IOException {
    StringBuilder all = new StringBuilder();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file :
          files.filter(path -> path.toString().matches(".*(\\.err|/stderr)")).toList()) {
        all.append("--- ").append(file).append('\n').append(Files.readString(file));
      }
    }

    return all.toString();
  }

  private static String classPath() {
    return System.getProperty("java.class.path");
  }

  private static String foldersOfClassPath() {
    return String.join(
        File.pathSeparator,
        Stream.of(classPath().split(File.pathSeparator))
            .filter(entry -> Files.isDirectory(Path.of(entry)))
            .toList());
  }

  /** What a Spark distribution has that executors need: its jars. */
  private static Path sparkHome(Path home) throws IOException {
    Path jars = Files.createDirectories(home.resolve("jars"));
    for (String entry : classPath().split(File.pathSeparator)) {
      Path jar = Path.of(entry);
      if (entry.endsWith(".jar") && Files.exists(jar)) {
        Files.createSymbolicLink(jars.resolve(jar.getFileName()), jar.toAbsolutePath());
      }
    }

    return home;
  }

  /** Ends the driver, the worker with its executors, and the master, in that order. */
  @Override
  public void close() {
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
  }
}
