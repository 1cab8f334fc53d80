/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.architecture;

/**
 * The tensors of a model, read one at a time: all of them may be more than fits a process twice.
 */
@FunctionalInterface
public interface Tensors {

  /**
   * Reads a tensor.
   *
   * @return its values in float32, row-major
   * @throws dev.kindred.InvalidInput if it cannot be read
   */
  float[] floats(String name);
}
