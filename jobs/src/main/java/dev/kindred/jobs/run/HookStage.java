/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.run;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;

import dev.kindred.InvalidInput;
import dev.kindred.activation.HookActivations;
import dev.kindred.activation.HookActivations.Positions;
import dev.kindred.activation.HookActivations.Size;
import dev.kindred.corpus.Prompt;
import dev.kindred.corpus.Prompts;
import dev.kindred.jobs.option.HookOptions;
import dev.kindred.jobs.workspace.Messages;
import dev.kindred.jobs.workspace.Progress;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.model.Blocks;
import dev.kindred.model.Hook;
import dev.kindred.model.files.LoadedModels;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Part;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.storage.StorageLevel;

/** What is at chosen places of the forward pass of given prompts: table hook_activations. */
public final class HookStage {
  /** The name of its one step. */
  public static final String STEP = "hook activations";

  /** Numbers that a task keeps of a batch, 32 MiB of them. */
  private static final long VALUES_IN_FLIGHT = 8L << 20;

  /** Tokens that a task runs through the model at once, whose residual streams the engine keeps. */
  private static final int TOKENS_IN_FLIGHT = 4096;

  private final ModelDirectory model;
  private final List<Prompt> prompts;
  private final List<Hook> hooks;
  private final Positions positions;

  private HookStage(
      ModelDirectory model, List<Prompt> prompts, List<Hook> hooks, Positions positions) {
    this.model = model;
    this.prompts = prompts;
    this.hooks = hooks;
    this.positions = positions;
  }

  /**
   * Reads prompts and places.
   *
   * @throws InvalidInput if the model cannot read a prompt, or has not such a place
   */
  public static HookStage check(HookOptions options, ModelDirectory model, Configuration hadoop) {
    List<Hook> hooks = Hook.named("--hook", options.names(), model.hooks());
    Prompts.Lengths lengths = Prompts.Lengths.upTo(model.contextLength());
    List<Prompt> prompts = options.prompts().read(model.tokenizerJson(), lengths, hadoop);
    return new HookStage(model, prompts, hooks, options.positions());
  }

  /** Writes the parts that are not there yet, audits them, and prints how to read them all. */
  public void write(Workspace workspace, Warehouse warehouse) {
    String given = HookActivations.id(prompts);
    String kept = positions.name().toLowerCase(Locale.ROOT);
    Progress progress = workspace.progress();
    List<Hook> missing =
        hooks.stream().filter(hook -> !part(warehouse, given, kept, hook).isComplete()).toList();
    for (Hook hook : hooks) {
      if (!missing.contains(hook)) {
        progress.reused(STEP, part(warehouse, given, kept, hook));
      }
    }

    if (!missing.isEmpty()) {
      Part[] parts =
          missing.stream().map(hook -> part(warehouse, given, kept, hook)).toArray(Part[]::new);
      progress.step(STEP, () -> compute(workspace, warehouse, missing, parts), parts);
      Stages.audit(
          warehouse,
          "current",
          1,
          model.shape(),
          Blocks.all(model.shape().blocks()).numbers(),
          List.of(parts));
    }

    long rows = hooks.stream().mapToLong(hook -> part(warehouse, given, kept, hook).rows()).sum();
    System.out.println(Messages.withProgram(statement(warehouse, given, kept)));
    System.out.printf(
        Locale.ROOT,
        "kindred: hook_activations=%d hooks=%d prompts=%d positions=%s model_id=%s"
            + " given_prompts=%s%n",
        rows,
        hooks.size(),
        prompts.size(),
        kept,
        model.id(),
        given);
  }

  private Part part(Warehouse warehouse, String given, String kept, Hook hook) {
    return warehouse.part(Tables.HOOK_ACTIVATIONS, model.id(), given, hook.toString(), kept);
  }

  /** The tokens that the model reads of the longest prompt. */
  private int[] longest() {
    return prompts.stream()
        .map(prompt -> model.input(prompt.tokenIds()))
        .max(Comparator.comparingInt(tokens -> tokens.length))
        .orElseThrow();
  }

  private void compute(Workspace workspace, Warehouse warehouse, List<Hook> missing, Part[] parts) {
    int[] longest = longest();
    Size most = HookActivations.size(LoadedModels.stream(model), longest, missing, positions);
    long tokens = prompts.stream().mapToLong(prompt -> model.input(prompt.tokenIds()).length).sum();
    double prompted = // prompts as long as the longest that leave about as much as all
        positions == Positions.ALL ? (double) tokens / longest.length : prompts.size();
    warehouse.checkFree(STEP, (long) (prompted * most.values() * Float.BYTES));
    int batch =
        (int)
            Math.max(
                1, Math.min(VALUES_IN_FLIGHT / most.values(), TOKENS_IN_FLIGHT / longest.length));
    Dataset<Row> found =
        workspace
            .progress()
            .counted(
                HookActivations.of(
                    workspace.spark(),
                    prompts,
                    model.onExecutors(workspace.spark()),
                    missing,
                    positions,
                    batch),
                prompted * most.rows())
            .persist(StorageLevel.MEMORY_AND_DISK());
    for (int i = 0; i < parts.length; i++) {
      parts[i].write(
          found
              .where(col(HookActivations.HOOK).equalTo(lit(missing.get(i).toString())))
              .sort("prompt_id", "position", "head"));
    }

    found.unpersist();
  }

  /** The command that reads it. */
  private String statement(Warehouse warehouse, String given, String kept) {
    return String.format(
        Locale.ROOT,
        "kindred sql --warehouse %s -e \"select hook, prompt_id, position, head, values from"
            + " kindred.hook_activations where model_id = '%s' and given_prompts = '%s' and hook in"
            + " (%s) and positions = '%s' order by hook, prompt_id, position, head\"",
        warehouse.root(),
        model.id(),
        given,
        hooks.stream().map(hook -> "'" + hook + "'").collect(Collectors.joining(", ")),
        kept);
  }
}
