/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.PrivilegedAction;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.security.UserGroupInformation;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.util.SerializableConfiguration;

/**
 * Compares files with what their records say of them before a process reads them for the first
 * time. Files never change, so that once is enough; what is between their footers is compared, page
 * by page, whenever it is read.
 */
final class FileCheck {
  /** What takes the driver a second on a slow object store; more files are Spark's work. */
  private static final int ON_DRIVER = 1_000;

  private static final int FILES_PER_TASK = 16;
  private static final int THREADS = 16;
  private static final Set<String> CHECKED = ConcurrentHashMap.newKeySet();
  private static final ThreadPoolExecutor POOL =
      new ThreadPoolExecutor(
          THREADS,
          THREADS,
          10,
          TimeUnit.SECONDS,
          new LinkedBlockingQueue<>(),
          task -> {
            Thread thread = new Thread(task, "kindred-reads");
            thread.setDaemon(true);
            // A session's own, which whoever asks first may have, is closed with the session.
            thread.setContextClassLoader(FileCheck.class.getClassLoader());
            return thread;
          });

  static {
    POOL.allowCoreThreadTimeOut(true);
  }

  private FileCheck() {}

  /**
   * Compares length and footer of those files that have not been compared.
   *
   * @param root the warehouse's folder
   * @return what is wrong with files, by file
   */
  static Map<CommittedFile, String> problems(
      JavaSparkContext spark, Path root, Collection<CommittedFile> files) {
    List<CommittedFile> unchecked =
        files.stream().distinct().filter(file -> !CHECKED.contains(key(root, file))).toList();
    Configuration hadoop = spark.hadoopConfiguration();
    List<String> found =
        unchecked.size() > ON_DRIVER
            ? onExecutors(spark, root, unchecked)
            : inParallel(
                unchecked.stream()
                    .map(file -> (Supplier<String>) () -> text(file.problemOfFooter(root, hadoop)))
                    .toList());
    Map<CommittedFile, String> problems = new LinkedHashMap<>();
    for (int i = 0; i < unchecked.size(); i++) {
      if (found.get(i).isEmpty()) {
        CHECKED.add(key(root, unchecked.get(i)));
      } else {
        problems.put(unchecked.get(i), found.get(i));
      }
    }

    return problems;
  }

  private static List<String> onExecutors(
      JavaSparkContext spark, Path root, List<CommittedFile> files) {
    Broadcast<SerializableConfiguration> hadoop =
        spark.broadcast(new SerializableConfiguration(spark.hadoopConfiguration()));
    String folder = root.toString();
    List<String> found =
        spark
            .parallelize(files, files.size() / FILES_PER_TASK)
            .map(file -> text(file.problemOfFooter(new Path(folder), hadoop.value().value())))
            .collect();
    hadoop.destroy();
    return found;
  }

  private static String text(String problem) {
    return problem == null ? "" : problem;
  }

  private static String key(Path root, CommittedFile file) {
    return root + "/" + file;
  }

  /**
   * Does small reads, which wait for a file system more than they compute, at the same time and
   * with the rights of the caller.
   *
   * @return what they give, in order
   * @throws RuntimeException that of the first that throws one
   */
  static <T> List<T> inParallel(List<Supplier<T>> reads) {
    try {
      UserGroupInformation user = UserGroupInformation.getCurrentUser();
      List<Future<T>> running = new ArrayList<>();
      for (Supplier<T> read : reads) {
        running.add(POOL.submit(() -> user.doAs((PrivilegedAction<T>) read::get)));
      }

      List<T> values = new ArrayList<>();
      for (Future<T> read : running) {
        values.add(read.get());
      }

      return values;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while files were read", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }

      throw new IllegalStateException(e.getCause());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
