/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.option;

import picocli.CommandLine.Option;

/** How what was found is shown: on the terminal, as JSON, or as a page. */
public final class PageOptions {
  @Option(names = "--json", description = "prints one JSON object")
  private boolean json;

  @Option(names = "--html", paramLabel = "FILE", description = "writes a page instead of printing")
  private String html;

  public boolean isJson() {
    return json;
  }

  /** Returns the page's file, or null for none. */
  public String html() {
    return html;
  }
}
