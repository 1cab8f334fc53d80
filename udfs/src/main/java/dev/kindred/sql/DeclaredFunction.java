/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.sql;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.spark.sql.connector.catalog.functions.BoundFunction;
import org.apache.spark.sql.connector.catalog.functions.UnboundFunction;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * A function as a query names it, before the types of its arguments are known.
 *
 * @param name in SQL
 * @param arguments what it takes, for people
 * @param meaning what it gives, for people
 * @param binder the function for some argument types, or empty if it does not take them
 */
record DeclaredFunction(
    String name,
    String arguments,
    String meaning,
    Function<List<DataType>, Optional<BoundFunction>> binder)
    implements UnboundFunction {

  @Override
  public BoundFunction bind(StructType types) {
    List<DataType> given = Arrays.stream(types.fields()).map(StructField::dataType).toList();
    // Spark makes an analysis error of this one, at the place in the query.
    return binder
        .apply(given)
        .orElseThrow(
            () ->
                new UnsupportedOperationException(
                    String.format(
                        Locale.ROOT,
                        "%s takes (%s), got (%s)",
                        name,
                        arguments,
                        given.stream()
                            .map(DataType::catalogString)
                            .collect(Collectors.joining(", ")))));
  }

  /** How to call it, and what it gives. */
  String usage() {
    return String.format(Locale.ROOT, "%s(%s): %s", name, arguments, meaning);
  }

  @Override
  public String description() {
    return usage();
  }
}
