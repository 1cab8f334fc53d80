/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.training;

import dev.kindred.InvalidInput;
import dev.kindred.Location;
import dev.kindred.model.Blocks;
import dev.kindred.model.family.Architectures;
import dev.kindred.model.files.Bos;
import dev.kindred.model.files.FileContent;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.model.files.Safetensors;
import dev.kindred.table.WholeFile;
import java.io.ByteArrayOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * The folder of a model in training: checkpoints at first, each complete or not there at all, and a
 * model directory at the end. {@code training.json} is the last file of a finished one. Below
 * {@code steps} are model directories of steps that are kept, with the same last file.
 */
public final class TrainingFolder {
  private static final String CHECKPOINTS = "checkpoints";
  private static final String KEPT = "steps";
  private static final String RECORD = "training.json";
  private static final String CARD = "README.md";
  private static final String TOKENIZER_CONFIG = "tokenizer_config.json";

  /**
   * Else transformers takes a tokenizer of the family, and changes what {@code tokenizer.json}
   * says.
   */
  private static final String TOKENIZER_CLASS =
      "{\n  \"clean_up_tokenization_spaces\" : false,\n  \"tokenizer_class\" :"
          + " \"PreTrainedTokenizerFast\"\n}\n";

  private static final int KEPT_CHECKPOINTS = 2;
  private static final Pattern KEPT_STEP = Pattern.compile("step-\\d+");
  private static final Pattern CHECKPOINT = Pattern.compile("step-\\d+\\.safetensors");

  /** A checkpoint, what a killed writer left of one, and either's checksums on local disks. */
  private static final Pattern OURS =
      Pattern.compile("\\.{0,2}" + CHECKPOINT + "(\\.[0-9a-f-]{36})?(\\.crc)?");

  private final String uri;
  private final Path folder;
  private final Path checkpoints;
  private final FileSystem files;
  private Path lastGood; // null if none was read or written

  /**
   * A folder that need not exist.
   *
   * @param uri on any file system that Hadoop knows
   */
  public TrainingFolder(String uri, Configuration hadoop) {
    Location location = Location.of("--out", uri);
    this.folder = location.path();
    this.uri = Location.shown(folder);
    this.checkpoints = new Path(folder, CHECKPOINTS);
    this.files = location.fileSystem(hadoop);
  }

  /**
   * Reads how the model was trained that is here.
   *
   * @return none if there is no model, or it was trained otherwise
   * @throws InvalidInput if the record cannot be read
   */
  public Optional<TrainingRecord> record() {
    try {
      Path path = new Path(folder, RECORD);
      return files.exists(path)
          ? Optional.of(TrainingRecord.parse(path.toString(), text(path)))
          : Optional.empty();
    } catch (IOException e) {
      throw new InvalidInput("%s: cannot be read: %s", uri, e.getMessage());
    }
  }

