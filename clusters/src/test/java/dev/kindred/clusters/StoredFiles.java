/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.clusters;

import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The files of a warehouse as of some moment, by which one sees how far a run has come.
 *
 * @param names of files, below the warehouse
 */
record StoredFiles(Set<String> names) {
  static final int BLOCKS = 6; // of the bundled models

  private static final String COMPLETE = "complete.json";
  private static final Pattern RECORD =
      Pattern.compile("(activations/.*)_commits/[0-9a-f-]+\\.[0-9a-f-]{36}\\.json");
  private static final Pattern JOINED =
      Pattern.compile("block_distributions/(run_id=[^/]+)/.*_commits/complete\\.json");

  /** Commit records of activations that are not complete. */
  long activationsRecorded() {
    return names.stream()
        .map(RECORD::matcher)
        .filter(record -> record.matches())
        .filter(record -> !names.contains(record.group(1) + "_commits/" + COMPLETE))
        .count();
  }

  /** Blocks that are joined, of runs that are not over. */
  long blocksJoined() {
    return names.stream()
        .map(JOINED::matcher)
        .filter(joined -> joined.matches())
        .filter(
            joined ->
                names.stream().noneMatch(name -> name.startsWith("runs/" + joined.group(1) + "/")))
        .count();
  }

  /** Files with vectors or rows of a table. */
  Set<String> data(String table) {
    return names.stream()
        .filter(name -> name.startsWith(table + "/") && name.endsWith(".parquet"))
        .collect(Collectors.toSet());
  }
}
