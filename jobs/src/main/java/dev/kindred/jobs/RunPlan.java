/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kindred.ContentId;
import dev.kindred.InvalidInput;
import dev.kindred.model.ModelDirectory;
import dev.kindred.prediction.Mixture;
import dev.kindred.table.Retention;
import dev.kindred.table.Runs;
import dev.kindred.table.Warehouse;
import dev.kindred.table.WholeFile;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * What a run is about: written when it starts, so that its later stages can be commands of their
 * own, and that the same command takes it up again where it ended.
 *
 * @param startedAt UTC, ISO 8601
 * @param version of the program that started it
 * @param alternates ids of the models for the noise floor
 * @param thresholds one a block
 * @param weights one a block
 * @param saturation of the {@link Mixture}
 * @param settings as {@link Settings#asText}
 */
record RunPlan(
    String runId,
    String startedAt,
    String version,
    String modelId,
    String corpusId,
    String promptSet,
    List<String> alternates,
    double[] thresholds,
    double[] weights,
    double saturation,
    Map<String, String> settings) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<Setting> OF_RESULTS =
      List.of(
          Setting.CORPUS,
          Setting.CORPUS_FORMAT,
          Setting.TEXT_COLUMN,
          Setting.MODEL,
          Setting.ALTERNATES,
          Setting.WINDOW_LENGTH,
          Setting.PROMPTS,
          Setting.PROMPT_SEED,
          Setting.THRESHOLDS,
          Setting.WEIGHTS,
          Setting.SATURATION,
          Setting.KEEP_SIMILAR);
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);

  RunPlan {
    // Plans were written without these.
    saturation = saturation == 0 ? Double.POSITIVE_INFINITY : saturation;
    alternates = alternates == null ? List.of() : alternates;
  }

  /** A run that starts now, under an id that sorts by time. */
  static RunPlan start(
      String modelId,
      String corpusId,
      String promptSet,
      List<String> alternates,
      double[] thresholds,
      Mixture mixture,
      Map<String, String> settings) {
    Instant now = Instant.now();
    String runId =
        String.format("r-%s-%04x", TIME.format(now), new SecureRandom().nextInt(0x10000));
    return new RunPlan(
        runId,
        now.toString(),
        Kindred.version(),
        modelId,
        corpusId,
        promptSet,
        alternates,
        thresholds,
        mixture.weights(),
        mixture.saturation(),
        settings);
  }

  /** How blocks are mixed. */
  Mixture mixture() {
    return new Mixture(weights, saturation);
  }

  /** Identifies what is computed: runs with the same identity have the same results. */
  String identity() {
    return identity(
        "i",
        List.of(
            version,
            modelId,
            corpusId,
            promptSet,
            alternates.toString(),
            Arrays.toString(thresholds),
            mixture().toString(),
            keepSimilar()));
  }

  /** The same of the join alone. */
  String joinIdentity() {
    return identity(
        "j",
        List.of(version, modelId, corpusId, promptSet, Arrays.toString(thresholds), keepSimilar()));
  }

  private String keepSimilar() {
    return settings.get(Setting.KEEP_SIMILAR.key());
  }

  /** What makes a run with the same results again, for a shell. */
  String command() {
    StringBuilder command = new StringBuilder("submit-scripts/kindred.sh run");
    for (Setting setting : OF_RESULTS) {
      if (settings.get(setting.key()) == null) { // an earlier version's run, which had it not
        continue;
      }

      command.append(" \\\n  --").append(setting.key()).append(' ');
      command.append(quoted(settings.get(setting.key())));
    }

    return command.toString();
  }

  private static String quoted(String value) {
    return value.matches("[A-Za-z0-9_./:,@%+=-]+")
        ? value
        : "'" + value.replace("'", "'\\''") + "'";
  }

  private static String identity(String prefix, List<String> parts) {
    ContentId content = new ContentId();
    parts.forEach(part -> content.add(part).add((byte) 0));
    return content.id(prefix);
  }

  /**
   * A run with the same identity that was begun, the last one, and is neither published nor
   * rejected.
   */
  Optional<RunPlan> begunBefore(Warehouse warehouse) {
    try {
      return Arrays.stream(warehouse.fileSystem().listStatus(folder(warehouse)))
          .map(file -> file.getPath().getName())
          .filter(name -> name.startsWith("r-") && name.endsWith(".json"))
          .map(name -> name.substring(0, name.length() - ".json".length()))
          .filter(id -> Runs.find(warehouse, id).isEmpty())
          .sorted(Comparator.reverseOrder())
          .map(id -> read(warehouse, id))
          .filter(plan -> plan.identity().equals(identity()))
          .findFirst();
    } catch (FileNotFoundException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The plan of the run that was published last.
   *
   * @param which runs count
   */
  static Optional<RunPlan> lastPublished(Warehouse warehouse, Predicate<Runs.Run> which) {
    return Runs.all(warehouse).stream()
        .filter(Runs.Run::isPublished)
        .filter(which)
        .reduce((first, second) -> second)
        .map(run -> read(warehouse, run.runId()));
  }

  private static Path folder(Warehouse warehouse) {
    return new Path(warehouse.root(), Retention.PLANS);
  }

  private static Path path(Warehouse warehouse, String runId) {
    return new Path(folder(warehouse), runId + ".json");
  }

  void write(Warehouse warehouse) {
    try {
      WholeFile.create(
          warehouse.fileSystem(),
          path(warehouse, runId),
          JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(this));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The model that the run was begun with.
   *
   * @throws InvalidInput if it has changed
   */
  ModelDirectory model(Configuration hadoop) {
    return checked(ModelDirectory.read(settings.get(Setting.MODEL.key()), hadoop));
  }

  /**
   * A model directory, if it is of the run's model.
   *
   * @throws InvalidInput if it is not
   */
  ModelDirectory checked(ModelDirectory model) {
    if (!model.id().equals(modelId)) {
      throw new InvalidInput(
          "--model %s: is %s, but run %s used %s; give that one's directory, it was %s",
          model.uri(), model.id(), runId, modelId, settings.get(Setting.MODEL.key()));
    }

    return model;
  }

  /**
   * The plan of a run whose results can be read.
   *
   * @throws InvalidInput if there is no such run, or it is not published
   */
  static RunPlan published(Warehouse warehouse, String runId) {
    RunPlan plan = read(warehouse, runId);
    if (Runs.find(warehouse, runId).filter(Runs.Run::isPublished).isEmpty()) {
      throw new InvalidInput(
          "--run-id %s: is not published; end it with the command evaluate", runId);
    }

    return plan;
  }

  static RunPlan read(Warehouse warehouse, String runId) {
    if (!Runs.isId(runId)) {
      throw new InvalidInput("--run-id %s: not a run's id such as r-20261122-041500-3f2a", runId);
    }

    try (var in = warehouse.fileSystem().open(path(warehouse, runId))) {
      return JSON.readValue(in.readAllBytes(), RunPlan.class);
    } catch (FileNotFoundException e) {
      throw new InvalidInput(
          "--run-id %s: no such run in %s; see the folder run_plans there",
          runId, warehouse.root());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
