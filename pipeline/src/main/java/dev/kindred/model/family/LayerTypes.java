/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.family;

import dev.kindred.model.architecture.ConfigJson;
import dev.kindred.model.architecture.Mixer.Limits;
import java.util.List;
import java.util.function.IntPredicate;

/** Which blocks see a window of positions alone. */
final class LayerTypes {
  private static final String FIELD = "layer_types";
  static final String SLIDING = "sliding_attention";
  static final String FULL = "full_attention";

  private LayerTypes() {}

  /**
   * Reads {@code layer_types}.
   *
   * @param otherwise which blocks see a window where that is missing
   * @return by block
   */
  static boolean[] areSliding(ConfigJson json, int layers, IntPredicate otherwise) {
    boolean[] sliding = new boolean[layers];
    if (!json.has(FIELD)) {
      for (int i = 0; i < layers; i++) {
        sliding[i] = otherwise.test(i);
      }

      return sliding;
    }

    List<String> types = json.strings(FIELD);
    if (types.size() != layers) {
      throw json.invalid(
          "%s has %d elements, expected %d, one a block", FIELD, types.size(), layers);
    }

    for (int i = 0; i < layers; i++) {
      sliding[i] = types.get(i).equals(SLIDING);
      if (!sliding[i] && !types.get(i).equals(FULL)) {
        throw json.invalid(
            "%s has \"%s\", supported are \"%s\" and \"%s\"", FIELD, types.get(i), FULL, SLIDING);
      }
    }

    return sliding;
  }

  /** Refuses other types than full attention, in a family whose blocks see everything. */
  static void checkFull(ConfigJson json, int layers) {
    boolean[] sliding = areSliding(json, layers, i -> false);
    for (int i = 0; i < layers; i++) {
      if (sliding[i]) {
        throw json.invalid(
            "%s has \"%s\", supported for %s is \"%s\"",
            FIELD, SLIDING, json.string(HuggingFace.FAMILY), FULL);
      }
    }
  }

  /**
   * The limits of attention to the last positions, {@code window} of them with the one that sees.
   */
  static Limits window(int window) {
    return new Limits(window, Limits.NONE.scoreCap(), Limits.NONE.clip());
  }
}
