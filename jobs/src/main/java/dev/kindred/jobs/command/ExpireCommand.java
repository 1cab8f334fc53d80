/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.command;

import dev.kindred.jobs.expire.Expiry;
import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.jobs.option.Values;
import dev.kindred.jobs.option.WriterOptions;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.table.Warehouse;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "expire",
    description =
        "Deletes old runs and the inputs that only they needed, and what commands that died have left."
            + " The newest published runs stay, and runs begun after them.",
    footer = "kindred expire --keep 14 --dry-run")
final class ExpireCommand extends KindredCommand {
  @Mixin private WriterOptions warehouse;

  @Option(
      names = "--keep",
      paramLabel = "N",
      converter = Values.Positive.class,
      description = "published runs that expiry leaves (${DEFAULT-VALUE})")
  private int keep;

  @Option(names = "--dry-run", description = "shows what the command would do, and does nothing")
  private boolean isDryRun;

  @Override
  public Optional<WriterOptions> written() {
    return Optional.of(warehouse);
  }

  @Override
  public void run(Workspace workspace) {
    workspace.warehouseThere(warehouse.uri());
    Warehouse tables = workspace.lock(warehouse.uri(), warehouse.lockWait());
    new Expiry(tables, System.out).expire(keep, isDryRun);
  }
}
