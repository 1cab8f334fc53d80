/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.jobs.option.Values;
import dev.kindred.jobs.report.Findings;
import dev.kindred.jobs.report.Findings.Element;
import dev.kindred.jobs.report.FindingsPage;
import dev.kindred.jobs.report.PageFile;
import dev.kindred.jobs.report.Report;
import dev.kindred.jobs.workspace.Terminal;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.subspace.Subspaces;
import dev.kindred.table.Table;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Vectors that make a model predict a token with certainty, and the directions in which they lie.
 */
final class EmbeddingAnalysis implements Analysis {
  @Override
  public String name() {
    return "embeddings";
  }

  @Override
  public List<Table> tables() {
    return List.of(Tables.LEARNED_EMBEDDINGS, Tables.SUBSPACES);
  }

  @Override
  public List<KindredCommand> commands(List<Analysis> all) {
    return List.of(new LearnEmbeddingsCommand(), new SubspacesCommand());
  }

  /** The command that learns them. */
  @Command(
      name = "learn-embeddings",
      description =
          "Learns, for each token, vectors that make the rest of the model predict it with certainty"
              + " when they stand at a stage of the residual stream: table learned_embeddings.",
      footer =
          "kindred learn-embeddings --model models/tinyshakespeare --stage final --restarts 100")
  static final class LearnEmbeddingsCommand extends ModelAnalysisCommand {
    @Mixin private EmbeddingOptions embeddings;
    private EmbeddingSelection selection;
    private LearnEmbeddings learning;

    @Override
    void checkOptions(ModelDirectory directory) {
      selection = embeddings.selection(directory);
    }

    @Override
    Findings find(Workspace workspace, Warehouse tables, ModelDirectory directory) {
      learning = new LearnEmbeddings(workspace, tables, selection);
      return learning.learn();
    }

    @Override
    String lastLine() {
      return learning.lastLine();
    }
  }

  /** The command that finds their directions. */
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
  static final class SubspacesCommand extends ModelAnalysisCommand {
    @Mixin private EmbeddingOptions embeddings;

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

    private EmbeddingSelection selection;
    private TokenSubspaces subspaces;

    @Override
    void check(Workspace workspace, String warehouse) {
      if (html != null) {
        PageFile.of("--html", html, workspace.hadoop()).check();
      }

      workspace.warehouseThere(warehouse);
    }

    @Override
    void checkOptions(ModelDirectory directory) {
      selection = embeddings.selection(directory);
    }

    @Override
    Findings find(Workspace workspace, Warehouse tables, ModelDirectory directory) {
      subspaces = new TokenSubspaces(workspace.progress(), tables, selection);
      subspaces.checkMix(mix);
      Findings found = subspaces.find(ranks);
      List<Element> elements = new ArrayList<>(found.elements());
      if (mix != null) {
        elements.addAll(subspaces.mix(mix));
      }

      Findings all = new Findings(found.title(), elements, found.statements());
      if (html != null) {
        PageFile page = PageFile.of("--html", html, workspace.hadoop());
        page.write(
            Report.html(
                new FindingsPage(
                    "stage " + selection.stage() + ", recipe " + selection.recipe().key(),
                    "model " + directory.id(),
                    "The singular values of each token’s learned embeddings: where the first stands"
                        + " out, they lie along one direction.",
                    List.of(all))));
        Terminal.standardError().line("kindred: " + page.shown());
      }

      return all;
    }

    @Override
    String lastLine() {
      return subspaces.lastLine();
    }
  }
}
