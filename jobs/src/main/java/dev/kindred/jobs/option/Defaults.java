/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.option;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import dev.kindred.InvalidInput;
import dev.kindred.Location;
import java.io.File;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.lang.reflect.Field;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * What options are where the command line does not say: the user's settings file, laid over {@code
 * conf/kindred.conf}, in which all defaults stand. A setting has the name of its option.
 */
public final class Defaults implements IDefaultValueProvider {
  /** Below this all settings are. */
  public static final String ROOT = "kindred";

  /** Below this the settings of trainings are. */
  public static final String TRAINING = ROOT + ".train";

  private static final String PRESETS = "presets"; // of trainings
  private static final String HOME = "home"; // the launch script's
  private static final String MODEL = "model";

  /** Says that an option has a setting's name and is none. */
  @Retention(RetentionPolicy.RUNTIME)
  @Target(ElementType.FIELD)
  public @interface NoSetting {}

  private final Map<String, String> values;
  private final Map<String, String> commandLine;
  private final Set<String> given;

  private Defaults(Map<String, String> values, Map<String, String> commandLine, Set<String> given) {
    this.values = values;
    this.commandLine = commandLine;
    this.given = given;
  }

  /**
   * Lays the user's file over the defaults.
   *
   * @param file the user's, or null
   * @param commandLine what the command line has, by option without dashes
   * @throws InvalidInput if the file cannot be used
   */
  public static Defaults of(File file, Map<String, String> commandLine) {
    try {
      Config user = ConfigFactory.defaultOverrides().withFallback(userFile(file));
      Config config = user.withFallback(bundled()).resolve();
      Map<String, String> values = new TreeMap<>();
      for (String key : bundled().getObject(ROOT).keySet()) {
        if (isOfRuns(key)) {
          values.put(key, text(config, ROOT + "." + key));
        }
      }

      // A run remembers its model, and may be reported on from another working directory. Where
      // there is none, a model below it, as the default is, will be refused if it is read.
      if (Location.hasWorkingDirectory()) {
        values.computeIfPresent(MODEL, (key, uri) -> absolute(uri));
      }

      Set<String> given = new HashSet<>(commandLine.keySet());
      if (user.hasPath(ROOT)) {
        given.addAll(user.getObject(ROOT).keySet());
      }

      return new Defaults(values, commandLine, given);
    } catch (ConfigException e) {
      throw new InvalidInput(
          "%s: %s", file == null ? "system property" : "--conf " + file, e.getMessage());
    } catch (StackOverflowError e) {
      throw new InvalidInput("--conf %s: objects or lists are nested too deeply in it", file);
    }
  }

  private static String absolute(String model) {
    return Location.of("--model", model).path().toString();
  }

  /** Reads {@code conf/kindred.conf}, which is in the jar. */
  public static Config bundled() {
    return ConfigFactory.parseResources("kindred.conf");
  }

  private static boolean isOfRuns(String key) {
    return !key.equals(HOME) && !TRAINING.equals(ROOT + "." + key);
  }

  /**
   * Reads a user's file, which need not be resolved yet.
   *
   * @param file null for none
   * @throws InvalidInput if there is none, or it has what is no setting
   */
  public static Config userFile(File file) {
    if (file == null) {
      return ConfigFactory.empty();
    }

    if (!file.isFile()) {
      throw new InvalidInput("--conf %s: no such file", file);
    }

    Config config = ConfigFactory.parseFile(file);
    if (!config.hasPath(ROOT)) {
      throw new InvalidInput(
          "--conf %s: no settings in it; write them as kindred.prompts = 500", file);
    }

    Config bundled = bundled();
    checkKeys(file, ROOT, config.getConfig(ROOT).root(), bundled.getObject(ROOT).keySet());
    if (config.hasPath(TRAINING)) {
      checkTraining(file, config.getConfig(TRAINING).root(), bundled.getConfig(TRAINING));
    }

    return config;
  }

  private static void checkTraining(File file, ConfigObject training, Config bundled) {
    Set<String> known = new HashSet<>(bundled.root().keySet());
    known.add("epochs"); // instead of steps
    bundled
        .getObject(PRESETS)
        .values()
        .forEach(preset -> known.addAll(((ConfigObject) preset).keySet()));
    checkKeys(file, TRAINING, training, known);
    known.remove(PRESETS);
    if (training.get(PRESETS) instanceof ConfigObject presets) {
      for (Map.Entry<String, ConfigValue> preset : presets.entrySet()) {
        if (preset.getValue() instanceof ConfigObject settings) {
          checkKeys(file, TRAINING + "." + PRESETS + "." + preset.getKey(), settings, known);
        }
      }
    }
  }

  private static void checkKeys(File file, String path, ConfigObject settings, Set<String> known) {
    for (String key : settings.keySet()) {
      if (!known.contains(key)) {
        throw new InvalidInput("--conf %s: %s.%s is not a setting", file, path, key);
      }
    }
  }

  /** Returns a setting's text; that of a list has commas between its elements. */
  public static String text(Config config, String path) {
    return config.getValue(path).valueType() == ConfigValueType.LIST
        ? config.getList(path).stream()
            .map(value -> value.unwrapped().toString())
            .collect(Collectors.joining(","))
        : config.getString(path);
  }

  /** Returns null for an option that is no setting, or that the command line has. */
  @Override
  public String defaultValue(ArgSpec argument) {
    if (!(argument instanceof OptionSpec option)
        || option.userObject() instanceof Field field
            && field.isAnnotationPresent(NoSetting.class)) {
      return null;
    }

    String key = key(option);
    return commandLine.containsKey(key) ? null : values.get(key);
  }

  /** Returns an option's name as settings have it: without dashes. */
  public static String key(OptionSpec option) {
    return option.longestName().replaceFirst("^-+", "");
  }

  /** Whether the user gave a setting, by option or file: it is more than a default. */
  public boolean isGiven(String key) {
    return given.contains(key);
  }

  /** Returns every setting by its name, as it is in force, whether the command uses it or not. */
  public Map<String, String> asText() {
    Map<String, String> all = new TreeMap<>(values);
    all.replaceAll((key, value) -> commandLine.getOrDefault(key, value));
    if (Location.hasWorkingDirectory()) {
      all.computeIfPresent(MODEL, (key, uri) -> absolute(uri));
    }

    return all;
  }
}
