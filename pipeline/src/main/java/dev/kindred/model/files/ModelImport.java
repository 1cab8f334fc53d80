/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.files;

import dev.kindred.InvalidInput;
import dev.kindred.Location;
import dev.kindred.corpus.Tokenizer;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.architecture.ConfigJson;
import dev.kindred.model.architecture.OwnArchitecture;
import dev.kindred.model.family.Architectures;
import dev.kindred.table.WholeFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Makes a model directory of a folder that has a model's {@code config.json}, {@code
 * model.safetensors} and {@code tokenizer.json}, but no self-check, or weights in another dtype.
 */
public final class ModelImport {
  private ModelImport() {}

  /**
   * Converts a folder.
   *
   * @param from its URI
   * @param out URI of the model directory, which must not exist
   * @param dtype what weights are stored as
   * @throws InvalidInput naming every tensor that is missing, surplus or misshapen, or what else is
   *     wrong with the folder
   */
  public static void convert(
      String from, String out, Safetensors.Dtype dtype, Configuration hadoop) {
    try {
      Location of = Location.of("--from", from);
      Path source = of.path();
      FileSystem files = of.fileSystem(hadoop);
      ConfigJson config =
          ConfigJson.parse(from + "/config.json", text(files, new Path(source, "config.json")));
      if (!(Architectures.of(config) instanceof OwnArchitecture architecture)) {
        throw new InvalidInput(
            "--from %s: a model of Hugging Face's transformers needs no import: give it to --model"
                + " as it is; kindred check-model checks it",
            from);
      }

      Blueprint blueprint = architecture.read(config);
      try (WeightsFolder weights =
          WeightsFolder.open(
              "--from", from, files, source, blueprint, architecture.storedNames())) {
        weights.scan(bytes -> {});
        String tokenizerJson = text(files, new Path(source, "tokenizer.json"));
        int tokens = Tokenizer.of(tokenizerJson).vocabularySize();
        int vocabulary = blueprint.shape().vocabularySize();
        if (tokens > vocabulary) {
          throw config.invalid("d_vocab %d is less than the tokenizer's %d", vocabulary, tokens);
        }

        Location to = Location.of("--out", out);
        Path target = to.path();
        FileSystem targetFiles = to.fileSystem(hadoop);
        if (targetFiles.exists(target)) {
          throw new InvalidInput("--out %s: is there already; name a new folder", out);
        }

        FileSystem plain = Location.withoutChecksums(targetFiles);
        try {
          ModelDirectory.write(
              plain,
              target,
              config.only(architecture.fields(), architecture.optionalFields()),
              weights.unchanged(),
              dtype,
              tokenizerJson,
              SelfCheckSequences.random(blueprint.shape(), tokens));
          WholeFile.create(
              plain,
              new Path(target, "README.md"),
              card(target.getName(), from, weights.dtypes(), dtype)
                  .getBytes(StandardCharsets.UTF_8));
        } catch (IOException | RuntimeException e) {
          plain.delete(target, true); // it was not there before, and is not a model
          throw e;
        }
      }
    } catch (IOException | IllegalArgumentException e) {
      throw new InvalidInput("--from %s --out %s: %s", from, out, e.getMessage());
    }
  }

  private static String card(
      String name, String from, List<String> dtypes, Safetensors.Dtype dtype) {
    return String.format(
        Locale.ROOT,
        "# %s%n%nConverted by `kindred import-model` from `%s`: weights in %s, stored as %s.%n",
        name,
        from,
        String.join(", ", dtypes).toLowerCase(Locale.ROOT),
        dtype.name().toLowerCase(Locale.ROOT));
  }

  private static String text(FileSystem files, Path path) throws IOException {
    return new String(WholeFile.read(files, existing(files, path)), StandardCharsets.UTF_8);
  }

  private static Path existing(FileSystem files, Path path) throws IOException {
    if (!files.exists(path)) {
      throw new InvalidInput("--from %s: file %s is missing", path.getParent(), path.getName());
    }

    return path;
  }
}
