/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.architecture;

import dev.kindred.InvalidInput;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What was chosen of the parts of a model that is to be trained, by option without dashes. An
 * architecture asks for what it has; whatever nobody asked for is refused.
 */
public final class Choices {
  private static final String HEADS = "heads";

  private final String architecture;
  private final Map<String, String> given;
  private final Set<String> asked = new HashSet<>();

  /**
   * Choices of an architecture.
   *
   * @param architecture its name, for messages
   * @param given what was chosen
   */
  public Choices(String architecture, Map<String, String> given) {
    this.architecture = architecture;
    this.given = new TreeMap<>(given);
  }

  /**
   * Returns what was chosen of some names; the first of them where nothing was.
   *
   * @throws InvalidInput if it is none of them
   */
  public String oneOf(String option, String... names) {
    asked.add(option);
    String chosen = given.getOrDefault(option, names[0]);
    List<String> all = Arrays.asList(names);
    if (!all.contains(chosen)) {
      throw new InvalidInput(
          "--%s %s: %s has %s", option, chosen, architecture, String.join(", ", all));
    }

    return chosen;
  }

  /**
   * Returns a number that was chosen, which is positive; another where none was.
   *
   * @throws InvalidInput if it is more than there can be
   */
  public int number(String option, int otherwise, int most) {
    int number = number(option, otherwise);
    if (number > most) {
      throw new InvalidInput("--%s %d: expected at most %d", option, number, most);
    }

    return number;
  }

  /** Returns a number that was chosen, which is positive; another where none was. */
  public int number(String option, int otherwise) {
    asked.add(option);
    return given.containsKey(option) ? Integer.parseInt(given.get(option)) : otherwise;
  }

  /**
   * Returns the heads of a model that has some.
   *
   * @param dModel its width
   * @param heads as they were chosen
   * @throws InvalidInput if they do not divide its width
   */
  public int heads(int dModel, int heads) {
    asked.add(HEADS);
    if (dModel % heads != 0) {
      throw new InvalidInput("--d-model %d: not a multiple of --heads %d", dModel, heads);
    }

    return heads;
  }

  /**
   * Checks that all was asked for.
   *
   * @throws InvalidInput naming the first that was not
   */
  public void checkAllAsked() {
    given.forEach(
        (option, value) -> {
          if (!asked.contains(option)) {
            throw new InvalidInput(
                "--%s %s: this model, a %s, has no such part; leave it out, or choose other parts",
                option, value, architecture);
          }
        });
  }
}
