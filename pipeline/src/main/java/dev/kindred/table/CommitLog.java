/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kindred.InvalidInput;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * What counts of a part's folder: a file is in the part once a record lists it.
 *
 * <p>Records are JSON files in {@code _commits/}. While a part is being written there is one for
 * every few finished tasks, so that little is lost when the writer dies. The last is {@code
 * complete.json}: it appears at once, with all files, and from then on nothing in the part changes.
 */
final class CommitLog {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String FOLDER = "_commits";
  private static final String COMPLETE = "complete.json";

  private final FileSystem files;
  private final Path folder;

  /**
   * A record.
   *
   * @param files what it adds to the part
   * @param properties facts about the whole part, by name; empty before it is complete
   */
  record Commit(List<CommittedFile> files, Map<String, String> properties) {}

  /** The log of the part in a folder. */
  CommitLog(FileSystem files, Path part) {
    this.files = files;
    this.folder = new Path(part, FOLDER);
  }

  boolean isComplete() {
    try {
      return files.exists(new Path(folder, COMPLETE));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The record of a complete part. */
  Optional<Commit> complete() {
    try {
      return Optional.of(read(new Path(folder, COMPLETE)));
    } catch (FileNotFoundException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The files of an incomplete part that are in it already, by path. */
  List<CommittedFile> soFar() {
    try {
      // A record whose writer saw an error may be there all the same, and is then there twice.
      Set<CommittedFile> found = new HashSet<>();
      for (FileStatus record : list()) {
        found.addAll(read(record.getPath()).files());
      }

      return found.stream().sorted(Comparator.comparing(CommittedFile::path)).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private List<FileStatus> list() throws IOException {
    if (!files.exists(folder)) {
      return List.of();
    }

    return Arrays.stream(files.listStatus(folder))
        .filter(file -> !file.getPath().getName().startsWith("."))
        .toList();
  }

  private Commit read(Path path) throws IOException {
    try (var in = files.open(path)) {
      return JSON.readValue(in.readAllBytes(), Commit.class);
    } catch (JsonProcessingException e) {
      throw new InvalidInput(
          "record %s is damaged: %s; remove the folder of its part and run again",
          path, e.getOriginalMessage().lines().findFirst().orElse(""));
    }
  }

  /** Adds files to a part that is not complete. */
  void add(List<CommittedFile> added) {
    create(UUID.randomUUID() + ".json", new Commit(added, Map.of()));
  }

  /** Makes the part complete with the files that are in it so far. */
  void complete(Map<String, String> properties) {
    create(COMPLETE, new Commit(soFar(), new TreeMap<>(properties)));
    try {
      for (FileStatus record : list()) {
        if (!record.getPath().getName().equals(COMPLETE)) {
          files.delete(record.getPath(), false);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void create(String name, Commit commit) {
    try {
      WholeFile.create(files, new Path(folder, name), JSON.writeValueAsBytes(commit));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
