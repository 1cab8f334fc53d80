/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kindred.Location;
import dev.kindred.WarehouseBusy;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
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
 *
 * <p><b>Writers.</b> One that stood still until its lock was taken over may go on at any point,
 * also between looking and writing. So a part knows its writer itself. Each begins with an epoch of
 * its own: it creates {@code epoch-N.json}, which lists the files that it found and keeps, where N
 * is the first number that is free. Of several that try one succeeds. From then on only its records
 * count, {@code WRITER.ID.json}, and those of earlier writers do not, whenever they appear. A
 * writer completes the part by creating the next epoch's file with what {@code complete.json} is to
 * say, which it cannot if another has begun; whoever finds such a file makes it {@code
 * complete.json}. Data files have names that are used once, and a writer deletes only what was
 * there before another can have begun.
 */
final class CommitLog {
  static final String FOLDER = "_commits";
  private static final String COMPLETE = "complete.json";

  private static final Pattern EPOCH = Pattern.compile("epoch-(\\d{1,9})\\.json");
  private static final Pattern RECORD = Pattern.compile("(?:([0-9a-f-]+)\\.)?[^.]+\\.json");

  /**
   * Property of an epoch's file that a writer began with: its name, {@code N-ID}, which no other
   * has. A file that completes the part has none.
   */
  private static final String WRITER = "_writer";

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

