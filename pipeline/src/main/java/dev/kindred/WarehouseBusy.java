/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred;

import java.util.Locale;

/**
 * Another writer has the warehouse, or has taken it over.
 *
 * <p>The message is one line that names the other writer and the remedy. Commands print it without
 * a stack trace and exit with status 4.
 */
public final class WarehouseBusy extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public WarehouseBusy(String format, Object... arguments) {
    super(String.format(Locale.ROOT, format, arguments));
  }

  /** The first {@code WarehouseBusy} among an exception and its causes, or null. */
  public static WarehouseBusy findIn(Throwable thrown) {
    Throwable cause = thrown;
    while (cause != null && !(cause instanceof WarehouseBusy)) {
      cause = cause.getCause();
    }

    return (WarehouseBusy) cause;
  }
}
