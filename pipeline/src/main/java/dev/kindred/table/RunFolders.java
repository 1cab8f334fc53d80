/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import dev.kindred.Location;
import org.apache.hadoop.fs.Path;

/** Folders of a run's own results. */
final class RunFolders {
  static final String OF_RUN = "/run_id=";

  private RunFolders() {}

  /**
   * What must go with a part of a run's own results, so that the run is taken up again: a text that
   * ends a list of folders, or an empty one.
   */
  static String recordBeside(Path root, Path part) {
    String place = Location.below(root, part);
    boolean isResult =
        Tables.ALL.stream()
                .filter(table -> table.filledBy().startsWith("run") && !table.equals(Tables.RUNS))
                .anyMatch(table -> place.startsWith(table.name() + OF_RUN))
            && !place.matches(Tables.SUMMARIES.name() + "/.*/analysis=(?!run$).*");
    return isResult ? " and " + root + "/" + Tables.RUNS.name() + "/" + place.split("/")[1] : "";
  }
}
