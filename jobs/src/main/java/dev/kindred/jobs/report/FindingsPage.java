/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import java.util.List;

/**
 * Findings as a page of their own.
 *
 * @param about the model, or what else they are about
 * @param lede what the page shows, in a sentence
 * @param titles what those of sections are
 * @param findings a section each; a title may be empty
 */
public record FindingsPage(
    String title, String about, String lede, Titles titles, List<Findings> findings) {

  /** What the titles of sections are. */
  public enum Titles {
    /** Prompts, whose white space is to be seen. */
    PROMPTS,
    /** Plain words. */
    WORDS
  }

  /** A page about prompts. */
  public FindingsPage(String title, String about, String lede, List<Findings> findings) {
    this(title, about, lede, Titles.PROMPTS, findings);
  }
}
