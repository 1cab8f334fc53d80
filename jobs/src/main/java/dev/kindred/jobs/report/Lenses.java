/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.kindred.lens.Lens;
import dev.kindred.lens.Lens.Guess;
import dev.kindred.model.HookPoint;
import java.util.List;

/**
 * Prompts through the logit lens.
 *
 * @param model URI of the model directory
 * @param prompts in the order in which they were asked for
 */
public record Lenses(String model, String modelId, List<Lens> prompts) {
  private static final JsonMapper JSON =
      JsonMapper.builder().propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE).build();

  /** Behind a token that is certain, in percent: text is legible on it in light and in dark. */
  private static final int DARKEST = 50;

  /** As one JSON object, names in snake case. */
  public String json() {
    try {
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What a reader calls the place in the stream that a layer is. */
  public static String name(Lens.Layer layer) {
    return layer.hook() == HookPoint.RESID_PRE
        ? "embedding"
        : (layer.hook() == HookPoint.RESID_MID ? "attn " : "block ") + layer.block();
  }

  /** How much colour stands behind a token, in percent. */
  public static long shade(Guess guess) {
    return Math.round(DARKEST * guess.probability());
  }
}
