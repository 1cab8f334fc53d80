/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.train;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValueType;
import dev.kindred.InvalidInput;
import dev.kindred.jobs.option.Defaults;
import java.io.File;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * What the options of a training are where the command line does not say: the user's file, then the
 * preset, then {@code conf/kindred.conf}. Options of the corpus have the defaults of {@link
 * Defaults}.
 */
public final class TrainingDefaults implements IDefaultValueProvider {
  private static final String PRESET = "preset";
  private static final String PRESETS = "presets";
  private static final String STEPS = "steps";
  private static final String EPOCHS = "epochs";
  private static final Set<String> LISTS = Set.of("context-weights", "keep-checkpoints");

  private final Defaults ofCorpus;
  private final Map<String, String> values;

  private TrainingDefaults(Defaults ofCorpus, Map<String, String> values) {
    this.ofCorpus = ofCorpus;
    this.values = values;
  }

  /**
   * Lays the sources over each other.
   *
   * @param file the user's file, or null
   * @param commandLine what the command line has, by option without dashes
   * @throws InvalidInput if the file cannot be used, or there is no such preset
   */
  public static TrainingDefaults of(File file, Map<String, String> commandLine) {
    Defaults ofCorpus = Defaults.of(file, commandLine);
    try {
      Config config = lay(file, commandLine);
      Map<String, String> values = new HashMap<>();
      for (String key : config.root().keySet()) {
        if (!key.equals(PRESETS) && !commandLine.containsKey(key) && config.hasPath(key)) {
          checkType(key, config);
          values.put(key, Defaults.text(config, key));
        }
      }

      return new TrainingDefaults(ofCorpus, values);
    } catch (ConfigException e) {
      throw new InvalidInput("--conf %s: %s", file, e.getMessage());
    }
  }

  private static void checkType(String key, Config config) {
    ConfigValueType type = config.getValue(key).valueType();
    if (type == ConfigValueType.OBJECT || type == ConfigValueType.LIST && !LISTS.contains(key)) {
      throw new InvalidInput(
          "--%s: expected one value, found %s in %s",
          key, type.name().toLowerCase(Locale.ROOT), config.getValue(key).origin().description());
    }
  }

  private static Config lay(File file, Map<String, String> commandLine) {
    Map<String, Object> given = new HashMap<>(commandLine);
    for (String list : LISTS) {
      given.computeIfPresent(list, (key, value) -> Arrays.asList(value.toString().split(",", -1)));
    }

    Config ofCommandLine = ConfigFactory.parseMap(given, "command line");
    checkOneDuration("", ofCommandLine);
    Config bundled = Defaults.bundled().getConfig(Defaults.TRAINING);
    Config user = userFile(file);
    checkOneDuration("--conf " + file + ": ", user);
    Config own = over(ofCommandLine, user);
    Config all = own.withFallback(bundled);
    String preset = all.getString(PRESET);
    Config presets = all.getConfig(PRESETS);
    if (!presets.root().containsKey(preset)) {
      throw new InvalidInput(
          "--preset %s: not a preset; there are %s",
          preset, String.join(", ", presets.root().keySet().stream().sorted().toList()));
    }

    Config ofUser = preset(user, preset);
    checkOneDuration("--conf " + file + ": preset " + preset + ": ", ofUser);
    Config chosen = over(ofUser, preset(bundled, preset));
    return over(own, chosen).withFallback(bundled);
  }

  private static Config preset(Config source, String name) {
    String path = ConfigUtil.joinPath(PRESETS, name);
    return source.hasPath(path) ? source.getConfig(path) : ConfigFactory.empty();
  }

  private static Config userFile(File file) {
    Config written = Defaults.userFile(file);
    Config user =
        written.resolveWith(
            ConfigFactory.defaultOverrides()
                .withFallback(written)
                .withFallback(Defaults.bundled()));
    return user.hasPath(Defaults.TRAINING)
        ? user.getConfig(Defaults.TRAINING)
        : ConfigFactory.empty();
  }

  private static void checkOneDuration(String source, Config config) {
    if (config.hasPath(STEPS) && config.hasPath(EPOCHS)) {
      throw new InvalidInput("%s--steps and --epochs: only one of them can be given", source);
    }
  }

  /** Steps given by the one take epochs of the other out of force, and the other way round. */
  private static Config over(Config above, Config below) {
    boolean isGiven = above.hasPath(STEPS) || above.hasPath(EPOCHS);
    return above.withFallback(isGiven ? below.withoutPath(STEPS).withoutPath(EPOCHS) : below);
  }

  /** Returns the defaults of all presets side by side. */
  public static IDefaultValueProvider forHelp() {
    Config bundled = Defaults.bundled().getConfig(Defaults.TRAINING);
    Map<String, String> values = new HashMap<>();
    for (String key : bundled.root().keySet()) {
      if (!key.equals(PRESETS)) {
        values.put(key, Defaults.text(bundled, key));
      }
    }

    Map<String, List<String>> ofPresets = new HashMap<>();
    for (String preset : bundled.getObject(PRESETS).keySet().stream().sorted().toList()) {
      Config settings = preset(bundled, preset);
      for (String key : settings.root().keySet()) {
        ofPresets
            .computeIfAbsent(key, first -> new ArrayList<>())
            .add(preset + ": " + Defaults.text(settings, key));
      }
    }

    ofPresets.forEach((key, texts) -> values.put(key, String.join(", ", texts)));
    return new TrainingDefaults(Defaults.of((File) null, Map.of()), values);
  }

  /** Returns null for an option that the command line has, or that nothing else says. */
  @Override
  public String defaultValue(ArgSpec argument) {
    String ofTraining =
        argument instanceof OptionSpec option ? values.get(Defaults.key(option)) : null;
    return ofTraining == null ? ofCorpus.defaultValue(argument) : ofTraining;
  }
}
