/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.sql;

import dev.kindred.InvalidInput;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.connector.catalog.functions.BoundFunction;
import org.apache.spark.sql.connector.catalog.functions.ScalarFunction;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.IntegerType;
import org.apache.spark.sql.types.LongType;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * {@code context}: what stands at a place of a document, and before and after it, as text. It
 * carries the vocabulary.
 */
public final class ContextFunction implements ScalarFunction<InternalRow> {
  private static final long serialVersionUID = 1L;

  static final String NAME = "context";

  private static final int MOST_TOKENS = 100_000;
  private static final int FIRST = 0; // fields of a passage
  private static final int TOKENS = 1;
  private static final StructType LINE =
      new StructType()
          .add("before", DataTypes.StringType, false)
          .add("string", DataTypes.StringType, false)
          .add("after", DataTypes.StringType, false);

  private final String corpusId;
  private final Map<Integer, String> vocabulary;
  private final DataType passages;

  private ContextFunction(String corpusId, Map<Integer, String> vocabulary, DataType passages) {
    this.corpusId = corpusId;
    this.vocabulary = vocabulary;
    this.passages = passages;
  }

  static Optional<BoundFunction> bind(
      String corpusId, Map<Integer, String> vocabulary, List<DataType> arguments) {
    return arguments.size() == 4
            && arePassages(arguments.get(0))
            && arguments.get(1) instanceof LongType
            && arguments.get(2) instanceof IntegerType
            && arguments.get(3) instanceof IntegerType
        ? Optional.of(new ContextFunction(corpusId, vocabulary, arguments.get(0)))
        : Optional.empty();
  }

  private static boolean arePassages(DataType type) {
    return type instanceof ArrayType array
        && array.elementType() instanceof StructType passage
        && passage.length() == 2
        && passage.apply(FIRST).dataType() instanceof LongType
        && passage.apply(TOKENS).dataType() instanceof ArrayType tokens
        && tokens.elementType() instanceof IntegerType;
  }

  /**
   * Is called by the code that Spark generates, unless a number is NULL.
   *
   * @param array passages of one document, in any order
   * @param position of the first token in the corpus
   * @param length tokens from there on, at least 1
   * @param around tokens before and after them, at most
   * @return before, string and after; null if the passages have not all of the string
   * @throws InvalidInput if a number is out of range
   */
  public InternalRow invoke(ArrayData array, long position, int length, int around) {
    if (array == null) {
      return null;
    }

    checkNumber("length", length, 1);
    checkNumber("around", around, 0);
    String[] texts = new String[around + length + around]; // null where nothing is known
    for (int i = 0; i < array.numElements(); i++) {
      if (array.isNullAt(i)) {
        throw new InvalidInput("%s: passage %d is NULL", NAME, i);
      }

      InternalRow passage = array.getStruct(i, 2);
      add(passage.getArray(TOKENS), passage.getLong(FIRST) - position + around, texts);
    }

    for (int i = around; i < around + length; i++) {
      if (texts[i] == null) {
        return null;
      }
    }

    int start = around;
    while (start > 0 && texts[start - 1] != null) {
      start--;
    }

    int end = around + length;
    while (end < texts.length && texts[end] != null) {
      end++;
    }

    return new GenericInternalRow(
        new Object[] {
          joined(texts, start, around),
          joined(texts, around, around + length),
          joined(texts, around + length, end)
        });
  }

  /** Adds the texts of tokens of which the first has a place that may lie outside. */
  private void add(ArrayData tokens, long first, String[] texts) {
    int from = (int) Math.min(tokens.numElements(), Math.max(0, -first));
    int to = (int) Math.min(tokens.numElements(), texts.length - first);
    for (int i = from; i < to; i++) {
      String text = vocabulary.get(tokens.getInt(i));
      if (text == null) {
        throw new InvalidInput(
            "%s: token %d is not in the vocabulary of corpus %s", NAME, tokens.getInt(i), corpusId);
      }

      texts[(int) (first + i)] = text;
    }
  }

  private static UTF8String joined(String[] texts, int start, int end) {
    return UTF8String.fromString(String.join("", Arrays.asList(texts).subList(start, end)));
  }

  private static void checkNumber(String name, int number, int least) {
    if (number < least || number > MOST_TOKENS) {
      throw new InvalidInput(
          "%s: %s is %d; it must be between %d and %d", NAME, name, number, least, MOST_TOKENS);
    }
  }

  @Override
  public DataType[] inputTypes() {
    return new DataType[] {
      passages, DataTypes.LongType, DataTypes.IntegerType, DataTypes.IntegerType
    };
  }

  @Override
  public DataType resultType() {
    return LINE;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String canonicalName() {
    return "dev.kindred." + NAME + "(" + corpusId + ")";
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ContextFunction function
        && corpusId.equals(function.corpusId)
        && passages.equals(function.passages);
  }

  @Override
  public int hashCode() {
    return corpusId.hashCode();
  }

  @Override
  public String toString() {
    return NAME + "(" + corpusId + ")";
  }
}
