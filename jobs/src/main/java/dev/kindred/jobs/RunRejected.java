/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import java.util.Locale;
import org.apache.commons.lang3.exception.ExceptionUtils;

/**
 * The audit found a run's tables to be wrong: it is not published, and readers stay with the one
 * before. Commands print the message, one line, and exit with status 3.
 */
final class RunRejected extends RuntimeException {
  private static final long serialVersionUID = 1L;

  RunRejected(String format, Object... arguments) {
    super(String.format(Locale.ROOT, format, arguments));
  }

  /** The first {@code RunRejected} among an exception and its causes, or null. */
  static RunRejected findIn(Throwable thrown) {
    return ExceptionUtils.throwableOfType(thrown, RunRejected.class);
  }
}
