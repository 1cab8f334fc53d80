/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.command;

import dev.kindred.InvalidInput;
import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.jobs.option.WarehouseOptions;
import dev.kindred.jobs.report.SnakeCaseJson;
import dev.kindred.jobs.run.RunPlan;
import dev.kindred.jobs.sql.NearestName;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.table.Part;
import dev.kindred.table.RunNames;
import dev.kindred.table.Runs;
import dev.kindred.table.Table;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "files",
    description =
        "Prints the paths of the Parquet files that a table of a published run consists of, one a"
            + " line, for DuckDB, pandas and others. A glob would also find files that do not count.",
    footer = {"kindred files distances", "kindred files similar_strings --run-id study --json"})
final class FilesCommand extends KindredCommand {
  @Mixin private WarehouseOptions warehouse;

  @Parameters(paramLabel = "TABLE", description = "a table's name, as docs/sql.md lists them")
  private String table;

  @Option(
      names = "--run-id",
      paramLabel = "ID",
      description = "id or name of the run whose table it is (the last published)")
  private String runId;

  @Option(names = "--json", description = "prints one JSON list")
  private boolean isJson;

  @Override
  public void run(Workspace workspace) {
    Table named = Tables.find(table).orElseThrow(() -> noTable(table));
    Warehouse there = workspace.warehouseThere(warehouse.uri());
    String id = RunPlan.published(there, RunNames.idOrNewest(there, runId)).runId();
    List<String> files =
        Runs.part(there, Runs.find(there, id).orElseThrow(), named)
            .map(Part::files)
            .orElse(List.of());
    if (files.isEmpty()) {
      throw new InvalidInput(
          "%s: run %s has no files of this table in %s; docs/sql.md says which command fills it",
          table, id, there.root());
    }

    System.out.print(isJson ? SnakeCaseJson.of(files) + "\n" : String.join("\n", files) + "\n");
  }

  private static InvalidInput noTable(String name) {
    List<String> names = Tables.ALL.stream().map(Table::name).toList();
    return new InvalidInput(
        "%s: there is no such table%s",
        name,
        NearestName.of(name, names)
            .map(near -> "; did you mean " + near + "?")
            .orElse("; docs/sql.md lists them"));
  }
}
