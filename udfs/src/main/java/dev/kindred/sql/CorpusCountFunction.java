/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.sql;

import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.connector.catalog.functions.BoundFunction;
import org.apache.spark.sql.connector.catalog.functions.ScalarFunction;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.NullType;
import org.apache.spark.sql.types.StringType;

/** {@code corpus_count}: how often a text of any length stands in the run's corpus. */
record CorpusCountFunction(RunCorpus corpus) implements ScalarFunction<Long> {
  private static final long serialVersionUID = 1L;

  static final String NAME = "corpus_count";

  static Optional<BoundFunction> bind(RunCorpus corpus, List<DataType> arguments) {
    return arguments.size() == 1
            && (arguments.get(0) instanceof StringType || arguments.get(0) instanceof NullType)
        ? Optional.of(new CorpusCountFunction(corpus))
        : Optional.empty();
  }

  @Override
  public Long produceResult(InternalRow arguments) {
    return arguments.isNullAt(0)
        ? null
        : (Long) corpus.index(NAME).count(arguments.getUTF8String(0).toString());
  }

  @Override
  public DataType[] inputTypes() {
    return new DataType[] {DataTypes.StringType};
  }

  @Override
  public DataType resultType() {
    return DataTypes.LongType;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String canonicalName() {
    return "dev.kindred." + NAME + "(" + corpus.corpusId() + ")";
  }

  @Override
  public String toString() {
    return NAME + "(" + corpus.corpusId() + ")";
  }
}
