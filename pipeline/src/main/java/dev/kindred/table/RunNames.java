/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import dev.kindred.InvalidInput;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.hadoop.fs.Path;

/**
 * Names that people give to runs. A name stands in a small file beside the plan of its run, and
 * nothing is computed from it: it can be given later, and be replaced. Several runs may have one
 * name, which then means the one of them that was published last.
 */
public final class RunNames {
  /** What the file of a run's name ends with, after the run's id. */
  static final String SUFFIX = ".name.json";

  private static final String NAME = "name";
  private static final int MOST_CHARACTERS = 64;

  private RunNames() {}

  /**
   * Checks a name that is to be given.
   *
   * @throws InvalidInput if it is none, or could be taken for something else
   */
  public static void check(String name) {
    if (name.equalsIgnoreCase("current")) {
      throw new InvalidInput(
          "--name %s: stands for the newest published run in SQL; give another", name);
    }

    if (name.startsWith("r-")) {
      throw new InvalidInput("--name %s: looks like a run's id; give another", name);
    }

    if (!isName(name)) {
      throw new InvalidInput(
          "--name %s: expected at most %d letters, digits, -, _ and ., a letter or digit first",
          name, MOST_CHARACTERS);
    }
  }

  private static boolean isName(String text) {
    return text.length() <= MOST_CHARACTERS
        && text.matches("[A-Za-z0-9][A-Za-z0-9._-]*")
        && !text.startsWith("r-");
  }

  /** Gives a run a name, instead of the one that it had. */
  public static void give(Warehouse warehouse, String runId, String name) {
    if (Optional.of(name).equals(of(warehouse, runId))) {
      return;
    }

    try {
      WholeFile.replace(
          warehouse.fileSystem(),
          path(warehouse, runId),
          SealedJson.sealIndented(SealedJson.content().put(NAME, name)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The name of a run, if it has one.
   *
   * @throws InvalidInput if it cannot be read
   */
  public static Optional<String> of(Warehouse warehouse, String runId) {
    try {
      return Optional.of(
          SealedJson.read(
              warehouse.fileSystem(),
              path(warehouse, runId),
              NAME,
              "remove it, and give the run its name again",
              opened -> {
                opened.checkMembers(NAME);
                return SealedJson.Opened.bind(opened.content().get(NAME), String.class);
              }));
    } catch (FileNotFoundException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The names of all runs that have one, by their ids. */
  public static Map<String, String> all(Warehouse warehouse) {
    Map<String, String> names = new TreeMap<>();
    try {
      Arrays.stream(warehouse.fileSystem().listStatus(folder(warehouse)))
          .map(file -> file.getPath().getName())
          .filter(file -> file.endsWith(SUFFIX))
          .map(file -> file.substring(0, file.length() - SUFFIX.length()))
          .filter(Runs::isId)
          .forEach(id -> of(warehouse, id).ifPresent(name -> names.put(id, name)));
      return names;
    } catch (FileNotFoundException e) {
      return names;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The run of a name that was published last.
   *
   * @throws InvalidInput naming a record that cannot be read, if that run could be a newer one
   */
  public static Optional<Runs.Run> find(Warehouse warehouse, String name) {
    if (!isName(name)) {
      return Optional.empty();
    }

    Map<String, String> names = all(warehouse);
    return names.containsValue(name)
        ? Runs.newestPublished(warehouse, run -> name.equals(names.get(run.runId())))
        : Optional.empty();
  }

  /**
   * Takes what a user calls a run for its id.
   *
   * @param idOrName an id, which need not be there, or the name of a published run
   * @throws InvalidInput if it is neither
   */
  public static String id(Warehouse warehouse, String idOrName) {
    return Runs.isId(idOrName)
        ? idOrName
        : find(warehouse, idOrName)
            .map(Runs.Run::runId)
            .orElseThrow(
                () ->
                    new InvalidInput(
                        "--run-id %s: not a run's id such as r-20261122-041500-3f2a, nor the name of"
                            + " a published run in %s; kindred runs lists both",
                        idOrName, warehouse.root()));
  }

  /**
   * Takes what a user calls a run for its id.
   *
   * @param idOrName an id or a name; null for the run that was published last
   * @throws InvalidInput if it is neither, or there is no published run
   */
  public static String idOrNewest(Warehouse warehouse, String idOrName) {
    return idOrName == null ? Runs.newestId(warehouse) : id(warehouse, idOrName);
  }

  private static Path folder(Warehouse warehouse) {
    return new Path(warehouse.root(), Retention.PLANS);
  }

  private static Path path(Warehouse warehouse, String runId) {
    return new Path(folder(warehouse), runId + SUFFIX);
  }
}
