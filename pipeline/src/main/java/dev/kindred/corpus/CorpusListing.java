/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import dev.kindred.InvalidInput;
import dev.kindred.Location;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.GlobExpander;
import org.apache.hadoop.fs.GlobPattern;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;

/**
 * The files that a path, or a glob, stands for. Nothing is left out but names that begin with
 * {@code _} or {@code .}: what cannot be read, or not be told from other files, is refused.
 *
 * <p>Folders of local disks are listed by Java: Hadoop leaves out names that the locale cannot
 * write and links that lead nowhere, and would wait for ever to read a pipe.
 */
final class CorpusListing {
  private static final Pattern GLOB = Pattern.compile("[*?\\[\\]{}\\\\]");
  private static final Pattern ESCAPED = Pattern.compile("%[0-9A-Fa-f]{2}");

  private final String uri;
  private final FileSystem system;
  private final boolean local;
  private final TreeMap<String, CorpusFile> files = new TreeMap<>(); // a file counts once
  private final Deque<java.nio.file.Path> above = new ArrayDeque<>(); // real paths
  private final Map<java.nio.file.Path, java.nio.file.Path> byRealPath = new HashMap<>();
  private boolean hiddenLeftOut;

  private CorpusListing(String uri, FileSystem system) {
    this.uri = uri;
    this.system = system;
    this.local = system instanceof RawLocalFileSystem;
  }

  /**
   * Lists a file, a folder (with all folders below it) or what a glob matches. A path that is there
   * as it stands is no glob.
   *
   * @return in the order of their paths, at least one
   * @throws InvalidInput if there is none, or one that cannot be part of a corpus
   */
  static List<CorpusFile> of(String uri, Configuration hadoop) {
    Location location = Location.of("--corpus", uri);
    location.fileSystem(hadoop);
    try {
      CorpusListing listing =
          new CorpusListing(uri, CorpusFile.fileSystem(location.path(), hadoop));
      return listing.list(location.path());
    } catch (FileNotFoundException | java.nio.file.NoSuchFileException e) {
      throw new InvalidInput("--corpus %s: %s is not there any more", uri, e.getMessage());
    } catch (IOException | DirectoryIteratorException e) {
      throw new InvalidInput("--corpus %s: cannot be listed: %s", uri, reason(e));
    }
  }

  private static String reason(Exception thrown) {
    Throwable cause = thrown instanceof DirectoryIteratorException ? thrown.getCause() : thrown;
    return cause instanceof java.nio.file.AccessDeniedException
        ? "no permission for " + cause.getMessage()
        : String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
  }

  private List<CorpusFile> list(Path path) throws IOException {
    Path qualified = path.makeQualified(system.getUri(), system.getWorkingDirectory());
    if (exists(qualified)) {
      add(qualified);
    } else if (GLOB.matcher(path.toString()).find()) {
      addMatches(qualified);
    } else {
      throw new InvalidInput(
          "--corpus %s: no such file or folder%s",
          uri,
          ESCAPED.matcher(uri).find()
              ? "; names are written as they are, with a blank for %20"
              : "");
    }

    if (files.isEmpty()) {
      throw new InvalidInput(
          hiddenLeftOut
              ? "--corpus %s: no files there but some whose names begin with _ or ., which are left"
                  + " out; rename them, or name one itself"
              : "--corpus %s: no files there",
          uri);
    }

    return List.copyOf(files.values());
  }

  private void addMatches(Path glob) throws IOException {
    String pattern = glob.toUri().getPath();
    if (pattern.contains("**")) {
      throw new InvalidInput(
          "--corpus %s: ** is not known; a folder is read with all folders below it, and * matches"
              + " within one name",
          uri);
    }

    boolean matched = false;
    for (String alternative : GlobExpander.expand(pattern)) {
      Collection<Path> found = List.of(new Path(glob, "/"));
      for (String part : alternative.split("/")) {
        if (!part.isEmpty()) {
          found = matches(found, part);
        }
      }

      for (Path match : found) {
        matched = true;
        add(match);
      }
    }

    if (!matched && !hiddenLeftOut) {
      throw new InvalidInput(
          "--corpus %s: no such file or folder, and as a glob (* ? [] {} \\) it matches none", uri);
    }
  }

