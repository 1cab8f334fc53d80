/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.sql;

import java.util.ArrayList;
import java.util.List;

/**
 * SQL text, added in pieces, cut into statements at semicolons. Those in strings, quoted names and
 * comments do not count.
 */
final class Statements {
  private final StringBuilder text = new StringBuilder();
  private int line = 1; // where text begins

  /**
   * A statement.
   *
   * @param line where it begins, from 1
   */
  record Statement(String text, int line) {}

  /** Adds text and takes the statements that are complete by it. */
  List<Statement> add(String more) {
    text.append(more);
    List<Statement> complete = new ArrayList<>();
    int start = 0;
    int end = end(start);
    while (end < text.length()) {
      addUnlessEmpty(start, end, complete);
      start = end + 1;
      end = end(start);
    }

    line += lines(0, start);
    text.delete(0, start);
    return complete;
  }

  /** Takes what is left, which no semicolon has ended. */
  List<Statement> finish() {
    List<Statement> rest = new ArrayList<>();
    addUnlessEmpty(0, text.length(), rest);
    text.setLength(0);
    return rest;
  }

  /** Whether a statement has begun that is not complete. */
  boolean isOpen() {
    return firstOf(0, text.length()) < text.length();
  }

  private void addUnlessEmpty(int start, int end, List<Statement> statements) {
    int first = firstOf(start, end);
    if (first < end) {
      statements.add(new Statement(text.substring(first, end).strip(), line + lines(0, first)));
    }
  }

  /** The place of the semicolon that ends a statement, or the length of the text. */
  private int end(int start) {
    int at = start;
    while (at < text.length() && text.charAt(at) != ';') {
      at = afterToken(at);
    }

    return Math.min(at, text.length());
  }

  /** The first place that is neither space nor comment, or {@code end}. */
  private int firstOf(int start, int end) {
    int at = start;
    while (at < end && (Character.isWhitespace(text.charAt(at)) || isComment(at))) {
      at = afterToken(at);
    }

    return Math.min(at, end);
  }

  private boolean isComment(int at) {
    return startsWith("--", at) || startsWith("/*", at);
  }

  private boolean startsWith(String token, int at) {
    return text.indexOf(token, at) == at;
  }

  /** The place after a string, quoted name or comment that begins here, or after one character. */
  private int afterToken(int at) {
    char first = text.charAt(at);
    if (first == '\'' || first == '"' || first == '`') {
      return afterQuote(at, first);
    }

    if (startsWith("--", at)) {
      int end = text.indexOf("\n", at);
      return end < 0 ? text.length() : end + 1;
    }

    if (startsWith("/*", at)) {
      int end = text.indexOf("*/", at + 2);
      return end < 0 ? text.length() : end + 2;
    }

    return at + 1;
  }

  private int afterQuote(int start, char quote) {
    int at = start + 1;
    while (at < text.length() && text.charAt(at) != quote) {
      at += text.charAt(at) == '\\' && quote != '`' ? 2 : 1;
    }

    return Math.min(at + 1, text.length());
  }

  private int lines(int start, int end) {
    int lines = 0;
    for (int at = start; at < end; at++) {
      lines += text.charAt(at) == '\n' ? 1 : 0;
    }

    return lines;
  }
}
