/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindred.InvalidInput;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TestBlocks {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "all | 3 | 0,1,2",
        "ALL | 1 | 0",
        "every:4 | 30 | 1,5,9,13,17,21,25,29",
        "every:1 | 3 | 0,1,2",
        "every:100 | 12 | 11",
        "3,11,23 | 24 | 3,11,23",
        "3, 11 ,23 | 24 | 3,11,23",
        "0 | 1 | 0"
      })
  void aChoiceIsReadAndKeepsTheNumbersOfTheModel(String text, int ofModel, String numbers) {
    Blocks blocks = Blocks.of(text, ofModel);

    assertThat(blocks.numbers())
        .isEqualTo(List.of(numbers.split(",")).stream().map(Integer::valueOf).toList());
    assertThat(Blocks.of(blocks.toString(), ofModel)).isEqualTo(blocks);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "6 | the model has no block 6, its blocks are 0 to 5",
        "1,9,2 | the model has no block 9, its blocks are 0 to 5",
        "1,2,1 | block 1 is named twice",
        "4,1 | expected ascending numbers, in whose order thresholds and weights are: 1,4",
        "every:0 | expected all, block numbers such as 3,11,23, or every:4",
        "-1 | expected all, block numbers such as 3,11,23, or every:4",
        "1-3 | expected all, block numbers such as 3,11,23, or every:4",
        "1, | expected all, block numbers such as 3,11,23, or every:4",
        "99999999999 | expected all, block numbers such as 3,11,23, or every:4"
      })
  void anotherTextIsRefused(String text, String problem) {
    assertThatThrownBy(() -> Blocks.of(text, 6))
        .isInstanceOf(InvalidInput.class)
        .hasMessage("--blocks " + text + ": " + problem);
  }

  @Test
  void valuesOfAllBlocksAreTakenByNumber() {
    Blocks blocks = Blocks.of("1,4", 6);

    assertThat(blocks.of(new double[] {0, .1, .2, .3, .4, .5})).containsExactly(.1, .4);
    assertThat(blocks.of(new float[][] {{0}, {1}, {2}, {3}, {4}, {5}}))
        .isDeepEqualTo(new float[][] {{1}, {4}});
    assertThat(blocks.depth()).isEqualTo(5);
    assertThat(blocks.place(4)).isEqualTo(1);
    assertThatThrownBy(() -> blocks.place(2)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void blocksThatAreNoneOfTheModelCannotBeMade() {
    for (List<Integer> numbers :
        List.of(List.<Integer>of(), List.of(-1), List.of(3), List.of(1, 1), List.of(2, 1))) {
      assertThatThrownBy(() -> new Blocks(numbers, 3)).isInstanceOf(IllegalArgumentException.class);
    }
  }
}
