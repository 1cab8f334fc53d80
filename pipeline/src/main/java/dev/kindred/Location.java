/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred;

import java.io.IOException;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;

/**
 * A file or folder that a user names: on any file system that Hadoop knows, as a URI. A text
 * without a scheme is a path of the local disk, below the working directory, whatever Hadoop's
 * default file system is; so a command means the same with and without a cluster's configuration.
 *
 * @param option the setting that names it, for messages: {@code --corpus}
 * @param path with its scheme
 */
public record Location(String option, Path path) {
  private static final Pattern PASSWORD = Pattern.compile("[A-Za-z0-9+.-]+://[^/@]*:[^/@]*@.*");

  /** What Hadoop has file systems for that can only read, and know neither lengths nor folders. */
  private static final Set<String> OF_THE_WEB = Set.of("http", "https", "ftp");

  /**
   * Understands a text.
   *
   * @throws InvalidInput if it is empty, is no path, is a web address, has a password in it, which
   *     logs and tables would show, or is below the working directory where that is not the user's
   */
  public static Location of(String option, String text) {
    if (text.isEmpty()) {
      throw new InvalidInput("%s: empty; name a file or folder, or its URI", option);
    }

    if (PASSWORD.matcher(text).matches()) {
      throw new InvalidInput(
          "%s: has a password in it; give credentials to Spark's Hadoop settings instead", option);
    }

    Path path;
    try {
      path = absolute(text);
    } catch (IllegalArgumentException e) {
      throw new InvalidInput(
          "%s %s: not a path: %s; a local one with a colon in its name begins with ./",
          option, text, e.getMessage());
    }

    boolean isRelative = new Path(text).toUri().getScheme() == null && !text.startsWith("/");
    if (isRelative && !hasWorkingDirectory()) {
      throw new InvalidInput(
          "%s %s: is below the working folder, and the driver has another one in the deploy mode"
              + " cluster; name it with its scheme, such as hdfs:///folder",
          option, text);
    }

    if (OF_THE_WEB.contains(path.toUri().getScheme().toLowerCase(Locale.ROOT))) {
      throw new InvalidInput(
          "%s %s: a web address cannot be used; download it, and name the file or folder",
          option, text);
    }

    return new Location(option, path);
  }

  /**
   * Whether the working directory is the user's. It is not where Spark has started the driver on a
   * cluster, in a folder that goes with it.
   */
  public static boolean hasWorkingDirectory() {
    return !"cluster".equals(System.getProperty("spark.submit.deployMode"));
  }

  private static Path absolute(String text) {
    if (new Path(text).toUri().getScheme() != null) {
      return new Path(text);
    }

    Path local = new Path(java.nio.file.Path.of(text).toAbsolutePath().normalize().toUri());
    return new Path(local.toString()); // without the slash that an existing folder's URI ends with
  }

  /**
   * The file system that it is on.
   *
   * @throws InvalidInput if there is none for its scheme, or it cannot be set up
   */
  public FileSystem fileSystem(Configuration hadoop) {
    try {
      return path.getFileSystem(hadoop);
    } catch (IOException | RuntimeException e) {
      throw new InvalidInput("%s %s: %s", option, path, problem(e));
    }
  }

  /**
   * The same file system, on local disks without a {@code .crc} file beside each: people have no
   * use for those of their own files, and with a colon in a file's name there is none that can be
   * named.
   */
  public static FileSystem withoutChecksums(FileSystem files) {
    return files instanceof LocalFileSystem local ? local.getRaw() : files;
  }

  private String problem(Exception thrown) {
    String message = String.valueOf(thrown.getMessage()).lines().findFirst().orElse("");
    String scheme = path.toUri().getScheme();
    if (message.contains("S3AFileSystem not found")) {
      return "reading "
          + scheme
          + ":// needs Hadoop's S3A; give spark-submit --packages"
          + " org.apache.hadoop:hadoop-aws:VERSION, with the version of Spark's Hadoop";
    }

    if (message.startsWith("No FileSystem for scheme")) {
      return "there is no file system for "
          + scheme
          + ":// here; file, hdfs, viewfs and s3a are usual,"
          + " others need their jar (spark-submit --packages)";
    }

    return "its file system cannot be used: " + message;
  }

  /**
   * The path with the authority that its file system gives it: {@code hdfs:///x} becomes {@code
   * hdfs://namenode:8020/x}, as Spark and listings name what is in it.
   *
   * @throws InvalidInput as {@link #fileSystem} does
   */
  public Path qualified(Configuration hadoop) {
    FileSystem files = fileSystem(hadoop);
    return path.makeQualified(files.getUri(), files.getWorkingDirectory());
  }

  /**
   * A file's place in a folder, with {@code /} between names. Only paths are compared: both are on
   * one file system, which may be named in several ways ({@code hdfs:///}, {@code
   * hdfs://namenode:8020/}).
   *
   * @throws IllegalArgumentException if the file is not below the folder
   */
  public static String below(Path folder, Path file) {
    String start = folder.toUri().getPath();
    start = start.endsWith("/") ? start : start + "/";
    String path = file.toUri().getPath();
    if (!path.startsWith(start) || path.length() == start.length()) {
      throw new IllegalArgumentException("Not below " + folder + ": " + file);
    }

    return path.substring(start.length());
  }

  /** The last name in an address, whether or not a {@code /} ends it. */
  public static String lastName(String address) {
    String path = address.replaceAll("/+$", "");
    return path.substring(path.lastIndexOf('/') + 1);
  }

  /** A local file as a path that can be opened as it stands; others as they are. */
  public static String shown(Path file) {
    return "file".equals(file.toUri().getScheme()) ? file.toUri().getPath() : file.toString();
  }
}
