/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;

/** Findings as scripts read them. */
public final class SnakeCaseJson {
  private static final JsonMapper JSON =
      JsonMapper.builder().propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE).build();

  private SnakeCaseJson() {}

  /** Returns records as one indented JSON value, with names in snake case. */
  public static String of(Object found) {
    try {
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(found);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
