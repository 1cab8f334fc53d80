/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kindred.ContentId;
import dev.kindred.InvalidInput;
import dev.kindred.jobs.option.ActivationStore;
import dev.kindred.jobs.option.Values;
import dev.kindred.jobs.workspace.KindredVersion;
import dev.kindred.model.BlockVector;
import dev.kindred.model.Blocks;
import dev.kindred.model.files.Bos;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.prediction.Mixture;
import dev.kindred.prediction.Rings;
import dev.kindred.prediction.Rule;
import dev.kindred.prediction.WeightedCounts;
import dev.kindred.table.Part;
import dev.kindred.table.Retention;
import dev.kindred.table.RunNames;
import dev.kindred.table.Runs;
import dev.kindred.table.SealedJson;
import dev.kindred.table.Table;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import dev.kindred.table.WholeFile;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a run is about: written when it starts, so that its later stages can be commands of their
 * own, and that the same command takes it up again where it ended.
 *
 * @param startedAt UTC, ISO 8601
 * @param version of the program that started it
 * @param alternates ids of the models for the noise floor
 * @param thresholds one a block
 * @param weights one a block; of rings, the sums of their exponents
 * @param saturation of the {@link Mixture}; infinite with rings
 * @param settings by name, as {@link dev.kindred.jobs.option.Defaults#asText} has them
 * @param begun its place among runs, {@link Runs.Order#begun}
 */
public record RunPlan(
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
    Map<String, String> settings,
    long begun) {
  private static final Logger LOG = LoggerFactory.getLogger(RunPlan.class);
  private static final Set<String> WARNED = ConcurrentHashMap.newKeySet();

  private static final String MODEL = "model";
  private static final String BOS = "bos";
  private static final String BLOCKS = "blocks";
  private static final String VECTORS = "vectors";
  private static final String STORE = "store-activations";
  private static final String CENTER = "center";
  private static final String WINDOW_LENGTH = "window-length";
  private static final String KEEP_SIMILAR = "keep-similar";
  private static final String KEEP_OCCURRENCES = "keep-occurrences";

  /** The rule's rings, among the settings, or that there are none. */
  static final String RINGS = "rings";

  static final String NO_RINGS = "none";

  /** The id of what is kept of the places of windows, among the settings. */
  static final String PLACES = "places";

  /** Settings that a run's results depend on. */
  public static final List<String> OF_RESULTS =
      List.of(
          "corpus",
          "corpus-format",
          "text-column",
          "id-column",
          MODEL,
          BOS,
          BLOCKS,
          VECTORS,
          STORE,
          "alternates",
          WINDOW_LENGTH,
          "prompts",
          "prompt-seed",
          "thresholds",
          "weights",
          "saturation",
          RINGS,
          CENTER,
          KEEP_SIMILAR,
          KEEP_OCCURRENCES);

  private static final int NAMED_RUNS = 5;
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);

  public RunPlan {
    if (!Runs.isId(runId)
        || thresholds.length == 0
        || thresholds.length != weights.length
        || alternates.stream().anyMatch(Objects::isNull)
        || settings.values().stream().anyMatch(Objects::isNull)
        || begun < 0) {
      throw new IllegalArgumentException("it is no plan of a run");
    }

    Instant.parse(startedAt);
  }

  /** A run that starts now, under an id that sorts by time. */
  static RunPlan start(
      String modelId,
      String corpusId,
      String promptSet,
      List<String> alternates,
      Rule rule,
      Map<String, String> settings) {
    Instant now = Instant.now();
    String runId =
        String.format(
            Locale.ROOT, "r-%s-%04x", TIME.format(now), new SecureRandom().nextInt(0x10000));
    return new RunPlan(
        runId,
        now.toString(),
        KindredVersion.current(),
        modelId,
        corpusId,
        promptSet,
        alternates,
        rule.thresholds(),
        rule.weights(),
        saturation(rule),
        settings,
        0);
  }

  /** The plan with the number that follows those of all runs in a warehouse. */
  private RunPlan numbered(Warehouse warehouse) {
    long latest =
        Math.max(
            Runs.latest(warehouse),
            plans(warehouse, id -> true).mapToLong(RunPlan::begun).max().orElse(0));
    return new RunPlan(
        runId,
        startedAt,
        version,
        modelId,
        corpusId,
        promptSet,
        alternates,
        thresholds,
        weights,
        saturation,
        settings,
        latest + 1);
  }

  /** The numbers of the blocks that thresholds and weights are of, in their order. */
  public List<Integer> blocks() {
    String chosen = settings.getOrDefault(BLOCKS, Blocks.ALL); // earlier versions had all
    return chosen.equals(Blocks.ALL)
        ? IntStream.range(0, thresholds.length).boxed().toList()
        : Stream.of(chosen.split(",")).map(Integer::valueOf).toList();
  }

  /** Returns what is compared of blocks. */
  public BlockVector vectors() {
    return settings.containsKey(VECTORS) // earlier versions had FFN outputs
        ? new Values.BlockVectors().convert(settings.get(VECTORS))
        : BlockVector.FFN_OUT;
  }

  /**
   * Returns this plan, if it is about vectors that the user asks for.
   *
   * @throws InvalidInput if it is not
   */
  public RunPlan about(Optional<BlockVector> given) {
    if (given.isPresent() && given.get() != vectors()) {
      throw new InvalidInput(
          "--vectors %s: run %s compares %s; leave out --vectors, or give another --run-id",
          given.get(), runId, vectors());
    }

    return this;
  }

  /** Which strings are evidence, and how they are mixed. */
  public Rule rule() {
    // Earlier versions had no rings.
    return rule(settings.getOrDefault(RINGS, NO_RINGS), thresholds, weights, saturation);
  }

  /**
   * Returns a rule that was recorded.
   *
   * @param rings {@link #NO_RINGS} where the rest is the rule
   */
  static Rule rule(String rings, double[] thresholds, double[] weights, double saturation) {
    return rings.equals(NO_RINGS)
        ? new WeightedCounts(thresholds, new Mixture(weights, saturation))
        : Rings.parse(rings);
  }

  /** The saturation that is recorded of a rule: infinite with rings. */
  static double saturation(Rule rule) {
    return rule instanceof WeightedCounts counts
        ? counts.mixture().saturation()
        : Double.POSITIVE_INFINITY;
  }

  /** The tables that a run's joins fill, by block. */
  static List<Table> ofJoins(Rule rule) {
    return rule instanceof Rings
        ? List.of(Tables.SIMILAR_STRINGS, Tables.RING_DISTRIBUTIONS, Tables.BLOCK_DISTRIBUTIONS)
        : List.of(Tables.SIMILAR_STRINGS, Tables.BLOCK_DISTRIBUTIONS);
  }

  /**
   * Identifies what is computed: runs with the same identity have the same results. Records of runs
   * hold it, by which plans are recognised: what a plan of some version gives must never change.
   */
  String identity() {
    List<String> all =
        parts(
            version,
            modelId,
            corpusId,
            promptSet,
            alternates.toString(),
            Arrays.toString(thresholds),
            rule() instanceof WeightedCounts counts
                ? counts.mixture().toString()
                : rule().toString(),
            settings.get(KEEP_SIMILAR));
    places().ifPresent(all::add); // earlier versions kept none
    return identity("i", all);
  }

  /** Centred similarities are named where they are meant: earlier versions had no others. */
  private List<String> parts(String... parts) {
    List<String> all = new ArrayList<>(List.of(parts));
    if (hasCenteredVectors()) {
      all.add(CENTER);
    }

    return all;
  }

  /** The same of the join alone. */
  String joinIdentity() {
    return identity(
        "j",
        parts(
            version,
            modelId,
            corpusId,
            promptSet,
            rule() instanceof Rings
                ? IntStream.range(0, rule().blocks())
                    .mapToObj(place -> rule().bins(place).toString())
                    .toList()
                    .toString()
                : Arrays.toString(thresholds),
            settings.get(KEEP_SIMILAR)));
  }

  /** Whether similarities are of vectors without their block's mean. */
  public boolean hasCenteredVectors() {
    return Boolean.parseBoolean(settings.get(CENTER));
  }

  /** How activations are kept. */
  public ActivationStore store() {
    return settings.containsKey(STORE) // earlier versions had no such setting
        ? new Values.Store().convert(settings.get(STORE))
        : ActivationStore.F32;
  }

  /** The part with the activations of all windows. */
  Part activations(Warehouse warehouse) {
    return warehouse.part(store().precision().activations(), modelId, corpusId);
  }

  /**
   * The id of what is kept of the places of windows, the key of {@link Tables#OCCURRENCES} and
   * {@link Tables#PASSAGES}; none of a run of an earlier version.
   */
  public Optional<String> places() {
    return Optional.ofNullable(settings.get(PLACES));
  }

  /** Places of a window that are kept, at most; 1 of a run of an earlier version: its id. */
  public int keepOccurrences() {
    return places().isPresent() ? Integer.parseInt(settings.get(KEEP_OCCURRENCES)) : 1;
  }

  /** Tokens of a window. */
  public int windowLength() {
    return Integer.parseInt(settings.get(WINDOW_LENGTH));
  }

  /** Strings kept for each prompt and block; {@link Integer#MAX_VALUE} for all. */
  public int keepSimilar() {
    return new Values.Kept().convert(settings.get(KEEP_SIMILAR));
  }

  /** What makes a run with the same results again, for a shell. */
  public String command() {
    StringBuilder command = new StringBuilder("submit-scripts/kindred.sh run");
    for (String setting : OF_RESULTS) {
      if (settings.get(setting) == null) { // an earlier version's run, which had it not
        continue;
      }

      command.append(" \\\n  ").append(option(setting, settings.get(setting)));
    }

    return command.toString();
  }

  /** An option as a shell takes it. */
  public static String option(String setting, String value) {
    return "--" + setting + " " + quoted(value);
  }

  public static String quoted(String value) {
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
    return plans(warehouse, id -> !Runs.isOver(warehouse, id))
        .filter(plan -> plan.identity().equals(identity()))
        .max(Comparator.comparingLong(RunPlan::begun).thenComparing(RunPlan::runId));
  }

  /** The plans of some runs; those that cannot be read are named in the log. */
  private static Stream<RunPlan> plans(Warehouse warehouse, Predicate<String> which) {
    try {
      return Arrays.stream(warehouse.fileSystem().listStatus(folder(warehouse)))
          .map(file -> file.getPath().getName())
          .filter(name -> name.endsWith(".json"))
          .map(name -> name.substring(0, name.length() - ".json".length()))
          .filter(Runs::isId)
          .filter(which)
          .flatMap(id -> ifReadable(warehouse, id).stream());
    } catch (FileNotFoundException e) {
      return Stream.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The plan of a run that one can do without. If it cannot be read, that is in the log. */
  static Optional<RunPlan> ifReadable(Warehouse warehouse, String runId) {
    try {
      return Optional.of(read(warehouse, runId));
    } catch (InvalidInput e) {
      if (WARNED.add(e.getMessage())) {
        LOG.warn("{}; until then the run does not count", e.getMessage());
      }

      return Optional.empty();
    }
  }

  /**
   * The plan of the run that was published last. All of the run is there.
   *
   * @param which runs count
   * @throws InvalidInput if it is not known which that is, or if something of it is missing
   */
  public static Optional<RunPlan> lastPublished(Warehouse warehouse, Predicate<Runs.Run> which) {
    return Runs.newestPublished(warehouse, which)
        .map(
            run -> {
              Runs.checkWhole(warehouse, run.runId());
              return read(warehouse, run.runId());
            });
  }

  /**
   * The plan of the last published run with this one's identity. All of the run is there.
   *
   * @throws InvalidInput if something of it is missing
   */
  Optional<RunPlan> publishedAlike(Warehouse warehouse) {
    return Runs.readable(warehouse).stream()
        .filter(run -> run.isPublished() && run.identity().equals(identity()))
        .reduce((first, second) -> second)
        .map(
            run -> {
              Runs.checkWhole(warehouse, run.runId());
              return read(warehouse, run.runId());
            });
  }

  private static Path folder(Warehouse warehouse) {
    return new Path(warehouse.root(), Retention.PLANS);
  }

  private static Path path(Warehouse warehouse, String runId) {
    return new Path(folder(warehouse), runId + ".json");
  }

  /**
   * Writes the plan of a run that begins.
   *
   * @return the plan with its place among runs
   */
  RunPlan write(Warehouse warehouse) {
    RunPlan plan = numbered(warehouse);
    try {
      WholeFile.create(
          warehouse.fileSystem(),
          path(warehouse, runId),
          SealedJson.sealIndented(SealedJson.content(plan)));
      return plan;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The model that the run was begun with.
   *
   * @throws InvalidInput if it has changed
   */
  public ModelDirectory model(Configuration hadoop) {
    Bos bos = // earlier versions had no such setting
        settings.containsKey(BOS) ? new Values.BosChoice().convert(settings.get(BOS)) : Bos.NO;
    return checked(
        ModelDirectory.read(
                "--model",
                settings.get(MODEL),
                bos,
                settings.getOrDefault(BLOCKS, Blocks.ALL),
                vectors(),
                hadoop)
            .in(store().precision()));
  }

  /**
   * A model directory, if it is of the run's model.
   *
   * @throws InvalidInput if it is not
   */
  public ModelDirectory checked(ModelDirectory model) {
    if (!model.id().equals(modelId)) {
      throw new InvalidInput(
          "--model %s: is %s, but run %s used %s; give that one's directory, it was %s%s",
          model.uri(),
          model.id(),
          runId,
          modelId,
          settings.get(MODEL),
          model.vectors() == vectors() ? "" : ", and " + option(VECTORS, vectors().toString()));
    }

    return model;
  }

  /**
   * The plan of a run whose results can be read.
   *
   * @param idOrName of the run
   * @throws InvalidInput if there is no such run, or it is not published
   */
  public static RunPlan published(Warehouse warehouse, String idOrName) {
    RunPlan plan = read(warehouse, idOrName);
    String runId = plan.runId();
    if (Runs.find(warehouse, runId).filter(Runs.Run::isPublished).isEmpty()) {
      throw new InvalidInput(
          "--run-id %s: is not published; end it with the command evaluate", runId);
    }

    Runs.checkWhole(warehouse, runId);
    return plan;
  }

  /**
   * The plan of a run. If the run is over, it is the one that its record was made by.
   *
   * @param idOrName of the run; its name, if it is published
   * @throws InvalidInput if there is none, or it cannot be read, or is not that one
   */
  public static RunPlan read(Warehouse warehouse, String idOrName) {
    String runId = RunNames.id(warehouse, idOrName);
    Path path = path(warehouse, runId);
    Optional<Runs.Run> ended = Runs.find(warehouse, runId);
    String remedy =
        String.format(
            Locale.ROOT,
            "remove it%s and run again",
            ended.isPresent() ? " and " + warehouse.part(Tables.RUNS, runId).name() : "");
    try {
      return SealedJson.read(
          warehouse.fileSystem(),
          path,
          "plan",
          remedy,
          opened -> {
            RunPlan plan = of(opened);
            if (!plan.runId().equals(runId)) {
              throw new IllegalArgumentException("it is of run " + plan.runId());
            }

            if (ended.isPresent() && !ended.get().identity().equals(plan.identity())) {
              throw new IllegalArgumentException("it is not the one by which the run was made");
            }

            return plan;
          });
    } catch (FileNotFoundException e) {
      if (ended.isPresent()) {
        throw new InvalidInput("plan %s is missing; %s", path, remedy.replace("it and ", ""));
      }

      List<String> newest = new ArrayList<>();
      Runs.readable(warehouse).forEach(run -> newest.add(0, run.runId()));
      throw new InvalidInput(
          "--run-id %s: no such run in %s; %s",
          runId,
          warehouse.root(),
          newest.isEmpty()
              ? "no run has ended there"
              : "the newest there are "
                  + String.join(", ", newest.subList(0, Math.min(NAMED_RUNS, newest.size()))));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static RunPlan of(SealedJson.Opened opened) {
    ObjectNode content = opened.content();
    if (opened.format() == 1) {
      if (content.has("begun")) {
        throw new IllegalArgumentException("its format is missing");
      }

      content.put("begun", 0);
      if (!content.has("alternates")) { // before 0.2
        content.putArray("alternates");
      }

      if (!content.has("saturation")) { // before 0.2
        content.put("saturation", "Infinity");
      }
    }

    return SealedJson.Opened.bind(content, RunPlan.class);
  }
}
