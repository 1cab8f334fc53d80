/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.files;

import java.io.File;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkContext;
import org.apache.spark.SparkFiles;
import org.apache.spark.util.SerializableConfiguration;
import scala.jdk.javaapi.CollectionConverters;

/**
 * A file with weights of a model, which each process reads by itself: where it is, or from a copy
 * that Spark brings to every executor.
 *
 * @param uri of the file
 * @param checksums of the file that was checked, so that no process reads another
 * @param hadoop how to reach it
 * @param copy the name that Spark has for it; null where the file is read in its place
 */
public record WeightsFile(
    String uri, Safetensors.Checksums checksums, SerializableConfiguration hadoop, String copy)
    implements Serializable {

  /** Opens the file. */
  FileContent open() throws IOException {
    Path path = new Path(copy == null ? uri : new File(SparkFiles.get(copy)).toURI().toString());
    return FileContent.open(path.getFileSystem(hadoop.value()), path);
  }

  /**
   * Returns the file for executors: what lies on a disk of this machine, Spark copies to theirs.
   *
   * @param id of the file
   */
  WeightsFile onExecutors(SparkContext spark, String id) {
    Path path = new Path(uri);
    if (spark.isLocal() || !"file".equals(path.toUri().getScheme())) {
      return this;
    }

    // Spark tells files apart by their names, and those of all models have the same.
    String name = id + ".safetensors";
    boolean isThere =
        CollectionConverters.asJava(spark.listFiles()).stream()
            .anyMatch(file -> file.endsWith("/" + name));
    if (!isThere) {
      try {
        java.nio.file.Path folder = Files.createTempDirectory("kindred-model");
        java.nio.file.Path link = folder.resolve(name);
        folder.toFile().deleteOnExit();
        Files.createSymbolicLink(link, java.nio.file.Path.of(path.toUri().getPath()));
        link.toFile().deleteOnExit();
        spark.addFile(link.toUri().toString());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    return new WeightsFile(uri, checksums, hadoop, name);
  }
}
