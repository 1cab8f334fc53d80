/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.command;

import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.jobs.option.WarehouseOptions;
import dev.kindred.jobs.report.SnakeCaseJson;
import dev.kindred.jobs.report.TerminalFindings;
import dev.kindred.jobs.serve.ExplorerFindings;
import dev.kindred.jobs.serve.RunComparison;
import dev.kindred.jobs.workspace.Terminal;
import dev.kindred.jobs.workspace.Workspace;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "compare",
    description =
        "Compares two published runs about the same prompts: settings that differ, mean distances and"
            + " the prompts that moved most.",
    footer = {
      "kindred compare r-20261122-041500-3f2a r-20261123-041500-77aa",
      "kindred compare before after"
    })
final class CompareCommand extends KindredCommand {
  @Mixin private WarehouseOptions warehouse;

  @Parameters(
      index = "0",
      paramLabel = "A",
      description = "a run's id or name, as kindred runs lists them")
  private String a;

  @Parameters(index = "1", paramLabel = "B", description = "another one")
  private String b;

  @Option(names = "--json", description = "prints one JSON object")
  private boolean isJson;

  @Override
  public void run(Workspace workspace) {
    RunComparison found = RunComparison.of(workspace.warehouseThere(warehouse.uri()), a, b);
    System.out.print(
        isJson
            ? SnakeCaseJson.of(found) + "\n"
            : TerminalFindings.of(ExplorerFindings.comparison(found), Terminal.isColoured()));
  }
}
