/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.command;

import dev.kindred.InvalidInput;
import dev.kindred.Location;
import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.model.Blocks;
import dev.kindred.model.files.Bos;
import dev.kindred.model.files.LoadedModels;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.model.files.ModelImport;
import dev.kindred.model.files.Safetensors;
import java.util.Locale;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

@Command(
    name = "import-model",
    description =
        "Makes a model directory, with a self-check, of a folder with config.json, model.safetensors in"
            + " f16, bf16 or f32, and tokenizer.json.",
    footer = "kindred import-model --from downloads/mine --out models/mine")
final class ImportModelCommand extends KindredCommand {
  @Option(names = "--from", paramLabel = "DIR", description = "the folder")
  private String from;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "the model directory, which must not exist")
  private String out;

  @Option(
      names = "--dtype",
      paramLabel = "f16|f32",
      converter = StoredDtype.class,
      defaultValue = "f32",
      description = "what weights are stored as (${DEFAULT-VALUE})")
  private Safetensors.Dtype dtype;

  /** What weights can be stored as. */
  static final class StoredDtype implements ITypeConverter<Safetensors.Dtype> {
    @Override
    public Safetensors.Dtype convert(String text) {
      if (!text.matches("(?i)f16|f32")) {
        throw new TypeConversionException("expected f16 or f32");
      }

      return Safetensors.Dtype.valueOf(text.toUpperCase(Locale.ROOT));
    }
  }

  @Override
  public void run(Workspace workspace) {
    String source = required("--from", from);
    String target = Location.of("--out", required("--out", out)).path().toString();
    Configuration hadoop = workspace.hadoop();
    ModelImport.convert(Location.of("--from", source).path().toString(), target, dtype, hadoop);
    ModelDirectory model = ModelDirectory.read("--out", target, Bos.AUTO, Blocks.ALL, hadoop);
    LoadedModels.get(model);
    System.out.printf(
        Locale.ROOT, "kindred: model=%s id=%s%n", Location.shown(new Path(target)), model.id());
  }

  private static String required(String option, String value) {
    if (value == null) {
      throw new InvalidInput("%s: missing; see --help", option);
    }

    return value;
  }
}
