/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.jobs.option.ModelOptions;
import dev.kindred.jobs.option.Values;
import dev.kindred.jobs.option.WriterOptions;
import dev.kindred.jobs.report.PageFile;
import dev.kindred.jobs.report.Report;
import dev.kindred.jobs.report.TokenSpectra;
import dev.kindred.jobs.workspace.Terminal;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.subspace.Subspaces;
import dev.kindred.table.Warehouse;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "subspaces",
    description =
        "Finds the directions in which each token's learned embeddings lie, by singular value"
            + " decomposition: table subspaces. Takes the options with which learn-embeddings made"
            + " them.",
    footer = {
      "kindred subspaces --model models/tinyshakespeare --html subspaces.html",
      "kindred subspaces --model models/tinyshakespeare --mix ag"
    })
final class SubspacesCommand extends KindredCommand {
  @Mixin private ModelOptions model;
  @Mixin private EmbeddingOptions embeddings;
  @Mixin private WriterOptions warehouse;

  @Option(
      names = "--ranks",
      paramLabel = "K",
      converter = Values.Count.class,
      defaultValue = "" + Subspaces.RANKS,
      description = "directions kept of each token (${DEFAULT-VALUE})")
  private int ranks;

  @Option(
      names = "--mix",
      paramLabel = "TEXT",
      description = "a text of two tokens, whose directions are mixed and balanced")
  private String mix;

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description = "writes a page with the singular values")
  private String html;

  @Override
  public Optional<WriterOptions> written() {
    return Optional.of(warehouse);
  }

  @Override
  public void run(Workspace workspace) {
    PageFile page = html == null ? null : PageFile.of("--html", html, workspace.hadoop());
    if (page != null) {
      page.check();
    }

    workspace.warehouseThere(warehouse.uri());
    EmbeddingSelection selection =
        embeddings.selection(ModelDirectory.read(model.uri(), workspace.hadoop()));
    Warehouse tables = workspace.lock(warehouse.uri(), warehouse.lockWait());
    TokenSubspaces subspaces = new TokenSubspaces(workspace.progress(), tables, selection);
    subspaces.checkMix(mix);
    TokenSpectra spectra = subspaces.find(ranks);
    if (page != null) {
      page.write(Report.html(spectra));
      Terminal.standardError().line("kindred: " + page.shown());
    }

    System.out.print(spectra.text());
    System.out.print(subspaces.mix(mix));
    System.out.println(subspaces.lastLine());
  }
}
