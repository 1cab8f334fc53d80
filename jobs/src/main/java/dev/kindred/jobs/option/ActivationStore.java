/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.option;

import dev.kindred.model.Precision;

/** How the vectors of windows are kept in the warehouse. */
public enum ActivationStore {
  /** As floats. */
  F32,
  /** As numbers of binary16. */
  F16,
  /** Not at all: each join evaluates the model. */
  NONE;

  /** The precision of what is compared. */
  public Precision precision() {
    return switch (this) {
      case F32, NONE -> Precision.F32;
      case F16 -> Precision.F16;
    };
  }
}
