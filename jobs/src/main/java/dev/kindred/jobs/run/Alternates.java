/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kindred.InvalidInput;
import dev.kindred.Location;
import dev.kindred.model.Blocks;
import dev.kindred.model.files.Bos;
import dev.kindred.model.files.ModelDirectory;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;

/** The models that a run's model is compared with. */
public final class Alternates {
  private static final String AUTO = "auto";

  /** The setting that names no models. */
  public static final String NONE = "none";

  private static final String FOLDER = "alternates"; // of a model directory
  private static final ObjectMapper JSON = new ObjectMapper();

  private Alternates() {}

  /**
   * Reads the models that a setting names.
   *
   * @param setting the value of {@code --alternates}
   * @param bos whether they read a token before every string
   * @throws InvalidInput if one cannot be compared with the model
   */
  public static List<ModelDirectory> read(
      String setting, ModelDirectory model, Bos bos, int windowLength, Configuration hadoop) {
    List<ModelDirectory> alternates = new ArrayList<>();
    Set<String> ids = new HashSet<>();
    for (String uri : uris(setting, model, hadoop)) {
      ModelDirectory alternate = ModelDirectory.read("--alternates", uri, bos, Blocks.ALL, hadoop);
      boolean isModel = alternate.sha256().equals(model.sha256());
      if (isModel || !ids.add(alternate.id())) {
        throw new InvalidInput(
            "--alternates %s: the same model as %s", uri, isModel ? "--model" : "another of them");
      }

      if (!vocabulary(alternate).equals(vocabulary(model))) {
        throw new InvalidInput("--alternates %s: its tokens are not those of --model", uri);
      }

      if (alternate.contextLength() < windowLength) {
        throw new InvalidInput(
            "--alternates %s: its context of %d tokens is shorter than --window-length %d",
            uri, alternate.shape().contextLength(), windowLength);
      }

      alternates.add(alternate);
    }

    return alternates;
  }

  private static List<String> uris(String setting, ModelDirectory model, Configuration hadoop) {
    if (setting.equalsIgnoreCase(NONE)) {
      return List.of();
    }

    return setting.equalsIgnoreCase(AUTO)
        ? beside(model, hadoop)
        : Arrays.stream(setting.split(","))
            .map(String::strip)
            .filter(uri -> !uri.isEmpty())
            .map(uri -> Location.of("--alternates", uri).path().toString())
            .toList();
  }

  private static List<String> beside(ModelDirectory model, Configuration hadoop) {
    Path folder = new Path(model.uri(), FOLDER);
    try {
      return Arrays.stream(
              new Location("--alternates", folder).fileSystem(hadoop).listStatus(folder))
          .filter(FileStatus::isDirectory)
          .map(file -> file.getPath().toString())
          .sorted()
          .toList();
    } catch (FileNotFoundException e) {
      return List.of();
    } catch (IOException e) {
      throw new InvalidInput("--alternates auto: %s cannot be listed: %s", folder, e.getMessage());
    }
  }

  private static JsonNode vocabulary(ModelDirectory model) {
    try {
      return JSON.readTree(model.tokenizerJson());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a model directory's tokenizer was read before", e);
    }
  }
}
