/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.run;

import java.util.Locale;

/**
 * The audit found a run's tables to be wrong: it is not published, and readers stay with the one
 * before. Commands print the message, one line, and exit with status 3.
 */
public final class RunRejected extends RuntimeException {
  private static final long serialVersionUID = 1L;

  RunRejected(String format, Object... arguments) {
    super(String.format(Locale.ROOT, format, arguments));
  }
}
