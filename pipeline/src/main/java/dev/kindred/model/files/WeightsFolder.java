/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.files;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kindred.ContentId;
import dev.kindred.InvalidInput;
import dev.kindred.JsonProblem;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.architecture.StoredNames;
import dev.kindred.model.architecture.Tensors;
import dev.kindred.table.WholeFile;
import java.io.Closeable;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.util.SerializableConfiguration;

/**
 * The files in a folder that hold a model's weights, open: {@code model.safetensors}, or else those
 * that {@code model.safetensors.index.json} names, and no others that may lie beside them.
 */
final class WeightsFolder implements Closeable {
  /** The file with the weights, where there is one. */
  static final String FILE = "model.safetensors";

  private static final String INDEX = "model.safetensors.index.json";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final String uri;
  private final List<Path> paths = new ArrayList<>();
  private final List<FileContent> contents = new ArrayList<>();
  private final List<Safetensors> files = new ArrayList<>();
  private final Map<String, Safetensors.Checksums> checksums = new LinkedHashMap<>();
  private StoredTensors tensors;

  private WeightsFolder(String uri) {
    this.uri = uri;
  }

  /**
   * Opens the files and reads their headers.
   *
   * @param option the setting that names the folder, for messages
   * @param uri the folder, for messages
   * @throws InvalidInput if there are none that can be read, or they do not hold the tensors of the
   *     model
   */
  static WeightsFolder open(
      String option,
      String uri,
      FileSystem system,
      Path folder,
      Blueprint blueprint,
      StoredNames names)
      throws IOException {
    WeightsFolder found = new WeightsFolder(uri);
    try {
      for (String name : names(option, uri, system, folder)) {
        Path path = new Path(folder, name);
        try {
          found.contents.add(FileContent.open(system, path));
        } catch (FileNotFoundException e) {
          throw new InvalidInput(
              system.exists(path)
                  ? "%s %s: %s is a folder, expected a file"
                  : "%s %s: file %s is missing, which " + INDEX + " names",
              option,
              uri,
              name);
        }

        found.paths.add(path.makeQualified(system.getUri(), system.getWorkingDirectory()));
        found.files.add(
            Safetensors.open(uri + "/" + name, found.contents.get(found.contents.size() - 1)));
      }

      found.check(blueprint, names);
      return found;
    } catch (IOException | RuntimeException e) {
      found.close();
      throw e;
    }
  }

  private static List<String> names(String option, String uri, FileSystem system, Path folder)
      throws IOException {
    if (system.exists(new Path(folder, FILE))) {
      return List.of(FILE);
    }

    if (system.exists(new Path(folder, INDEX))) {
      return ofIndex(uri + "/" + INDEX, WholeFile.read(system, new Path(folder, INDEX)));
    }

    for (FileStatus file : system.listStatus(folder)) {
      String name = file.getPath().getName();
      if (name.endsWith(".bin") || name.endsWith(".pt") || name.endsWith(".pth")) {
        throw new InvalidInput(
            "%s %s: its weights are in %s, a format that can run code; convert it where you trust"
                + " it: AutoModelForCausalLM.from_pretrained(\"DIR\").save_pretrained(\"NEW\","
                + " safe_serialization=True)",
            option, uri, name);
      }
    }

    throw new InvalidInput("%s %s: file %s is missing", option, uri, FILE);
  }

  private static List<String> ofIndex(String source, byte[] json) throws IOException {
    JsonNode map;
    try {
      map = JSON.readTree(json).path("weight_map");
    } catch (JsonProcessingException e) {
      throw new InvalidInput("%s: not JSON: %s", source, JsonProblem.line(e));
    }

    TreeSet<String> names = new TreeSet<>();
    for (JsonNode file : map) {
      names.add(file.asText());
    }

    if (names.isEmpty()) {
      throw new InvalidInput("%s: weight_map names no files", source);
    }

    for (String name : names) {
      if (!name.matches("[^/\\\\]+\\.safetensors")) {
        throw new InvalidInput(
            "%s: weight_map names \"%s\", expected names of .safetensors files in this folder",
            source, name);
      }
    }

    return List.copyOf(names);
  }

  /**
   * Blocks are compared first: however many a config asks for, the names of no more tensors are
   * made than the files can have.
   */
  private void check(Blueprint blueprint, StoredNames names) {
    String source = files.size() == 1 ? files.get(0).source() : uri;
    int found = files.stream().mapToInt(file -> file.tensors().size()).sum();
    if (blueprint.shape().blocks() > found) {
      throw new InvalidInput(
          "%s: %d tensors are too few for %d blocks of config.json; is either damaged?",
          source, found, blueprint.shape().blocks());
    }

    tensors = StoredTensors.of(source, files, blueprint.tensors(), names);
    tensors.checkTied(
        source, files, names.head(), blueprint.unembedding().head().stored().weight());
  }

  /** Dtypes that weights are stored in, sorted. */
  List<String> dtypes() {
    return files.stream()
        .flatMap(file -> file.tensors().stream())
        .filter(tensor -> tensors.isWeight(tensor.name()))
        .map(Safetensors.Tensor::dtype)
        .distinct()
        .sorted()
        .toList();
  }

  /**
   * Reads all files once.
   *
   * @param bytes receives those of all files
   * @return what was read of each file, by its name
   * @throws InvalidInput naming the first value that is not finite
   */
  Map<String, ContentId> scan(Consumer<ByteBuffer> bytes) {
    Map<String, ContentId> ofFiles = new LinkedHashMap<>();
    for (int i = 0; i < files.size(); i++) {
      ContentId id = new ContentId();
      checksums.put(
          paths.get(i).getName(),
          files
              .get(i)
              .scan(
                  chunk -> {
                    bytes.accept(chunk.duplicate());
                    id.add(chunk);
                  },
                  tensors::isWeight));
      ofFiles.put(paths.get(i).getName(), id);
    }

    return ofFiles;
  }

  /** The tensors, of files that were scanned. */
  Tensors unchanged() {
    List<Tensors> ofFiles = new ArrayList<>();
    for (int i = 0; i < files.size(); i++) {
      ofFiles.add(files.get(i).unchanged(checksums.get(paths.get(i).getName())));
    }

    return tensors.by(ofFiles);
  }

  /** Files that were scanned, for other processes. */
  Weights weights(SerializableConfiguration hadoop) {
    List<WeightsFile> all = new ArrayList<>();
    for (Path path : paths) {
      all.add(new WeightsFile(path.toString(), checksums.get(path.getName()), hadoop, null));
    }

    return new StoredWeights(List.copyOf(all), tensors, dtypes());
  }

  @Override
  public void close() {
    FileContent.close(contents);
  }
}
