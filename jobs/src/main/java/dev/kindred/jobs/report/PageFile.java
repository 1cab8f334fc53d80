/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import dev.kindred.InvalidInput;
import dev.kindred.Location;
import dev.kindred.table.WholeFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * A file that a page is written to.
 *
 * @param option that names it, for messages
 * @param path where it is
 */
public record PageFile(String option, Path path, Configuration hadoop) {

  /**
   * Returns the file that an option names.
   *
   * @throws InvalidInput if that is no file's name
   */
  public static PageFile of(String option, String name, Configuration hadoop) {
    return new PageFile(option, Location.of(option, name).path(), hadoop);
  }

  /**
   * Checks that the page can be written, before what it shows is computed, and leaves everything as
   * it is.
   *
   * @throws InvalidInput if it cannot
   */
  public void check() {
    try {
      FileSystem files = files();
      if (files.exists(path) && files.getFileStatus(path).isDirectory()) {
        throw new IOException("it is a folder");
      }

      WholeFile.checkCreatable(files, path.getParent());
      if (files.exists(path)
          && "file".equals(path.toUri().getScheme())
          && !Files.isWritable(java.nio.file.Path.of(path.toUri().getPath()))) {
        throw new IOException("it may not be changed");
      }
    } catch (IOException e) {
      throw notWritable(e);
    }
  }

  /** Whether there is such a file. */
  public boolean exists() throws IOException {
    return files().exists(path);
  }

  /**
   * Writes the page in place: also where others hold the file open, as a pipe.
   *
   * @throws InvalidInput if that fails
   */
  public void write(String html) {
    try (var out = withoutChecksums().create(path, true)) {
      out.write(html.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw notWritable(e);
    }
  }

  /**
   * Writes the page whole or not at all: a later command takes one that is there for a whole one.
   *
   * @throws InvalidInput if that fails
   */
  public void replace(String html) {
    try {
      WholeFile.replace(withoutChecksums(), path, html.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw notWritable(e);
    }
  }

  /** Returns the file's name as it can be opened as it stands. */
  public String shown() {
    return Location.shown(path);
  }

  private FileSystem files() {
    return new Location(option, path).fileSystem(hadoop);
  }

  private FileSystem withoutChecksums() {
    return Location.withoutChecksums(files());
  }

  private InvalidInput notWritable(IOException e) {
    return new InvalidInput(
        "%s %s: cannot be written: %s; name a file in a folder that you may write to",
        option, shown(), String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
  }
}
