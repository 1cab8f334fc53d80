/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.option;

import picocli.CommandLine.Mixin;

/** All that a run's results and its tasks depend on. */
public final class ExperimentOptions {
  @Mixin private CorpusOptions corpus;
  @Mixin private ModelOptions model;
  @Mixin private WindowOptions windows;
  @Mixin private PromptOptions prompts;
  @Mixin private AlternatesOptions alternates;
  @Mixin private MixtureOptions mixture;
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

  public PromptOptions prompts() {
    return prompts;
  }

  public AlternatesOptions alternates() {
    return alternates;
  }

  public MixtureOptions mixture() {
    return mixture;
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
