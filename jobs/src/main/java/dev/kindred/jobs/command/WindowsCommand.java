/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.command;

import dev.kindred.jobs.option.CorpusOptions;
import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.jobs.option.ModelFolder;
import dev.kindred.jobs.option.PlacesOptions;
import dev.kindred.jobs.option.WindowOptions;
import dev.kindred.jobs.option.WriterOptions;
import dev.kindred.jobs.run.CorpusInput;
import dev.kindred.jobs.run.WindowsStage;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Warehouse;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "windows",
    description =
        "Extracts the corpus's windows into the table windows, and where they stand into the tables"
            + " occurrences and passages. Needs the model's tokenizer.",
    footer = "kindred windows --corpus s3a://bucket/corpus --warehouse s3a://bucket/warehouse")
final class WindowsCommand extends KindredCommand {
  @Mixin private CorpusOptions corpus;
  @Mixin private ModelFolder model;
  @Mixin private WindowOptions windows;
  @Mixin private PlacesOptions places;
  @Mixin private WriterOptions warehouse;

  @Override
  public List<String> steps() {
    return List.of("corpus", "windows");
  }

  @Override
  public Optional<WriterOptions> written() {
    return Optional.of(warehouse);
  }

  @Override
  public void run(Workspace workspace) {
    String tokenizer = ModelDirectory.readTokenizer("--model", model.uri(), workspace.hadoop());
    CorpusInput.check(corpus, Optional.of(places), workspace.hadoop());
    Warehouse tables = workspace.lock(warehouse.uri(), warehouse.lockWait());
    WindowsStage.write(
        CorpusInput.open(
            workspace,
            tables,
            corpus,
            Optional.of(places),
            tokenizer,
            windows.length(),
            CorpusInput.CORPORA));
  }
}
