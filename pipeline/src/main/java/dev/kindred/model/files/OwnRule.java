/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.files;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kindred.InvalidInput;
import dev.kindred.JsonProblem;
import java.io.Serializable;

/**
 * How a model directory says that its model is to be explained: the optional file {@code
 * rule.json}. The bundled models have the study's rule in it; what of the rule a command line gives
 * counts instead.
 *
 * @param from where it comes from, for people
 * @param thresholds one a block; null where there are rings
 * @param weights one a block; null where there are rings
 * @param saturation null for none
 * @param rings of all blocks, as the setting {@code rings} has them; null where there are none
 */
public record OwnRule(
    String from, double[] thresholds, double[] weights, Double saturation, String rings)
    implements Serializable {
  static final String FILE = "rule.json";
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  static OwnRule parse(String source, String json, int blocks) {
    try {
      OwnRule rule = JSON.readValue(json, OwnRule.class);
      boolean hasRings =
          rule != null
              && rule.rings != null
              && rule.thresholds == null
              && rule.weights == null
              && rule.saturation == null;
      if (hasRings) {
        return rule;
      }

      if (rule == null
          || rule.rings != null
          || rule.thresholds == null
          || rule.weights == null
          || rule.thresholds.length != blocks
          || rule.weights.length != blocks) {
        throw new InvalidInput(
            "%s: expected %d thresholds and %d weights, one of each a block, or rings alone",
            source, blocks, blocks);
      }

      return rule;
    } catch (JsonProcessingException e) {
      throw new InvalidInput("%s: not a rule: %s", source, JsonProblem.line(e));
    }
  }
}
