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
}
