/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.serve;

import dev.kindred.explanation.Place;
import dev.kindred.jobs.report.Templates;
import java.util.Map;

/**
 * What every page of the explorer has around its content.
 *
 * @param title of the page
 * @param runId the run that is asked about; empty for none
 * @param text that was asked about; empty for none
 * @param json address of the same as JSON; empty for none
 * @param field where the box's text goes: {@code explain}, {@code text}, {@code trace}, {@code
 *     count}
 */
public record ExplorerPage(String title, String runId, String text, String json, String field) {

  /** Returns the address of a question about a text. */
  public String to(String kind, String asked) {
    return address(kind, runId, asked);
  }

  /** Returns the address of a question to a run about a text. */
  public static String address(String kind, String runId, String text) {
    return "/" + kind + "?run=" + Question.encoded(runId) + "&text=" + Question.encoded(text);
  }

  /** Returns the address of a string. */
  public static String string(String runId, long windowId) {
    return "/strings/" + windowId + "?run=" + Question.encoded(runId);
  }

  /**
   * Returns the address of a place in a document.
   *
   * @param tokens that are marked there
   */
  public static String document(String runId, Place place, int tokens) {
    return "/documents?run="
        + Question.encoded(runId)
        + "&document="
        + Question.encoded(place.document())
        + "&at="
        + place.position()
        + "&tokens="
        + tokens
        + "#marked";
  }

  /** Returns a text as it stands in an address. */
  public static String encoded(String text) {
    return Question.encoded(text);
  }

  /** Renders a template with this page around its content. */
  String render(String template, String name, Object found) {
    return Templates.render(template, Map.of("page", this, name, found));
  }
}
