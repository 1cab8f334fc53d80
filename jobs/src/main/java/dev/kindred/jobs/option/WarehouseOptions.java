/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.option;

import dev.kindred.jobs.option.Values.Uri;
import picocli.CommandLine.Option;

/** Where all tables are. */
public class WarehouseOptions {
  @Option(
      names = "--warehouse",
      paramLabel = "DIR",
      converter = Uri.class,
      description = "folder of all tables (${DEFAULT-VALUE})")
  private String warehouse;

  public final String uri() {
    return warehouse;
  }
}
