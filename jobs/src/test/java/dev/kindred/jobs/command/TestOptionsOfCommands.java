/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Which command lists which option. A group of options is easily mixed into a command that uses
 * some of them only: whoever adds a line here says that the command uses what stands in it.
 */
class TestOptionsOfCommands {
  private static final List<String> OF_ALL =
      List.of("--conf", "--quiet", "--verbose", "--help", "--version");

  private static final String CORPUS = "--corpus --corpus-format --text-column ";
  private static final String READ_MODEL = "--model --bos ";
  private static final String MODEL = READ_MODEL + "--blocks --vectors --store-activations ";
  private static final String TASKS = "--nodes-in-flight --windows-per-task ";
  private static final String JOIN = "--kernel --prefix-axes ";
  private static final String RULE = "--thresholds --weights --saturation --rings --center ";
  private static final String PROMPTS = "--prompts --prompt-seed ";
  private static final String WRITER = "--warehouse --lock-wait ";
  private static final String REPORT = "--report --report-prompts ";
  private static final String GIVEN_PROMPTS = "--prompts --token-ids ";
  private static final String PAGE = "--html --json ";
  private static final String PLACES = "--id-column --keep-occurrences ";
  private static final String EVALUATION = CORPUS + MODEL + "--window-length " + TASKS;
  private static final String EXPERIMENT =
      EVALUATION + PLACES + PROMPTS + RULE + JOIN + "--keep-similar ";
  private static final String EMBEDDINGS =
      READ_MODEL
          + WRITER
          + "--checkpoints --stage --restarts --optimizer --seed --tokens --max-steps ";
  private static final String INVERSION =
      GIVEN_PROMPTS
          + READ_MODEL
          + WRITER
          + "--blocks --part --outputs --mask --tokens --features --loss --method --recipe"
          + " --study --untrained --untrained-embedding --optimizer --steps --learning-rate --start"
          + " --restarts --seed --allowed --allowed-own --no-oracle --jacobian --html --models"
          + " --checkpoints";
  private static final String OF_RUN = MODEL + WRITER + REPORT + "--run-id ";

  private static Map<String, String> options() {
    Map<String, String> options = new LinkedHashMap<>();
    options.put("run", EXPERIMENT + "--alternates --name " + WRITER + REPORT);
    options.put(
        "plan",
        EXPERIMENT + "--alternates --warehouse --windows --cores --executor-cores --network");
    options.put("windows", CORPUS + PLACES + "--model --window-length " + WRITER);
    options.put("activations", EVALUATION + WRITER + GIVEN_PROMPTS + "--hook --positions");
    options.put("prompts", EVALUATION + PROMPTS + WRITER);
    options.put("compare-models", EVALUATION + PROMPTS + "--alternates " + WRITER);
    options.put("similar", EXPERIMENT + "--alternates --recompute " + WRITER);
    options.put("evaluate", "--run-id " + WRITER);
    options.put("tune", EXPERIMENT + "--tuning-prompts --bin-floor --bin-step " + WRITER);
    options.put(
        "causal",
        MODEL
            + RULE
            + JOIN
            + TASKS
            + WRITER
            + "--run-id --study --explained --groups --taken-away --blank --seeds --whole-seeds"
            + " --halves --halves-again --units --draw --plan");
    options.put("report", "--run-id --warehouse " + REPORT);
    options.put(
        "explain",
        GIVEN_PROMPTS
            + MODEL
            + RULE
            + JOIN
            + TASKS
            + PAGE
            + "--recompute --warehouse --run-id --strings --shading --by-spark");
    options.put(
        "serve", MODEL + RULE + JOIN + TASKS + "--recompute --warehouse --port --host --open");
    options.put("runs", "--warehouse --json");
    options.put("compare", "--warehouse --json");
    options.put("count", "--warehouse --run-id --json");
    options.put("trace", "--warehouse --run-id --json");
    options.put("generate", GIVEN_PROMPTS + READ_MODEL + "--tokens --temperature --seed --json");
    options.put("lens", GIVEN_PROMPTS + READ_MODEL + PAGE + "--parts");
    options.put(
        "attribute",
        GIVEN_PROMPTS
            + READ_MODEL
            + PAGE
            + WRITER
            + "--run-id --triangle --method --replacement --objective");
    options.put("ablate", OF_RUN);
    options.put("geometry", OF_RUN + "--prompt");
    options.put("invert", INVERSION);
    options.put("channel", INVERSION + " --fine");
    options.put("recover", GIVEN_PROMPTS + READ_MODEL + "--block --vectors --save");
    options.put(
        "circuits",
        READ_MODEL
            + WRITER
            + "--bases --distances --ranked-tokens --draws --seed --untrained --corpus --within --html"
            + " --checkpoints");
    options.put("expand", GIVEN_PROMPTS + READ_MODEL + WRITER + "--checkpoints --value-biases");
    options.put(
        "heads",
        READ_MODEL
            + WRITER
            + "--checkpoints --stimulus --sequences --length --ablate --seed --corpus");
    options.put(
        "locality",
        READ_MODEL
            + WRITER
            + "--corpus --corpus-format --text-column --last --first-token --places --sample --every"
            + " --text-length --seed --text --prefix --html --checkpoints");
    options.put("logits", GIVEN_PROMPTS + READ_MODEL + PAGE + WRITER + "--token --against");
    options.put(
        "patch", GIVEN_PROMPTS + READ_MODEL + PAGE + WRITER + "--hook --by --answer --against");
    options.put("learn-embeddings", EMBEDDINGS);
    options.put("subspaces", EMBEDDINGS + "--ranks --mix --html");
    options.put("align", OF_RUN + "--recipe --ranks --seed");
    options.put(
        "train",
        CORPUS
            + "--out --preset --tokenizer --dtype --threads --checkpoint-seconds --seed --layers"
            + " --heads --d-model --context --steps --epochs --batch-tokens --learning-rate"
            + " --final-learning-rate --warm-up-steps --decay --decay-start --beta1 --beta2"
            + " --weight-decay --decayed-weights --clip --dropout --context-weights"
            + " --evaluate-every --evaluation-contexts --architecture --mixing --expansion --branches"
            + " --branch-activation --mlp --d-mlp --activation --norm --positions --key-value-heads"
            + " --unembedding --keep-checkpoints");
    options.put("import-model", "--from --out --dtype");
    options.put("check-model", "--out --reference --bos");
    options.put("expire", WRITER + "--keep --dry-run");
    options.put("files", "--warehouse --run-id --json");
    options.put("sql", "--warehouse --format -e -f");
    return options;
  }

  @Test
  void eachCommandListsWhatItUses() {
    Map<String, TreeSet<String>> listed = new LinkedHashMap<>();
    Map<String, TreeSet<String>> expected = new LinkedHashMap<>();
    for (CommandLine command : Commands.all(Commands.program())) {
      List<String> names =
          new ArrayList<>(
              command.getCommandSpec().options().stream().map(OptionSpec::longestName).toList());
      names.removeAll(OF_ALL);
      listed.put(command.getCommandName(), new TreeSet<>(names));
    }

    options()
        .forEach(
            (name, names) -> expected.put(name, new TreeSet<>(List.of(names.strip().split(" +")))));
    expected.put("completion", new TreeSet<>()); // it has those of all commands
    assertThat(listed).isEqualTo(expected);
  }
}
