/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.sql;

import java.io.IOException;
import java.util.concurrent.CancellationException;

/** Lines that somebody types. */
@FunctionalInterface
public interface Lines {
  /**
   * Asks for the next one.
   *
   * @param prompt what stands before it
   * @return null if there are no more
   * @throws CancellationException if what has been typed of a statement is to be dropped
   */
  String next(String prompt) throws IOException;
}
