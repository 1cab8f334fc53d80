/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.sql;

import dev.kindred.InvalidInput;
import org.apache.spark.QueryContext;
import org.apache.spark.sql.AnalysisException;
import scala.Option;

/**
 * What a statement names cannot be read: there is no such run or warehouse, or it is damaged. It is
 * an {@code AnalysisException}, since that is the one that PySpark shows by its message alone, and
 * that programs over Spark SQL expect of a statement that cannot be run.
 */
final class NotQueryable extends AnalysisException {
  private static final long serialVersionUID = 1L;

  private NotQueryable(InvalidInput why) {
    super(
        why.getMessage(),
        Option.empty(),
        Option.empty(),
        Option.apply(why),
        Option.empty(),
        scala.collection.immutable.Map$.MODULE$.empty(),
        new QueryContext[0]);
  }

  /**
   * Looks something up.
   *
   * @throws E if there is no such thing by its name
   */
  static <T, E extends Exception> T lookUp(Lookup<T, E> lookup) throws E {
    try {
      return lookup.get();
    } catch (InvalidInput e) {
      throw unchecked(new NotQueryable(e));
    }
  }

  /** Spark's interfaces are of Scala, which declares no exceptions. */
  @SuppressWarnings("unchecked")
  private static <E extends Exception> E unchecked(Exception exception) throws E {
    throw (E) exception;
  }

  /** Something that may not be there. */
  interface Lookup<T, E extends Exception> {
    T get() throws E;
  }
}
