/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
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
 * <p>Records are {@link SealedJson} files in {@code _commits/}. While a part is being written there
 * is one for every few finished tasks, so that little is lost when the writer dies. The last is
 * {@code complete.json}: it appears at once, with all files, and from then on nothing in the part
 * changes.
 */
final class CommitLog {
  private static final String FOLDER = "_commits";
  private static final String COMPLETE = "complete.json";

  private final FileSystem files;
  private final Path part;
  private final Path folder;

  /**
   * A record.
   *
   * @param files what it adds to the part
   * @param properties facts about the whole part, by name; empty before it is complete
   * @param parts what belongs to it elsewhere in the warehouse: of a run's record, its results and
   *     inputs
   */
  record Commit(List<CommittedFile> files, Map<String, String> properties, List<Listed> parts) {
    Commit {
      if (new HashSet<>(files).size() != files.size()) {
        throw new IllegalArgumentException("it lists a file twice");
      }
    }

    long rows() {
      return files.stream().mapToLong(CommittedFile::rows).sum();
    }
  }

  /**
   * A part as another part's record lists it.
   *
   * @param path its folder, below the warehouse
   * @param digest of its record: SHA-256, 64 hexadecimal digits
   */
  record Listed(String path, long rows, String digest) {
    Listed {
      CommittedFile.checkPath(path);
      if (rows < 0 || !digest.matches("[0-9a-f]{64}")) {
        throw new IllegalArgumentException("it lists " + path + " with odd values");
      }
    }
  }

  /** The record of a complete part and the digest of that record. */
  record Complete(Commit commit, String digest) {}

  /** The log of the part in a folder. */
  CommitLog(FileSystem files, Path part) {
    this.files = files;
    this.part = part;
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
    return completeRecord().map(Complete::commit);
  }

  Optional<Complete> completeRecord() {
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
        found.addAll(read(record.getPath()).commit().files());
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

  private Complete read(Path path) throws IOException {
    return SealedJson.read(
        files,
        path,
        "record",
        "remove " + part + " and run again",
        opened -> new Complete(commit(opened), opened.digest()));
  }

  private Commit commit(SealedJson.Opened opened) {
    List<Listed> parts = new ArrayList<>();
    if (opened.format() == 1) {
      opened.checkMembers("files", "properties");
    } else {
      opened.checkMembers("part", "files", "properties", "parts");
      String of = opened.content().get("part").asText();
      if (!of.equals(place())) {
        throw new IllegalArgumentException("it is the record of " + of);
      }

      for (JsonNode listed : array(opened, "parts")) {
        parts.add(SealedJson.Opened.bind(listed, Listed.class));
      }
    }

    List<CommittedFile> committed = new ArrayList<>();
    for (JsonNode file : array(opened, "files")) {
      committed.add(SealedJson.Opened.bind(file, CommittedFile.class));
    }

    return new Commit(committed, properties(opened), parts);
  }

  private static ArrayNode array(SealedJson.Opened opened, String name) {
    if (opened.content().get(name) instanceof ArrayNode array) {
      return array;
    }

    throw new IllegalArgumentException(name + " is no list");
  }

  private static Map<String, String> properties(SealedJson.Opened opened) {
    if (!(opened.content().get("properties") instanceof ObjectNode properties)) {
      throw new IllegalArgumentException("properties is no object");
    }

    Map<String, String> texts = new TreeMap<>();
    for (Map.Entry<String, JsonNode> property : properties.properties()) {
      if (!property.getValue().isTextual()) {
        throw new IllegalArgumentException("property " + property.getKey() + " is no text");
      }

      texts.put(property.getKey(), property.getValue().asText());
    }

    return texts;
  }

  /** The part's folder below the warehouse: that of the table, and those of keys in it. */
  private String place() {
    String place = part.getName();
    Path above = part;
    while (above.getName().contains("=") && above.getParent() != null) {
      above = above.getParent();
      place = above.getName() + "/" + place;
    }

    return place;
  }

  /** Adds files to a part that is not complete. One that is given twice is there once. */
  void add(List<CommittedFile> added) {
    List<CommittedFile> once = added.stream().distinct().toList();
    create(UUID.randomUUID() + ".json", new Commit(once, Map.of(), List.of()));
  }

  /** Makes the part complete with the files that are in it so far. */
  void complete(Map<String, String> properties) {
    complete(properties, List.of());
  }

  /**
   * Makes the part complete with the files that are in it so far.
   *
   * @param parts what belongs to it elsewhere
   */
  void complete(Map<String, String> properties, List<Listed> parts) {
    create(COMPLETE, new Commit(soFar(), new TreeMap<>(properties), parts));
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
    ObjectNode content = SealedJson.content();
    content.put("part", place());
    content.setAll(SealedJson.content(commit));
    try {
      WholeFile.create(files, new Path(folder, name), SealedJson.seal(content));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
