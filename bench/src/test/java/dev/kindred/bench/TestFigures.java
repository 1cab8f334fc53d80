/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class TestFigures {
  private final Figures figures = new Figures();

  @Test
  void jsonIsOneFlatObjectOfNumbersAndFactsInOrder() throws IOException {
    figures.group("a \"group\"");
    figures.number("seconds", 12.5, "s", "time");
    figures.note("a note");
    figures.count("bytes", 1_115_394, "bytes", "text");
    figures.flag("equal", true, "all the same");
    JsonNode json = new ObjectMapper().readTree(figures.json());
    assertThat(json.fieldNames()).toIterable().containsExactly("seconds", "bytes", "equal");
    assertThat(json).allMatch(JsonNode::isValueNode);
    assertThat(json.get("seconds").doubleValue()).isEqualTo(12.5);
    assertThat(json.get("bytes").longValue()).isEqualTo(1_115_394);
    assertThat(json.get("equal").booleanValue()).isTrue();
  }

  @Test
  void numbersKeepFiveDigitsWhateverTheirSizeAndTheLocale() throws IOException {
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.GERMANY);
    try {
      double[] values = {0, 3.0391234e-7, 0.00012345678, 0.5, -2.7182818, 999.996, 24106.7, 8.1e11};
      for (int i = 0; i < values.length; i++) {
        figures.number("value_" + i, values[i], "x", "value");
      }

      JsonNode json = new ObjectMapper().readTree(figures.json());
      for (int i = 0; i < values.length; i++) {
        assertThat(json.get("value_" + i).doubleValue())
            .isCloseTo(values[i], within(Math.abs(values[i]) * 5e-5));
      }
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void theTableHasNameNumberUnitAndKey() {
    figures.number("a_ratio", 1234.4, "x", "ratio");
    figures.number("small", 0.0000123456, "of 1", "share");
    assertThat(figures.table().lines().map(line -> line.strip().replaceAll("\\s+", " ")))
        .containsExactly("ratio 1,234 x a_ratio", "share 1.235e-05 of 1 small");
  }

  @Test
  void noKeyComesTwiceAndEveryNumberIsFinite() {
    figures.count("cores", 2, "", "cores");
    assertThatThrownBy(() -> figures.number("cores", 3, "", "cores"))
        .hasMessage("two figures with the key cores");
    assertThatThrownBy(() -> figures.number("ratio", 1 / 0.0, "x", "ratio"))
        .hasMessage("ratio is Infinity");
  }
}
