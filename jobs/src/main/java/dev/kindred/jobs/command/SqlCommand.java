/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.command;

import dev.kindred.InvalidInput;
import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.jobs.option.WarehouseOptions;
import dev.kindred.jobs.sql.SqlShell;
import dev.kindred.jobs.sql.TerminalLines;
import dev.kindred.jobs.workspace.Interruption;
import dev.kindred.jobs.workspace.Workspace;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "sql",
    description =
        "Runs SQL over the warehouse's tables, with Kindred's functions; without -e and -f it reads"
            + " statements that end with a semicolon from standard input.",
    footer =
        "kindred sql -e 'select * from kindred.current.distances order by hellinger desc limit 5'")
final class SqlCommand extends KindredCommand {
  private static final String HISTORY = ".kindred_history";

  @Mixin private WarehouseOptions warehouse;

  @Option(names = "-e", paramLabel = "SQL", description = "statements, separated by semicolons")
  private String statements;

  @Option(names = "-f", paramLabel = "FILE", description = "a file of statements")
  private String file;

  @Option(
      names = "--format",
      paramLabel = "table|csv|json",
      defaultValue = "table",
      description = "how rows are printed (${DEFAULT-VALUE})")
  private String format;

  @Override
  public void run(Workspace workspace) throws IOException {
    if (statements != null && file != null) {
      throw new InvalidInput("-e and -f: only one of them can be given");
    }

    SqlShell.checkFormat(format);
    workspace.warehouseThere(warehouse.uri());
    SqlShell shell = new SqlShell(workspace.spark(), warehouse.uri(), format, System.out);
    if (statements != null) {
      shell.runAll(statements);
    } else if (file != null) {
      shell.runFile(file);
    } else if (System.console() == null) {
      shell.run(System.in);
    } else {
      talk(shell);
    }
  }

  private static void talk(SqlShell shell) throws IOException {
    Path history = Path.of(System.getProperty("user.home"), HISTORY);
    Runnable interrupted =
        () -> {
          if (!shell.cancel()) {
            Interruption.interrupt();
          }
        };
    try (TerminalLines lines = new TerminalLines(history, interrupted)) {
      shell.talk(lines, lines::columns);
    }
  }
}
