/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.bench;

/** A whole run ended with an error of its own; the message says which, and how it ended. */
final class RunFailed extends RuntimeException {
  private static final long serialVersionUID = 1L;

  RunFailed(String message) {
    super(message);
  }
}