  private Collection<Path> matches(Collection<Path> folders, String part) throws IOException {
    List<Path> matches = new ArrayList<>();
    if (!GLOB.matcher(part.replaceAll("\\\\(.)", "")).find()) {
      for (Path folder : folders) {
        Path child = child(folder, part.replaceAll("\\\\(.)", "$1"));
        if (exists(child)) {
          matches.add(child);
        }
      }

      return matches;
    }

    GlobPattern pattern;
    try {
      pattern = new GlobPattern(part);
    } catch (RuntimeException e) { // of Hadoop's own parser, or of regular expressions
      throw new InvalidInput(
          "--corpus %s: no such file or folder, and no glob: %s",
          uri, String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
    }

    boolean hiddenToo = isHidden(part);
    for (Path folder : folders) {
      if (!isFolder(folder)) {
        continue;
      }

      for (Path child : children(folder)) {
        if (pattern.matches(child.getName())) {
          if (hiddenToo || !isHidden(child.getName())) {
            matches.add(child);
          } else {
            hiddenLeftOut = true;
          }
        }
      }
    }

    return matches;
  }

  private static boolean isHidden(String name) {
    return name.startsWith("_") || name.startsWith(".");
  }

  private boolean exists(Path path) throws IOException {
    return local ? Files.exists(java(path), LinkOption.NOFOLLOW_LINKS) : system.exists(path);
  }

  private boolean isFolder(Path path) throws IOException {
    return local ? Files.isDirectory(java(path)) : system.getFileStatus(path).isDirectory();
  }

  /** Adds a file, or what is below a folder. */
  private void add(Path path) throws IOException {
    if (local) {
      addLocal(path);
    } else {
      add(system.getFileStatus(path));
    }
  }

  private void add(FileStatus found) throws IOException {
    if (found.isFile()) {
      addFile(found.getPath(), found.getLen());
      return;
    }

    for (FileStatus child : system.listStatus(found.getPath())) {
      if (isHidden(child.getPath().getName())) {
        hiddenLeftOut = true;
      } else {
        add(child);
      }
    }
  }

  private void addFile(Path path, long length) {
    files.put(path.toString(), new CorpusFile(path.toString(), length));
  }

  private void addLocal(Path path) throws IOException {
    java.nio.file.Path file = java(path);
    BasicFileAttributes attributes;
    try {
      attributes = Files.readAttributes(file, BasicFileAttributes.class);
    } catch (java.nio.file.FileSystemException e) {
      if (Files.isSymbolicLink(file) && !(e instanceof java.nio.file.AccessDeniedException)) {
        throw new InvalidInput(
            "--corpus %s: %s is a link that leads nowhere; remove it", uri, file);
      }

      throw e;
    }

    if (attributes.isRegularFile()) {
      java.nio.file.Path other = byRealPath.putIfAbsent(file.toRealPath(), file);
      if (other != null && !other.equals(file)) {
        throw new InvalidInput(
            "--corpus %s: %s and %s are one file, by a link, whose text would count twice; remove the"
                + " link",
            uri, other, file);
      }

      addFile(path, attributes.size());
    } else if (attributes.isDirectory()) {
      addFolder(path, file);
    } else {
      throw new InvalidInput(
          "--corpus %s: %s is a pipe, socket or device; write its content to a file", uri, file);
    }
  }

  private void addFolder(Path path, java.nio.file.Path folder) throws IOException {
    java.nio.file.Path real = folder.toRealPath();
    if (above.contains(real)) {
      throw new InvalidInput(
          "--corpus %s: %s is a link to a folder above it, whose files would count again; remove"
              + " it",
          uri, folder);
    }

    above.push(real);
    for (Path child : children(path)) {
      if (isHidden(child.getName())) {
        hiddenLeftOut = true;
      } else {
        addLocal(child);
      }
    }

    above.pop();
  }

  private List<Path> children(Path folder) throws IOException {
    List<Path> children = new ArrayList<>();
    if (!local) {
      for (FileStatus child : system.listStatus(folder)) {
        children.add(child.getPath());
      }

      return children;
    }

    try (DirectoryStream<java.nio.file.Path> entries = Files.newDirectoryStream(java(folder))) {
      for (java.nio.file.Path entry : entries) {
        String name = entry.getFileName().toString();
        if (!isHidden(name) && !isWritable(entry)) {
          throw new InvalidInput(
              "--corpus %s: %s has a file whose name %s the locale cannot write; set LC_ALL to a"
                  + " UTF-8 locale such as C.UTF-8, or rename it",
              uri, java(folder), name);
        }

        children.add(child(folder, name));
      }
    }

    children.sort(Comparator.comparing(Path::toString));
    return children;
  }

  /** Whether the name, as Java's characters, leads back to the file. */
  private static boolean isWritable(java.nio.file.Path entry) {
    try {
      return Files.exists(java.nio.file.Path.of(entry.toString()), LinkOption.NOFOLLOW_LINKS);
    } catch (InvalidPathException e) {
      return false;
    }
  }

  /**
   * Makes a child's path without Hadoop's constructor for two, which takes what is before a colon
   * for a scheme.
   */
  private static Path child(Path folder, String name) {
    String start = folder.toString();
    return new Path(start.endsWith("/") ? start + name : start + "/" + name);
  }

  private static java.nio.file.Path java(Path path) {
    return java.nio.file.Path.of(path.toUri().getPath());
  }
}
