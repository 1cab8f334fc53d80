/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import java.io.File;
import java.util.EnumMap;
import java.util.Map;
import picocli.CommandLine.ParseResult;

/**
 * What the command line of one command gives.
 *
 * @param settings all settings, resolved
 * @param runId the value of --run-id, or null
 * @param dryRun whether --dry-run is given
 */
record CommandOptions(Settings settings, String runId, boolean dryRun) {

  static CommandOptions of(ParseResult result) {
    Map<Setting, String> given = new EnumMap<>(Setting.class);
    for (Setting setting : Setting.values()) {
      String option = "--" + setting.key();
      if (result.hasMatchedOption(option)) {
        given.put(setting, result.matchedOptionValue(option, null));
      }
    }

    File conf = result.matchedOptionValue("--conf", null);
    String runId =
        result.hasMatchedOption("--run-id") ? result.matchedOptionValue("--run-id", null) : null;
    return new CommandOptions(
        Settings.resolve(conf, given), runId, result.hasMatchedOption("--dry-run"));
  }
}
