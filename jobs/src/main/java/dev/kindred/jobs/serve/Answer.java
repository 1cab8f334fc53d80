/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.serve;

import dev.kindred.jobs.report.SnakeCaseJson;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * What a request is answered with.
 *
 * @param status of HTTP
 * @param type of the content
 */
record Answer(int status, String type, byte[] content) {
  private static final String HTML = "text/html; charset=utf-8";
  private static final String CSV = "text/csv; charset=utf-8";
  private static final String JSON = "application/json";

  static Answer html(String page) {
    return new Answer(200, HTML, page.getBytes(StandardCharsets.UTF_8));
  }

  static Answer json(Object found) {
    return new Answer(200, JSON, SnakeCaseJson.of(found).getBytes(StandardCharsets.UTF_8));
  }

  static Answer csv(String rows) {
    return new Answer(200, CSV, rows.getBytes(StandardCharsets.UTF_8));
  }

  /** The same with another status. */
  Answer with(int other) {
    return new Answer(other, type, content);
  }

  /** A problem, as JSON or as a page. */
  static Answer problem(int status, String message, boolean isJson) {
    return problem(
        status, message, isJson, new ExplorerPage("not answered", "", "", "", "explain"));
  }

  /** A problem with a question, which stays in its box. */
  static Answer problem(int status, String message, boolean isJson, ExplorerPage page) {
    Answer answer =
        isJson
            ? json(Map.of("error", message))
            : html(page.render("explorer_problem.jte", "message", message));
    return answer.with(status);
  }
}
