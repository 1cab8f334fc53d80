/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import dev.kindred.model.Models;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A trained model of two blocks, a third of the bundled model's, for tests of runs: what a short
 * run costs is mostly a cost of each block.
 */
final class SmallModel {
  static final int BLOCKS = 2;

  private static final Path FOLDER = Models.folder(Models.TWO_BLOCKS);

  static final String URI = "file:" + FOLDER;

  /** Like it, trained from another seed: its alternate. */
  static final String OTHER = FOLDER.resolve("alternates/seed-88").toString();

  private SmallModel() {}

  /** Adds options for it to a command's arguments, if those do not say otherwise. */
  static String[] with(List<String> arguments) {
    List<String> all = new ArrayList<>(arguments);
    add(all, "--model", FOLDER.toString());
    if (!all.contains("--conf") && !all.contains("--rings")) { // which have their own
      add(all, "--thresholds", "0.9,0.8");
      add(all, "--weights", "0.1,1");
    }

    return all.toArray(String[]::new);
  }

  private static void add(List<String> arguments, String option, String value) {
    if (!arguments.contains(option)) {
      arguments.addAll(List.of(option, value));
    }
  }
}
