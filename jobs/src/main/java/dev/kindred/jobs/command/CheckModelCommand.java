/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.command;

import dev.kindred.InvalidInput;
import dev.kindred.Location;
import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.jobs.option.Values;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.model.Blocks;
import dev.kindred.model.ModelShape;
import dev.kindred.model.files.Bos;
import dev.kindred.model.files.ModelCheck;
import dev.kindred.model.files.ModelCheck.About;
import dev.kindred.model.files.ModelCheck.Difference;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.WholeFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "check-model",
    description =
        "Says what a model directory is, Kindred's own or one of Hugging Face's transformers, compares"
            + " both ways to evaluate it, and writes a self-check for one that has none, which every"
            + " command then runs when it loads the model. docs/models.md has the families.",
    footer = {
      "kindred check-model models/llama-shakespeare",
      "kindred check-model downloads/pythia-70m --reference pythia-70m.json"
    })
final class CheckModelCommand extends KindredCommand {
  private static final double TOLERANCE = 1e-4;
  private static final String SELFCHECK = "selfcheck.json";

  @Parameters(paramLabel = "DIR", description = "the model directory")
  private String directory;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "where the self-check is written (selfcheck.json in the directory)")
  private String out;

  @Option(
      names = "--reference",
      paramLabel = "FILE",
      description =
          "what another program computed: FILE.json with token ids, FILE.safetensors with values;"
              + " docs/models.md has a script that writes them with transformers")
  private String reference;

  @Option(
      names = "--bos",
      paramLabel = "auto|yes|no",
      converter = Values.BosChoice.class,
      description = "whether it reads the token that begins texts (${DEFAULT-VALUE})")
  private Bos bos;

  @Override
  public void run(Workspace workspace) {
    Configuration hadoop = workspace.hadoop();
    ModelDirectory model = ModelDirectory.read("DIR", directory, bos, Blocks.ALL, hadoop);
    print(ModelCheck.about(model), model);
    ModelCheck.Result result = ModelCheck.run(model);
    result
        .difference()
        .ifPresentOrElse(
            difference ->
                line(
                    "engines",
                    "own kernels and PyTorch differ by %.1e of the greatest FFN output, %.1e in"
                        + " probabilities",
                    difference.ffnOutputs(),
                    difference.outputs()),
            () -> line("engines", "PyTorch alone"));
    result
        .difference()
        .ifPresent(
            difference -> check("its engines", difference.ffnOutputs(), difference.outputs()));
    if (reference != null) {
      Difference difference = ModelCheck.compare(model, reference, hadoop);
      line(
          "reference",
          "%s: FFN outputs differ by %.1e of the greatest, %s",
          reference,
          difference.ffnOutputs(),
          Double.isNaN(difference.outputs())
              ? "no logits in it"
              : String.format(Locale.ROOT, "logits by %.1e", difference.outputs()));
      check("--reference " + reference, difference.ffnOutputs(), difference.outputs());
    }

    writeSelfCheck(model, result.selfCheck(), hadoop);
    System.out.printf(
        Locale.ROOT,
        "kindred: model=%s id=%s%n",
        Location.shown(new Path(model.uri())),
        model.id());
  }

  private static void print(About about, ModelDirectory model) {
    ModelShape shape = model.shape();
    line("family", "%s", about.family());
    line(
        "shape",
        "%,d blocks, d_model %,d, %s, context %,d, vocabulary %,d",
        shape.blocks(),
        shape.modelDimension(),
        about.mixing(),
        shape.contextLength(),
        shape.vocabularySize());
    line(
        "weights",
        "%,d parameters in %s",
        about.blueprint().parameters(),
        String.join(", ", about.dtypes()));
    line(
        "tokenizer",
        "%,d tokens; %s",
        about.tokens(),
        about.firstToken() == null
            ? "nothing is read before a string"
            : String.format(
                Locale.ROOT,
                "%d, %s, is read before every string (--bos)",
                model.firstToken(),
                about.firstToken()));
    line(
        "rule",
        "%s",
        model.rule() == null
            ? "thresholds and weights are chosen by evidence"
            : "thresholds and weights of " + model.rule().from());
  }

  private static void check(String where, double ffnOutputs, double outputs) {
    // Negated, so that NaN fails.
    if (!(ffnOutputs <= TOLERANCE) || outputs > TOLERANCE) {
      throw new InvalidInput(
          "%s: differs by more than %s: the model is not computed as there; report it with its"
              + " config.json",
          where, TOLERANCE);
    }
  }

  private void writeSelfCheck(ModelDirectory model, String selfCheck, Configuration hadoop) {
    if (out == null && model.isChecked()) {
      line("self-check", "passed, %s of the directory", SELFCHECK);
      return;
    }

    Location target =
        out == null ? Location.of("DIR", model.uri() + "/" + SELFCHECK) : Location.of("--out", out);
    try {
      WholeFile.replace(
          Location.withoutChecksums(target.fileSystem(hadoop)),
          target.path(),
          selfCheck.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new InvalidInput(
          "%s: cannot be written: %s; name another file with --out",
          Location.shown(target.path()), Optional.ofNullable(e.getMessage()).orElse(e.toString()));
    }

    line("self-check", "written to %s", Location.shown(target.path()));
  }

  private static void line(String name, String format, Object... arguments) {
    System.out.printf(
        Locale.ROOT, "%-11s %s%n", name, String.format(Locale.ROOT, format, arguments));
  }
}
