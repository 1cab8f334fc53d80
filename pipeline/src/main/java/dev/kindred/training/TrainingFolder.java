/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.training;

import dev.kindred.InvalidInput;
import dev.kindred.model.ModelDirectory;
import dev.kindred.model.Safetensors;
import dev.kindred.table.WholeFile;
import java.io.ByteArrayOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;

/**
 * The folder of a model in training: checkpoints at first, each complete or not there at all, and a
 * model directory at the end. {@code training.json} is the last file of a finished one.
 */
public final class TrainingFolder {
  private static final String CHECKPOINTS = "checkpoints";
  private static final String RECORD = "training.json";
  private static final String CARD = "README.md";
  private static final int KEPT_CHECKPOINTS = 2;

  private final String uri;
  private final Path folder;
  private final FileSystem files;

  /**
   * A folder that need not exist.
   *
   * @param uri on any file system that Hadoop knows
   */
  public TrainingFolder(String uri, Configuration hadoop) {
    this.uri = uri;
    try {
      this.folder = new Path(uri);
      this.files = folder.getFileSystem(hadoop);
    } catch (IOException | IllegalArgumentException e) {
      throw new InvalidInput("--out %s: not a folder: %s", uri, e.getMessage());
    }
  }

  /**
   * Whether this training is finished here.
   *
   * @throws InvalidInput if there is something else here
   */
  public boolean isFinished(TrainingRecord training) {
    try {
      Path path = new Path(folder, RECORD);
      if (files.exists(path)) {
        checkSame(training, TrainingRecord.parse(path.toString(), text(path)));
        return true;
      }

      if (files.exists(folder)) {
        for (FileStatus file : files.listStatus(folder)) {
          String name = file.getPath().getName();
          if (!name.equals(CHECKPOINTS) && !name.startsWith(".") && checkpoints().isEmpty()) {
            throw new InvalidInput(
                "--out %s: not empty, there is %s in it; name a new folder", uri, name);
          }
        }
      }

      return false;
    } catch (IOException e) {
      throw new InvalidInput("--out %s: cannot be read: %s", uri, e.getMessage());
    }
  }

  /**
   * A checkpoint, and the evaluations before it.
   *
   * @param record as it was then
   */
  public record Resumed(Checkpoint checkpoint, TrainingRecord record) {}

  /**
   * The newest checkpoint.
   *
   * @throws InvalidInput if it is of another training, or damaged
   */
  public Optional<Resumed> newest(TrainingRecord training) {
    try {
      List<Path> checkpoints = checkpoints();
      if (checkpoints.isEmpty()) {
        return Optional.empty();
      }

      Path newest = checkpoints.get(checkpoints.size() - 1);
      Safetensors file = Safetensors.parse(newest.toString(), WholeFile.read(files, newest));
      TrainingRecord record =
          TrainingRecord.parse(
              newest.toString(), file.metadata().getOrDefault(RECORD, "no metadata"));
      checkSame(training, record);
      return Optional.of(new Resumed(Checkpoint.of(file, training.model()), record));
    } catch (IOException e) {
      throw new InvalidInput("--out %s: cannot be read: %s", uri, e.getMessage());
    }
  }

  private void checkSame(TrainingRecord asked, TrainingRecord found) {
    if (!asked.isSameTraining(found)) {
      throw new InvalidInput(
          "--out %s: has a training with other settings, corpus or tokenizer (seed %d, %d steps);"
              + " name a new folder, or give the settings that its %s has",
          uri, found.recipe().seed(), found.recipe().steps(), RECORD);
    }
  }

  /** Adds a checkpoint, and removes those that are old. */
  public void write(Checkpoint checkpoint, TrainingRecord record) {
    try {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      checkpoint.write(bytes, record.model(), Map.of(RECORD, record.toJson()));
      Path path =
          new Path(
              new Path(folder, CHECKPOINTS),
              String.format("step-%07d.safetensors", checkpoint.step()));
      WholeFile.replace(files, path, bytes.toByteArray());
      List<Path> all = checkpoints();
      for (Path old : all.subList(0, Math.max(0, all.size() - KEPT_CHECKPOINTS))) {
        files.delete(old, false);
      }
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  /** Where the newest checkpoint is, for messages; empty if there is none. */
  public Optional<String> newestPath() {
    try {
      List<Path> all = checkpoints();
      return all.isEmpty()
          ? Optional.empty()
          : Optional.of(all.get(all.size() - 1).toUri().getPath());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Writes the model directory and removes the checkpoints.
   *
   * @param dtype what weights are stored as
   * @param sequences of the self-check
   */
  public void finish(
      Checkpoint last,
      TrainingRecord record,
      Safetensors.Dtype dtype,
      String tokenizerJson,
      List<int[]> sequences) {
    try {
      // A model directory travels: no files with checksums beside those that it is made of.
      FileSystem plain = files instanceof LocalFileSystem local ? local.getRaw() : files;
      ModelDirectory.write(
          plain, folder, record.model(), last.weights()::get, dtype, tokenizerJson, sequences);
      String card = ModelCard.text(folder.getName(), record, dtype);
      WholeFile.replace(plain, new Path(folder, CARD), card.getBytes(StandardCharsets.UTF_8));
      WholeFile.replace(
          plain, new Path(folder, RECORD), record.toJson().getBytes(StandardCharsets.UTF_8));
      files.delete(new Path(folder, CHECKPOINTS), true);
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  private InvalidInput unwritable(IOException e) {
    return new InvalidInput("--out %s: cannot be written: %s", uri, e.getMessage());
  }

  /** Oldest first. */
  private List<Path> checkpoints() throws IOException {
    try {
      return Arrays.stream(files.listStatus(new Path(folder, CHECKPOINTS)))
          .map(FileStatus::getPath)
          .filter(path -> path.getName().matches("step-\\d+\\.safetensors"))
          .sorted(Comparator.comparing(Path::getName))
          .toList();
    } catch (FileNotFoundException e) {
      return List.of();
    }
  }

  private String text(Path path) throws IOException {
    return new String(WholeFile.read(files, path), StandardCharsets.UTF_8);
  }
}
