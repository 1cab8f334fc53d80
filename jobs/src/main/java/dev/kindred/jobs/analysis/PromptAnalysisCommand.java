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
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.Mixin;

/**
 * A command that finds out something about what a model makes of prompts, and needs nothing but the
 * model directory.
 */
abstract class PromptAnalysisCommand<F> extends KindredCommand {
  @Mixin private GivenPrompts given;
  @Mixin private ReadModelOptions model;
  @Mixin private PageOptions page;

  /** Finds what there is about prompts that the model can read, in their order. */
  abstract List<F> find(ModelDirectory directory, List<Prompt> prompts);

  /** Returns how a prompt's findings are shown, under the prompt as their title. */
  abstract Findings shown(F found, String name);

  /** Returns all findings as one JSON object. */
  abstract String json(ModelDirectory directory, List<F> found);

  /** Returns what a page of them says on top: a title and a sentence. */
  abstract List<String> head();

  @Override
  public final void run(Workspace workspace) {
    Shown.check(page, workspace.hadoop());
    ModelDirectory directory = model.read(workspace.hadoop());
    List<Prompt> prompts =
        given.read(
            directory.tokenizerJson(),
            Prompts.Lengths.upTo(directory.contextLength()),
            workspace.hadoop());
    List<F> found = find(directory, prompts);
    Shown.show(
        page,
        workspace.hadoop(),
        () -> html(directory, all(found)),
        () -> json(directory, found),
        () -> text(all(found)));
  }

  private List<Findings> all(List<F> found) {
    return found.stream().map(one -> shown(one, "prompt " + (found.indexOf(one) + 1))).toList();
  }

  private String html(ModelDirectory directory, List<Findings> findings) {
    return Report.html(
        new FindingsPage(head().get(0), "model " + directory.id(), head().get(1), findings));
  }

  private static String text(List<Findings> findings) {
    return findings.stream()
        .map(
            prompt ->
                TerminalFindings.heading(prompt.title(), Terminal.isColoured())
                    + TerminalFindings.of(prompt, Terminal.isColoured()))
        .collect(Collectors.joining());
  }
}
