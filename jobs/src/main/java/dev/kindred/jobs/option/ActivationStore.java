/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.option;

import dev.kindred.model.Precision;

/** How the vectors of windows are kept in the warehouse. */
public enum ActivationStore {
  /** As floats. */
  F32,
  /** As numbers of binary16. */
  F16;

  /** The precision of what is compared. */
  public Precision precision() {
    return switch (this) {
      case F32 -> Precision.F32;
      case F16 -> Precision.F16;
    };
  }
}
