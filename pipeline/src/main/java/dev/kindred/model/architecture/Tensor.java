/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.architecture;

/**
 * A stored tensor that a part of a model reads.
 *
 * @param name in the file with the weights
 * @param start what training begins with
 * @param shape outermost dimension first
 */
public record Tensor(String name, Start start, long... shape) {

  /** Values before the first step of a training. */
  public enum Start {
    /** Normal, about 0. */
    NORMAL,
    ZEROS,
    ONES
  }
}
