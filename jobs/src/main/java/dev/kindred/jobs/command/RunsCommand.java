/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.command;

import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.jobs.option.WarehouseOptions;
import dev.kindred.jobs.report.SnakeCaseJson;
import dev.kindred.jobs.report.TerminalFindings;
import dev.kindred.jobs.serve.ExplorerFindings;
import dev.kindred.jobs.serve.RunLine;
import dev.kindred.jobs.workspace.Terminal;
import dev.kindred.jobs.workspace.Workspace;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "runs",
    description = "Lists the published runs of a warehouse, the newest first.",
    footer = {"kindred runs", "kindred runs --json --warehouse warehouse"})
final class RunsCommand extends KindredCommand {
  @Mixin private WarehouseOptions warehouse;

  @Option(names = "--json", description = "prints one JSON list")
  private boolean isJson;

  @Override
  public void run(Workspace workspace) {
    List<RunLine> runs = RunLine.of(workspace.warehouseThere(warehouse.uri()));
    System.out.print(
        isJson
            ? SnakeCaseJson.of(runs) + "\n"
            : TerminalFindings.of(ExplorerFindings.runs(runs), Terminal.isColoured()));
  }
}
