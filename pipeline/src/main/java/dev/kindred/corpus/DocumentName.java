/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import java.io.Serializable;

/**
 * What messages call a document.
 *
 * @param path its file's
 * @param unit what the file has a document in, "line" or "row"; empty if it is one document
 * @param number of the line or row, from 1
 * @param afterByte where the counting of lines began in the file
 */
record DocumentName(String path, String unit, long number, long afterByte) implements Serializable {

  static DocumentName file(String path) {
    return new DocumentName(path, "", 0, 0);
  }

  @Override
  public String toString() {
    String name = unit.isEmpty() ? path : path + " " + unit + " " + number;
    return afterByte == 0 ? name : name + " after byte " + afterByte;
  }
}
