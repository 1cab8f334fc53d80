/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import java.io.File;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/**
 * What the command line of one command gives.
 *
 * @param settings all settings, resolved
 * @param file the value of --conf, or null
 * @param runId the value of --run-id, or null
 * @param own what is given of the options that only this command has, by name
 * @param arguments what is given beside options
 */
record CommandOptions(
    Settings settings, File file, String runId, Map<String, String> own, List<String> arguments) {

  static CommandOptions of(Command command, ParseResult result) {
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
    Map<String, String> own = new HashMap<>();
    for (OptionSpec option : command.ownOptions()) {
      String name = option.longestName();
      if (result.hasMatchedOption(name)) {
        own.put(name, String.valueOf(result.<Object>matchedOptionValue(name, null)));
      }
    }

    List<String> arguments =
        result.hasMatchedPositional(0)
            ? List.of(result.matchedPositionalValue(0, new String[0]))
            : List.of();
    return new CommandOptions(Settings.resolve(conf, given), conf, runId, own, arguments);
  }
}
