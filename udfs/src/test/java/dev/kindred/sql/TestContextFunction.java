/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindred.InvalidInput;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.expressions.UnsafeArrayData;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.catalyst.util.GenericArrayData;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TestContextFunction {
  private static final Map<Integer, String> LETTERS =
      Map.of(0, "a", 1, "b", 2, "c", 3, "d", 4, "e", 5, "f", 6, "<0xE2>");
  private static final List<DataType> TYPES =
      List.of(
          DataType.fromDDL("array<struct<first_position: bigint, token_ids: array<int>>>"),
          DataTypes.LongType,
          DataTypes.IntegerType,
          DataTypes.IntegerType);
  private static final ContextFunction CONTEXT =
      (ContextFunction) ContextFunction.bind("c-1", LETTERS, TYPES).orElseThrow();

  /** The document "abcdef" from place 5,000,000,000 on, in passages out of order. */
  private static ArrayData passages() {
    return new GenericArrayData(
        new Object[] {
          passage(5_000_000_003L, 3, 4),
          passage(5_000_000_000L, 0, 1, 2),
          passage(5_000_000_005L, 5)
        });
  }

  private static InternalRow passage(long first, int... tokens) {
    return new GenericInternalRow(new Object[] {first, UnsafeArrayData.fromPrimitiveArray(tokens)});
  }

  @ParameterizedTest
  @CsvSource({
    "0, 1, 0, '|a|'", "0, 6, 3, '|abcdef|'", "2, 2, 1, 'b|cd|e'", "2, 2, 100, 'ab|cd|ef'",
    "5, 1, 2, 'de|f|'", "5, 2, 1, NULL", "-1, 2, 1, NULL", "4000, 1, 9, NULL"
  })
  void givesTheTextAtAPlace(int place, int length, int around, String expected) {
    InternalRow found = CONTEXT.invoke(passages(), 5_000_000_000L + place, length, around);

    assertThat(
            found == null
                ? "NULL"
                : found.getString(0) + "|" + found.getString(1) + "|" + found.getString(2))
        .isEqualTo(expected);
  }

  @Test
  void nothingIsInNoPassages() {
    assertThat(CONTEXT.invoke(null, 0, 1, 1)).isNull();
    assertThat(CONTEXT.invoke(new GenericArrayData(new Object[0]), 0, 1, 1)).isNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0 | 0 | context: length is 0; it must be between 1 and 100000",
        "1 | -1 | context: around is -1; it must be between 0 and 100000",
        "1 | 100001 | context: around is 100001; it must be between 0 and 100000"
      })
  void saysWhichNumberIsOutOfRange(int length, int around, String message) {
    assertThatThrownBy(() -> CONTEXT.invoke(passages(), 5_000_000_000L, length, around))
        .isInstanceOf(InvalidInput.class)
        .hasMessage(message);
  }

  @Test
  void aTokenOfAnotherVocabularyIsNamed() {
    ArrayData other = new GenericArrayData(new Object[] {passage(0, 0, 77)});

    assertThatThrownBy(() -> CONTEXT.invoke(other, 0, 1, 1))
        .isInstanceOf(InvalidInput.class)
        .hasMessage("context: token 77 is not in the vocabulary of corpus c-1");
  }

  @Test
  void takesNoOtherTypes() {
    assertThat(ContextFunction.bind("c-1", LETTERS, TYPES.subList(0, 3))).isEmpty();
    assertThat(
            ContextFunction.bind(
                "c-1",
                LETTERS,
                List.of(
                    DataType.fromDDL("array<struct<a: bigint, b: array<string>>>"),
                    DataTypes.LongType,
                    DataTypes.IntegerType,
                    DataTypes.IntegerType)))
        .isEmpty();
  }
}
