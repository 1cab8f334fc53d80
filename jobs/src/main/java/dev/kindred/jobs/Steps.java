/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import java.util.List;
import java.util.Map;

/** The steps of commands that have several, in their order, as {@link Progress} names them. */
final class Steps {
  private static final Map<String, List<String>> STEPS =
      Map.ofEntries(
          Map.entry(
              "run",
              List.of(
                  "corpus",
                  "windows",
                  "activations",
                  "prompts",
                  "predictions",
                  "fitting windows",
                  "noise floor",
                  "similar strings",
                  "evaluation",
                  "audit")),
          Map.entry("plan", List.of("corpus", "corpus sketch", "calibration")),
          Map.entry("windows", List.of("corpus", "windows")),
          Map.entry("activations", List.of("corpus", "activations")),
          Map.entry("prompts", List.of("corpus", "prompts", "predictions", "fitting windows")),
          Map.entry(
              "compare-models",
              List.of("corpus", "windows", "prompts", "predictions", "noise floor")),
          Map.entry("similar", List.of("corpus", "similar strings")),
          Map.entry("evaluate", List.of("evaluation", "audit")),
          Map.entry(
              "tune",
              List.of(
                  "corpus",
                  "windows",
                  "prompts",
                  "predictions",
                  "fitting windows",
                  "prompts", // those to tune on
                  "predictions",
                  "activations",
                  "similarity bins",
                  "similarity bins",
                  "tuning",
                  "held-out prompts",
                  "n-grams")),
          Map.entry("explain", List.of("prompts", "similar strings", "explanations")),
          Map.entry("train", List.of("corpus", "train", "self-check")));

  private Steps() {}

  /** Empty for a command of one step, or of none. */
  static List<String> of(String command) {
    return STEPS.getOrDefault(command, List.of());
  }
}