  /**
   * Tries to write here, unless a finished training is. A folder that is missing stays missing.
   *
   * @throws InvalidInput if that fails
   */
  public void checkWritable() {
    try {
      if (!files.exists(new Path(folder, RECORD))) {
        WholeFile.checkCreatable(files, folder);
      }
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  /**
   * Whether this training is finished here.
   *
   * @param dtype what weights are to be stored as
   * @throws InvalidInput if there is something else here
   */
  public boolean isFinished(TrainingRecord training, Safetensors.Dtype dtype) {
    try {
      Path path = new Path(folder, RECORD);
      if (files.exists(path)) {
        checkSame(training, TrainingRecord.parse(path.toString(), text(path)));
        checkSame(dtype, folder);
        return true;
      }

      checkNothingElse(CHECKPOINTS + "/", children(files, checkpoints), OURS);
      List<FileStatus> steps = children(files, new Path(folder, KEPT));
      checkNothingElse(KEPT + "/", steps, KEPT_STEP);
      for (FileStatus step : steps) {
        if (checkKept(training, step.getPath())) {
          checkSame(dtype, step.getPath());
        }
      }

      if (checkpoints().isEmpty()) {
        checkNothingElse("", children(files, folder), Pattern.compile(CHECKPOINTS + "|" + KEPT));
      }

      return false;
    } catch (IOException e) {
      throw new InvalidInput("--out %s: cannot be read: %s", uri, e.getMessage());
    }
  }

  /** Returns whether a step is kept there; what is there of another training is refused. */
  private boolean checkKept(TrainingRecord training, Path step) throws IOException {
    Path path = new Path(step, RECORD);
    if (!files.exists(path)) {
      return false;
    }

    checkSame(training, TrainingRecord.parse(path.toString(), text(path)));
    return true;
  }

  /**
   * Which of some steps are not kept here.
   *
   * @throws InvalidInput if another training's are
   */
  public SortedSet<Integer> missing(TrainingRecord training, SortedSet<Integer> steps) {
    try {
      SortedSet<Integer> missing = new TreeSet<>();
      for (int step : steps) {
        if (!checkKept(training, kept(step))) {
          missing.add(step);
        }
      }

      return missing;
    } catch (IOException e) {
      throw new InvalidInput("--out %s: cannot be read: %s", uri, e.getMessage());
    }
  }

  /**
   * Returns the model directories of the steps that are kept, by step.
   *
   * @throws InvalidInput if they cannot be listed
   */
  public SortedMap<Integer, String> keptSteps() {
    try {
      SortedMap<Integer, String> steps = new TreeMap<>();
      for (FileStatus file : children(files, new Path(folder, KEPT))) {
        String name = file.getPath().getName();
        if (KEPT_STEP.matcher(name).matches()) {
          steps.put(
              Integer.valueOf(name.substring(name.indexOf('-') + 1)), file.getPath().toString());
        }
      }

      return steps;
    } catch (IOException e) {
      throw new InvalidInput("%s: cannot be read: %s", uri, e.getMessage());
    }
  }

  private Path kept(int step) {
    return new Path(new Path(folder, KEPT), "step-" + step);
  }

  private void checkSame(Safetensors.Dtype asked, Path model) throws IOException {
    Path path = new Path(model, ModelDirectory.WEIGHTS);
    try (FileContent content = FileContent.open(files, path)) {
      for (Safetensors.Tensor tensor : Safetensors.open(path.toString(), content).tensors()) {
        if (!tensor.dtype().equals(asked.name())) {
          String found = tensor.dtype().toLowerCase(Locale.ROOT);
          throw new InvalidInput(
              "--dtype %s: --out %s has this training's model in %s; give --dtype %s, or convert it"
                  + " with import-model into a new folder",
              asked.name().toLowerCase(Locale.ROOT), uri, found, found);
        }
      }
    }
  }

  private void checkNothingElse(String below, List<FileStatus> found, Pattern ours) {
    for (FileStatus file : found) {
      String name = file.getPath().getName();
      if (!name.startsWith(".") && !ours.matcher(name).matches()) {
        throw new InvalidInput(
            "--out %s: not empty, there is %s in it; move it away, or name a new folder",
            uri, below + name);
      }
    }
  }

  /**
   * A checkpoint, and the evaluations before it.
   *
   * @param record as it was then
   * @param damaged newer checkpoints that cannot be read, and why
   */
  public record Resumed(Checkpoint checkpoint, TrainingRecord record, List<String> damaged) {}

  /**
   * The newest checkpoint that can be read.
   *
   * @throws InvalidInput if it is of another training, or none of them can be read
   */
  public Optional<Resumed> newest(TrainingRecord training) {
    try {
      List<String> damaged = new ArrayList<>();
      for (Path path : checkpoints()) {
        Resumed found;
        try {
          found = read(path, damaged);
        } catch (InvalidInput | IOException e) {
          damaged.add(String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
          continue;
        }

        checkSame(training, found.record());
        lastGood = path;
        return Optional.of(found);
      }

      if (!damaged.isEmpty()) {
        throw new InvalidInput(
            "--out %s: no checkpoint can be read: %s; name a new folder", uri, damaged.get(0));
      }

      return Optional.empty();
    } catch (IOException e) {
      throw new InvalidInput("--out %s: cannot be read: %s", uri, e.getMessage());
    }
  }

  private Resumed read(Path path, List<String> damaged) throws IOException {
    try (FileContent content = FileContent.open(files, path)) {
      Safetensors file = Safetensors.open(path.toString(), content);
      TrainingRecord record =
          TrainingRecord.parse(
              path.toString(), file.metadata().getOrDefault(RECORD, "no metadata"));
      return new Resumed(Checkpoint.of(file, record.blueprint()), record, damaged);
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
      checkpoint.write(bytes, record.blueprint(), Map.of(RECORD, record.toJson()));
      Path path =
          new Path(
              checkpoints, String.format(Locale.ROOT, "step-%07d.safetensors", checkpoint.step()));
      WholeFile.replace(files, path, bytes.toByteArray());
      lastGood = path;
      List<Path> all = checkpoints();
      for (Path old : all.subList(Math.min(KEPT_CHECKPOINTS, all.size()), all.size())) {
        files.delete(old, false);
      }
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  /** The checkpoint that was read or written last, for messages; empty if there is none. */
  public Optional<String> lastGood() {
    return Optional.ofNullable(lastGood).map(path -> path.toUri().getPath());
  }

  /**
   * How a training's models are written.
   *
   * @param dtype what weights are stored as
   * @param sequences of the self-check
   */
  public record Form(Safetensors.Dtype dtype, String tokenizerJson, List<int[]> sequences) {}

  /** Writes the model directory of a step that is kept, {@code steps/step-N}. */
  public void keep(Checkpoint checkpoint, TrainingRecord record, Form form) {
    try {
      writeModel(
          Location.withoutChecksums(files), kept(checkpoint.step()), checkpoint, record, form);
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  /** Writes the model directory and removes the checkpoints. */
  public void finish(Checkpoint last, TrainingRecord record, Form form) {
    try {
      // A model directory travels: no files with checksums beside those that it is made of.
      FileSystem plain = Location.withoutChecksums(files);
      writeModel(plain, folder, last, record, form);
      removeCheckpoints(plain);
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  private static void writeModel(
      FileSystem plain, Path folder, Checkpoint checkpoint, TrainingRecord record, Form form)
      throws IOException {
    ModelDirectory.write(
        plain,
        folder,
        record.config(),
        checkpoint.weights()::get,
        form.dtype(),
        form.tokenizerJson(),
        form.sequences());
    if (Architectures.isHuggingFace(record.config())) {
      WholeFile.replace(plain, new Path(folder, TOKENIZER_CONFIG), bytes(TOKENIZER_CLASS));
    }

    ModelDirectory written =
        ModelDirectory.read("--out", folder.toString(), Bos.NO, Blocks.ALL, plain.getConf());
    Sample sample = Sample.of(written, form.sequences().get(0));
    String card = ModelCard.text(folder.getName(), record, checkpoint.step(), form.dtype(), sample);
    WholeFile.replace(plain, new Path(folder, CARD), bytes(card));
    WholeFile.replace(plain, new Path(folder, RECORD), bytes(record.toJson()));
  }

  /**
   * Removes what is the training's from the folder with checkpoints; then the folder, if it is
   * empty.
   */
  private void removeCheckpoints(FileSystem plain) throws IOException {
    for (FileStatus file : children(plain, checkpoints)) {
      if (file.isFile() && OURS.matcher(file.getPath().getName()).matches()) {
        plain.delete(file.getPath(), false);
      }
    }

    if (children(plain, checkpoints).isEmpty()) {
      plain.delete(checkpoints, false);
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private InvalidInput unwritable(IOException e) {
    return new InvalidInput(
        "--out %s: cannot be written: %s",
        uri, String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
  }

  /** Returns the checkpoints, newest first. */
  private List<Path> checkpoints() throws IOException {
    return children(files, checkpoints).stream()
        .map(FileStatus::getPath)
        .filter(path -> CHECKPOINT.matcher(path.getName()).matches())
        .sorted(Comparator.comparing(Path::getName).reversed())
        .toList();
  }

  private static List<FileStatus> children(FileSystem files, Path folder) throws IOException {
    try {
      return List.of(files.listStatus(folder));
    } catch (FileNotFoundException e) {
      return List.of();
    }
  }

  private String text(Path path) throws IOException {
    return new String(WholeFile.read(files, path), StandardCharsets.UTF_8);
  }
}
