/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred;

import java.util.Locale;

/**
 * The user's input cannot be used: a setting, a corpus, a prompt, a model directory or a warehouse.
 *
 * <p>The message is one line that names the thing, its value and the remedy. Commands print it
 * without a stack trace and exit with status 2; every other exception is a bug and keeps its trace.
 */
public final class InvalidInput extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public InvalidInput(String format, Object... arguments) {
    super(arguments.length == 0 ? format : String.format(Locale.ROOT, format, arguments));
  }

  /** The first {@code InvalidInput} among an exception and its causes, or null. */
  public static InvalidInput findIn(Throwable thrown) {
    Throwable cause = thrown;
    while (cause != null) {
      if (cause instanceof InvalidInput) {
        return (InvalidInput) cause;
      }

      cause = cause.getCause();
    }

    return null;
  }
}
