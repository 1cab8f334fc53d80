/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import dev.kindred.ContentId;
import java.io.Serializable;
import java.nio.ByteBuffer;

/**
 * A document, for messages and tables.
 *
 * @param path its file's
 * @param unit what the file has a document in, "line" or "row"; empty if it is one document
 * @param number of the line or row, from 1
 * @param afterByte where the counting of lines began in the file
 * @param id what the row's id column has; null if rows are named by their numbers
 */
record DocumentName(String path, String unit, long number, long afterByte, String id)
    implements Serializable {

  static DocumentName file(String path) {
    return new DocumentName(path, "", 0, 0, null);
  }

  /** The same with the id of its row. */
  DocumentName withId(String idOfRow) {
    return new DocumentName(path, unit, number, afterByte, idOfRow);
  }

  /**
   * What tables call the document: its id, or else its file below a folder, with the row's number
   * if the file is a table.
   *
   * @param folder with the last slash; the path begins with it
   * @param row the document's number in its file, from 1
   */
  String name(String folder, long row) {
    return id != null ? id : unit.isEmpty() ? below(folder) : below(folder) + " row " + row;
  }

  /** The file below a folder. */
  private String below(String folder) {
    return path.substring(folder.length());
  }

  /** A hash of all that {@link #name} depends on but the row's number. */
  long hashBelow(String folder) {
    byte[] named = new ContentId().add(id == null ? "file " + below(folder) : "id " + id).hash(8);
    return ByteBuffer.wrap(named).getLong();
  }

  @Override
  public String toString() {
    String name = unit.isEmpty() ? path : path + " " + unit + " " + number;
    return afterByte == 0 ? name : name + " after byte " + afterByte;
  }
}
