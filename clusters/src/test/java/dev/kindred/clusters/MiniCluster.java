/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.clusters;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.apache.hadoop.yarn.server.MiniYARNCluster;

/**
 * HDFS and YARN as Hadoop tests itself: name node, data node, resource manager and node manager are
 * threads of this process; containers are processes of their own.
 */
final class MiniCluster implements AutoCloseable {
  private final Path folder;
  private final MiniDFSCluster hdfs;
  private final MiniYARNCluster yarn;

  /** Starts both, and writes their configuration where clients look for it. */
  MiniCluster(Path folder) throws IOException {
    this.folder = folder;
    Configuration hadoop = new YarnConfiguration();
    hadoop.set(MiniDFSCluster.HDFS_MINIDFS_BASEDIR, folder.resolve("hdfs").toString());
    hadoop.setBoolean("dfs.permissions.enabled", true);
    hadoop.set("fs.permissions.umask-mode", "022");
    hdfs = new MiniDFSCluster.Builder(hadoop).numDataNodes(1).format(true).build();
    hdfs.waitActive();
    hadoop.setInt("yarn.nodemanager.resource.memory-mb", 8192);
    hadoop.setInt("yarn.nodemanager.resource.cpu-vcores", 4);
    hadoop.setInt("yarn.scheduler.minimum-allocation-mb", 256);
    hadoop.setBoolean("yarn.nodemanager.vmem-check-enabled", false);
    hadoop.setBoolean("yarn.nodemanager.pmem-check-enabled", false);
    // A disk that others fill is none of these tests' concern.
    hadoop.setBoolean("yarn.nodemanager.disk-health-checker.enable", false);
    hadoop.set("yarn.scheduler.capacity.root.queues", "default");
    hadoop.set("yarn.scheduler.capacity.root.default.capacity", "100");
    hadoop.set("yarn.scheduler.capacity.maximum-am-resource-percent", "1");
    yarn = new MiniYARNCluster("kindred", 1, 1, 1);
    yarn.init(hadoop);
    yarn.start();
    writeConfiguration();
  }

  /** What clients need: the rest names classes and folders of the mini clusters. */
  private void writeConfiguration() throws IOException {
    Configuration clients = new Configuration(false);
    for (Map.Entry<String, String> setting : yarn.getConfig()) {
      if (setting.getKey().matches("fs[.]defaultFS|fs[.]permissions.*|yarn[.]resourcemanager.*")) {
        clients.set(setting.getKey(), setting.getValue());
      }
    }

    Path conf = Files.createDirectories(configuration());
    for (String site : List.of("core-site.xml", "yarn-site.xml")) {
      try (OutputStream out = Files.newOutputStream(conf.resolve(site))) {
        clients.writeXml(out);
      }
    }
  }

  /** The folder for HADOOP_CONF_DIR. */
  Path configuration() {
    return folder.resolve("conf");
  }

  DistributedFileSystem fileSystem() {
    try {
      return hdfs.getFileSystem();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** {@code hdfs://localhost:port}. */
  String authority() {
    return fileSystem().getUri().toString();
  }

  /** Copies a local file to a path, or the files of a folder into one. */
  void put(Path from, String to) throws IOException {
    if (Files.isRegularFile(from)) {
      fileSystem()
          .copyFromLocalFile(
              new org.apache.hadoop.fs.Path(from.toUri()), new org.apache.hadoop.fs.Path(to));
      return;
    }

    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        put(file, to + "/" + file.getFileName());
      }
    }
  }

  /** Copies a folder to a local one that is not there. */
  Path get(String from, Path to) throws IOException {
    fileSystem()
        .copyToLocalFile(
            false,
            new org.apache.hadoop.fs.Path(from),
            new org.apache.hadoop.fs.Path(to.toUri()),
            true);
    return to;
  }

  /** The files below a folder, as of now. */
  StoredFiles files(String warehouse) {
    Set<String> names = new TreeSet<>();
    try {
      RemoteIterator<LocatedFileStatus> all =
          fileSystem().listFiles(new org.apache.hadoop.fs.Path(warehouse), true);
      while (all.hasNext()) {
        names.add(all.next().getPath().toUri().getPath().substring(warehouse.length() + 1));
      }
    } catch (IOException e) {
      return new StoredFiles(Set.of()); // one went away meanwhile; the caller asks again
    }

    return new StoredFiles(names);
  }

  /** Kills a process of an application, whose main class ends so, as {@code kill -9} does. */
  static void kill(String mainClass) {
    ProcessHandle process =
        ProcessHandle.current()
            .descendants()
            .filter(child -> isJava(child, mainClass))
            .findFirst()
            .orElseThrow();
    process.destroyForcibly();
  }

  /** Containers begin as shells, which name the class, too. */
  private static boolean isJava(ProcessHandle process, String mainClass) {
    return process.info().command().orElse("").endsWith("/java")
        && process.info().commandLine().orElse("").contains(mainClass + " ");
  }

  /** What containers have written, of all applications. */
  String containerLogs() throws IOException {
    StringBuilder logs = new StringBuilder();
    try (Stream<Path> files = Files.walk(yarn.getTestWorkDir().toPath())) {
      for (Path file : files.filter(path -> path.toString().matches(".*/std(err|out)")).toList()) {
        logs.append(Files.readString(file));
      }
    }

    return logs.toString();
  }

  @Override
  public void close() {
    yarn.stop();
    hdfs.shutdown();
  }
}
