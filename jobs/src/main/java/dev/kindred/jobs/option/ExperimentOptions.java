/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.option;

import picocli.CommandLine.Mixin;

/** What stages depend on; a run compares with {@link AlternatesOptions}, too. */
public final class ExperimentOptions {
  @Mixin private CorpusOptions corpus;
  @Mixin private ModelOptions model;
  @Mixin private WindowOptions windows;
  @Mixin private PlacesOptions places;
  @Mixin private PromptOptions prompts;
  @Mixin private RuleOptions rule;
  @Mixin private KeepSimilarOption keepSimilar;
  @Mixin private TaskOptions tasks;
  @Mixin private JoinOptions join;

  public CorpusOptions corpus() {
    return corpus;
  }

  public ModelOptions model() {
    return model;
  }

  public WindowOptions windows() {
    return windows;
  }

  public PlacesOptions places() {
    return places;
  }

  public PromptOptions prompts() {
    return prompts;
  }

  public RuleOptions rule() {
    return rule;
  }

  public KeepSimilarOption keepSimilar() {
    return keepSimilar;
  }

  public TaskOptions tasks() {
    return tasks;
  }

  public JoinOptions join() {
    return join;
  }
}
