/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.corpus.Prompt;
import dev.kindred.corpus.Prompts;
import dev.kindred.jobs.option.GivenPrompts;
import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.jobs.option.PageOptions;
import dev.kindred.jobs.option.ReadModelOptions;
import dev.kindred.jobs.report.Findings;
import dev.kindred.jobs.report.FindingsPage;
import dev.kindred.jobs.report.Report;
import dev.kindred.jobs.report.Shown;
import dev.kindred.jobs.report.TerminalFindings;
import dev.kindred.jobs.workspace.Terminal;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.model.files.ModelDirectory;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine.Mixin;

/**
 * A command that finds out something about what a model makes of prompts. It needs nothing but the
 * model directory, unless it says otherwise.
 */
abstract class PromptAnalysisCommand<F> extends KindredCommand {
  @Mixin private GivenPrompts given;
  @Mixin private ReadModelOptions model;
  @Mixin private PageOptions page;

  /** Returns the model directory. */
  ModelDirectory directory(Workspace workspace, ReadModelOptions named) {
    return named.read(workspace.hadoop());
  }

  /** Returns the prompts. */
  List<Prompt> prompts(Workspace workspace, GivenPrompts named, ModelDirectory directory) {
    return named.read(
        directory.tokenizerJson(),
        Prompts.Lengths.upTo(directory.contextLength()),
        workspace.hadoop());
  }

  /**
   * Finds what there is about prompts that the model can read, in their order.
   *
   * @return of the first prompts, if there are many
   */
  abstract List<F> find(Workspace workspace, ModelDirectory directory, List<Prompt> prompts);

  /** Returns how a prompt's findings are shown, under the prompt as their title. */
  abstract Findings shown(F found, String name);

  /** Returns what is shown of all prompts together, before each. */
  Optional<Findings> ofAll() {
    return Optional.empty();
  }

  /** Returns all findings as one JSON object. */
  abstract String json(ModelDirectory directory, List<F> found);

  /** Returns what a page of them says on top: a title and a sentence. */
  abstract List<String> head();

  @Override
  public final void run(Workspace workspace) {
    Shown.check(page, workspace.hadoop());
    ModelDirectory directory = directory(workspace, model);
    List<F> found = find(workspace, directory, prompts(workspace, given, directory));
    Shown.show(
        page,
        workspace.hadoop(),
        () -> html(directory, all(found)),
        () -> json(directory, found),
        () -> text(all(found)));
  }

  private List<Findings> all(List<F> found) {
    List<Findings> all = new ArrayList<>();
    ofAll().ifPresent(all::add);
    for (int i = 0; i < found.size(); i++) {
      all.add(shown(found.get(i), "prompt " + (i + 1)));
    }

    return all;
  }

  private String html(ModelDirectory directory, List<Findings> findings) {
    return Report.html(
        new FindingsPage(head().get(0), "model " + directory.id(), head().get(1), findings));
  }

  private static String text(List<Findings> findings) {
    return findings.stream()
        .map(
            one ->
                (one.title().isEmpty()
                        ? ""
                        : TerminalFindings.heading(one.title(), Terminal.isColoured()))
                    + TerminalFindings.of(one, Terminal.isColoured()))
        .collect(Collectors.joining());
  }
}