  /** The files that are in the part already, by path. */
  List<CommittedFile> soFar() {
    try {
      return state().files();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * What there is of an incomplete part.
   *
   * @param epoch the last one; 0 if there is none, or the writer is of Kindred 0.2
   * @param writer whose epoch it is; empty in the same cases
   * @param completed the record that is to become {@code complete.json}, if it is decided already
   * @param files in the part, by path
   */
  private record State(
      int epoch, String writer, Optional<Commit> completed, List<CommittedFile> files) {}

  private State state() throws IOException {
    while (true) {
      Optional<Commit> complete = complete();
      if (complete.isPresent()) {
        return new State(0, "", complete, sorted(complete.get().files()));
      }

      try {
        List<String> names = names();
        if (!names.contains(COMPLETE)) {
          return stateOf(names);
        }
      } catch (FileNotFoundException e) {
        // It has been completed meanwhile, and its records deleted.
        if (!isComplete()) {
          throw e;
        }
      }
    }
  }

  private State stateOf(List<String> names) throws IOException {
    int epoch = names.stream().mapToInt(CommitLog::epoch).max().orElse(0);

    // A record whose writer saw an error may be there all the same, and is then there twice.
    Set<CommittedFile> found = new HashSet<>();
    String writer = null;
    if (epoch > 0) {
      Commit begun = read(epochFile(epoch)).commit();
      found.addAll(begun.files());
      writer = begun.properties().get(WRITER);
      if (writer == null) {
        return new State(epoch, "", Optional.of(begun), sorted(found));
      }
    }

    for (String name : names) {
      Matcher record = RECORD.matcher(name);
      if (record.matches()
          && !EPOCH.matcher(name).matches()
          && Objects.equals(record.group(1), writer)) {
        found.addAll(read(new Path(folder, name)).commit().files());
      }
    }

    return new State(epoch, writer == null ? "" : writer, Optional.empty(), sorted(found));
  }

  private static List<CommittedFile> sorted(Collection<CommittedFile> files) {
    return files.stream().sorted(Comparator.comparing(CommittedFile::path)).toList();
  }

  private static int epochOf(String writer) {
    return Integer.parseInt(writer.substring(0, writer.indexOf('-')));
  }

  /** The number in the name of an epoch's file, 0 for other files. */
  private static int epoch(String name) {
    Matcher matcher = EPOCH.matcher(name);
    return matcher.matches() ? Integer.parseInt(matcher.group(1)) : 0;
  }

  private Path epochFile(int epoch) {
    return new Path(folder, "epoch-" + epoch + ".json");
  }

  private List<String> names() throws IOException {
    if (!files.exists(folder)) {
      return List.of();
    }

    return Arrays.stream(files.listStatus(folder))
        .map(file -> file.getPath().getName())
        .filter(name -> !name.startsWith("."))
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

  /**
   * Begins to write a part, or goes on with what another writer has left, which can do nothing more
   * from now on.
   *
   * @param keepFiles whether the files that are in the part stay in it
   * @param lock fails if this process is not the one that may write; asked after the look at the
   *     part, so that a writer which has lost its lock cannot begin after the one that has it
   * @return the writer's name, or empty if the part is complete
   */
  Optional<String> begin(boolean keepFiles, Runnable lock) {
    try {
      while (true) {
        State state = state();
        lock.run();
        if (state.completed().isPresent()) {
          publish(state.completed().get());
          return Optional.empty();
        }

        int next = state.epoch() + 1;
        String writer = next + "-" + UUID.randomUUID();
        Commit begun =
            new Commit(keepFiles ? state.files() : List.of(), Map.of(WRITER, writer), List.of());
        if (WholeFile.createNew(files, epochFile(next), bytes(begun))) {
          if (!isComplete()) {
            return Optional.of(writer);
          }

          files.delete(epochFile(next), false); // that of who completed it was deleted meanwhile
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Adds files to a part that is not complete. One that is given twice is there once.
   *
   * @throws WarehouseBusy if another writer has begun since
   */
  void add(String writer, List<CommittedFile> added) {
    checkCurrent(writer);
    try {
      Path record = new Path(folder, writer + "." + UUID.randomUUID() + ".json");
      List<CommittedFile> once = added.stream().distinct().toList();
      WholeFile.create(files, record, bytes(new Commit(once, Map.of(), List.of())));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Removes files that no record lists. They are those of earlier writers: what goes was there
   * before another one can have begun.
   *
   * @param root the warehouse's folder
   * @throws WarehouseBusy if another writer has begun since
   */
  void removeUnlisted(String writer, Path root) {
    Set<String> listed = soFar().stream().map(CommittedFile::path).collect(Collectors.toSet());
    List<Path> unlisted = new ArrayList<>();
    try {
      addUnlisted(folder.getParent(), root, listed, unlisted);
      checkCurrent(writer);
      for (Path file : unlisted) {
        files.delete(file, false);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Adds the files of a folder, and of all folders of keys below it, that are not listed. */
  private void addUnlisted(Path in, Path root, Set<String> listed, List<Path> unlisted)
      throws IOException {
    for (FileStatus file : files.listStatus(in)) {
      if (file.isDirectory() && file.getPath().getName().contains("=")) {
        addUnlisted(file.getPath(), root, listed, unlisted);
      } else if (file.isFile() && !listed.contains(Location.below(root, file.getPath()))) {
        unlisted.add(file.getPath());
      }
    }
  }

  /**
   * Makes sure that no other writer had begun up to now.
   *
   * @throws WarehouseBusy if one has
   */
  void checkCurrent(String writer) {
    try {
      // In this order: whoever completes the part deletes this epoch before the next one.
      boolean followed = files.exists(epochFile(epochOf(writer) + 1));
      Commit begun = read(epochFile(epochOf(writer))).commit();
      if (followed || !writer.equals(begun.properties().get(WRITER))) {
        throw superseded();
      }
    } catch (FileNotFoundException e) {
      throw superseded();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Makes the part complete with the files that are in it so far.
   *
   * @param parts what belongs to it elsewhere
   * @throws WarehouseBusy if another writer has begun since
   */
  void complete(String writer, Map<String, String> properties, List<Listed> parts) {
    checkCurrent(writer);
    try {
      State state = state();
      Commit commit = new Commit(state.files(), new TreeMap<>(properties), parts);
      if (!state.writer().equals(writer)
          || !WholeFile.createNew(files, epochFile(epochOf(writer) + 1), bytes(commit))
          || !publish(commit)) {
        throw superseded();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private WarehouseBusy superseded() {
    return new WarehouseBusy(
        "%s: another writer goes on with it, as the lock of this process was taken away; start"
            + " again",
        folder.getParent());
  }

  /**
   * Creates the last record of a part, and deletes those that count no more.
   *
   * @return whether the part is complete with these very files
   */
  private boolean publish(Commit commit) throws IOException {
    boolean published = WholeFile.createNew(files, new Path(folder, COMPLETE), bytes(commit));
    // Epochs as they followed, so that a writer which finds its own knows that none came after it.
    for (String name :
        names().stream().sorted(Comparator.comparingInt(CommitLog::epoch)).toList()) {
      if (!name.equals(COMPLETE)) {
        files.delete(new Path(folder, name), false);
      }
    }

    return published;
  }

  private byte[] bytes(Commit commit) {
    ObjectNode content = SealedJson.content();
    content.put("part", place());
    content.setAll(SealedJson.content(commit));
    return SealedJson.seal(content);
  }
}
