/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.jobs.option.ModelOptions;
import dev.kindred.jobs.option.WriterOptions;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Warehouse;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "learn-embeddings",
    description =
        "Learns, for each token, vectors that make the rest of the model predict it with certainty when"
            + " they stand at a stage of the residual stream: table learned_embeddings.",
    footer = "kindred learn-embeddings --model models/tinyshakespeare --stage final --restarts 100")
final class LearnEmbeddingsCommand extends KindredCommand {
  @Mixin private ModelOptions model;
  @Mixin private EmbeddingOptions embeddings;
  @Mixin private WriterOptions warehouse;

  @Override
  public Optional<WriterOptions> written() {
    return Optional.of(warehouse);
  }

  @Override
  public void run(Workspace workspace) {
    EmbeddingSelection selection =
        embeddings.selection(ModelDirectory.read(model.uri(), workspace.hadoop()));
    Warehouse tables = workspace.lock(warehouse.uri(), warehouse.lockWait());
    System.out.print(new LearnEmbeddings(workspace, tables, selection).learn());
  }
}
