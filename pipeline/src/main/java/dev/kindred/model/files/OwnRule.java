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
 * @param thresholds one a block
 * @param weights one a block
 * @param saturation null for none
 */
public record OwnRule(String from, double[] thresholds, double[] weights, Double saturation)
    implements Serializable {
  static final String FILE = "rule.json";
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  static OwnRule parse(String source, String json, int blocks) {
    try {
      OwnRule rule = JSON.readValue(json, OwnRule.class);
      if (rule == null
          || rule.thresholds == null
          || rule.weights == null
          || rule.thresholds.length != blocks
          || rule.weights.length != blocks) {
        throw new InvalidInput(
            "%s: expected %d thresholds and %d weights, one of each a block",
            source, blocks, blocks);
      }

      return rule;
    } catch (JsonProcessingException e) {
      throw new InvalidInput("%s: not a rule: %s", source, JsonProblem.line(e));
    }
  }
}
