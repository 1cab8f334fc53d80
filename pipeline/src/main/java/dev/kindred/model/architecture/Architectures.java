/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.architecture;

import java.util.List;
import java.util.stream.Collectors;

/** The architectures that Kindred knows: the one list. */
public final class Architectures {
  private static final List<Architecture> ALL = List.of(new Gpt());

  private Architectures() {}

  /**
   * Describes the model of a configuration.
   *
   * @throws dev.kindred.InvalidInput if its architecture is not known, or a field is wrong
   */
  public static Blueprint read(ConfigJson config) {
    return of(config).read(config);
  }

  /**
   * The architecture of a configuration.
   *
   * @throws dev.kindred.InvalidInput if it is not known
   */
  public static Architecture of(ConfigJson config) {
    String name = config.string("architecture");
    return ALL.stream()
        .filter(architecture -> architecture.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                config.invalid(
                    "architecture is \"%s\", supported is %s",
                    name,
                    ALL.stream()
                        .map(known -> "\"" + known.name() + "\"")
                        .collect(Collectors.joining(", "))));
  }

  /** The architecture that {@code kindred train} trains. */
  public static Architecture trained() {
    return ALL.get(0);
  }
}
