/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TestJsonProblem {
  record Pair(int first, int second) {}

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{             | Unexpected end-of-input: expected close marker for Object",
        "{'first': 1}  | field second is missing",
      },
      quoteCharacter = '`')
  void isOneLineWithoutJacksonsSettings(String json, String expected) {
    ObjectMapper mapper =
        new ObjectMapper().enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES);
    JsonProcessingException thrown =
        catchThrowableOfType(
            JsonProcessingException.class,
            () -> mapper.readValue(json.replace('\'', '"'), Pair.class));

    assertThat(JsonProblem.line(thrown)).isEqualTo(expected);
  }
}
