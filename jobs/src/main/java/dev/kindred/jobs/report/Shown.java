/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import dev.kindred.jobs.option.PageOptions;
import dev.kindred.jobs.workspace.Terminal;
import java.util.function.Supplier;
import org.apache.hadoop.conf.Configuration;

/** How the findings about some prompts reach the user: as a page, as JSON, or on the terminal. */
public final class Shown {
  private Shown() {}

  /**
   * Checks that the page can be written, before what it shows is computed.
   *
   * @throws dev.kindred.InvalidInput if it cannot
   */
  public static void check(PageOptions options, Configuration hadoop) {
    if (options.html() != null) {
      PageFile.of("--html", options.html(), hadoop).check();
    }
  }

  /** Writes the page if one is asked for; prints JSON if that is asked for, or else text. */
  public static void show(
      PageOptions options,
      Configuration hadoop,
      Supplier<String> html,
      Supplier<String> json,
      Supplier<String> text) {
    if (options.html() != null) {
      PageFile file = PageFile.of("--html", options.html(), hadoop);
      file.write(html.get());
      Terminal.standardError().line("kindred: " + file.shown());
    }

    if (options.isJson()) {
      System.out.println(json.get());
    } else if (options.html() == null) {
      System.out.print(text.get());
    }
  }
}
