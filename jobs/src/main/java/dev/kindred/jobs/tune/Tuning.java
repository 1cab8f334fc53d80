/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.tune;

import dev.kindred.Location;
import dev.kindred.baseline.NGramFit;
import dev.kindred.baseline.SuffixCounts;
import dev.kindred.jobs.option.Defaults;
import dev.kindred.jobs.option.Values;
import dev.kindred.jobs.report.Comparison;
import dev.kindred.jobs.report.Gain;
import dev.kindred.jobs.run.CorpusInput;
import dev.kindred.jobs.run.EvidenceByBins;
import dev.kindred.jobs.run.Experiment;
import dev.kindred.jobs.run.NGrams;
import dev.kindred.jobs.run.RunPlan;
import dev.kindred.jobs.workspace.Messages;
import dev.kindred.jobs.workspace.Progress;
import dev.kindred.math.Bootstrap;
import dev.kindred.model.BlockVector;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.prediction.Mixture;
import dev.kindred.similarity.SimilarityBins;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import dev.kindred.table.WholeFile;
import dev.kindred.tuning.Combination;
import dev.kindred.tuning.PromptBins;
import dev.kindred.tuning.Search;
import dev.kindred.tuning.ThresholdCurves;
import dev.kindred.tuning.Tuned;
import dev.kindred.tuning.Tuner;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Chooses thresholds, weights and saturation by the evidence that {@link
 * dev.kindred.jobs.run.JoinStage} has kept by bins of similarity: on tuning prompts, for the
 * leave-one-out distance; and measures them on the prompts.
 */
public final class Tuning {
  private static final int WAYS_PROMPTS = 1_000; // that ways to combine are searched on, at most
  private static final double[] RATES = {20}; // of a weight that grows with similarity
  private static final double ADDED = 0.1; // to the counts of a product
  private static final String FOLDER = "tunings";
  private static final Set<String> FOUND = Set.of("thresholds", "weights", "saturation");

  private final SparkSession spark;
  private final Progress progress;
  private final Defaults settings;
  private final Warehouse warehouse;
  private final ModelDirectory model;
  private final String corpusId;
  private final int windowLength;
  private final double[] given; // thresholds; null if they are to be chosen
  private final Mixture givenMixture;
  private final SimilarityBins bins;

  /**
   * Prepares to tune.
   *
   * @param bins by which the experiment's join has kept evidence
   * @param settings what the user gave, for the command line of a run with what is found
   */
  public Tuning(Experiment experiment, SimilarityBins bins, Defaults settings) {
    CorpusInput corpus = experiment.input().corpus();
    this.spark = corpus.workspace().spark();
    this.progress = corpus.workspace().progress();
    this.settings = settings;
    this.warehouse = corpus.warehouse();
    this.model = experiment.input().model();
    this.corpusId = corpus.id();
    this.windowLength = corpus.windowLength();
    this.given = experiment.isRuleKnown() ? experiment.thresholds() : null;
    this.givenMixture = experiment.isRuleKnown() ? experiment.mixture() : null;
    this.bins = bins;
  }

  /**
   * A way to combine, with what the search on some of the tuning prompts found.
   *
   * @param compatible mean distance over the others, with prompts' own windows
   * @param leaveOneOut the same without
   */
  private record Way(String name, double compatible, double leaveOneOut) {}

  /** A setting that prompts are measured with. */
  private record Tried(Tuned tuned, double saturation) implements Serializable {}

  /** A prompt's distances, one for each setting. */
  private record Distances(int promptId, double[] compatible, double[] leaveOneOut)
      implements Serializable {}

  /** A setting's distances to the model, of each prompt, in both protocols. */
  private record Measured(double[] compatible, double[] leaveOneOut) {}

  /**
   * Tunes, and writes a file of settings into the warehouse.
   *
   * @param promptSet what is measured on
   * @param tuningSet what is tuned on
   * @return what was found, for the terminal
   */
  public String tune(String promptSet, String tuningSet) {
    double[] weights = new double[1 + Search.TRIED + 5 + RATES.length];
    Arrays.fill(weights, 1); // evidence, ways to combine, saturations
    progress.begin("tuning", weights);
    List<PromptBins> tuning = inOrder(promptBins(tuningSet));
    List<ThresholdCurves.Point> curves = ThresholdCurves.of(tuning, model.blocks().numbers(), bins);
    Tuned alone = Search.eachAlone(curves, model.blocks().numbers(), bins);
    List<Tuned> starts = given == null ? List.of(alone) : List.of(asGiven(), alone);
    progress.partDone();
    List<Way> ways = ways(tuning, starts);
    Search.Found found = Search.of(tuning, bins, starts, progress::partDone);
    Tuned tuned = found.tuned();
    double saturation = found.saturation();
    Mixture mixture = new Mixture(tuned.weights(), saturation);
    progress.end();
    progress.begin("held-out prompts");
    List<Measured> measured =
        measure(
            promptBins(promptSet),
            given == null
                ? List.of(new Tried(tuned, saturation))
                : List.of(
                    new Tried(tuned, saturation), new Tried(asGiven(), givenMixture.saturation())));
    progress.end();
    progress.begin("n-grams", 1);
    NGrams ngrams = new NGrams(spark, warehouse, model, corpusId, promptSet);
    Measured ofNGram;
    NGramFit ngram;
    try (SuffixCounts suffixes =
        new SuffixCounts(warehouse.part(Tables.WINDOWS, corpusId).read(), windowLength)) {
      ngram = NGramFit.strongest(ngrams.all(suffixes, progress));
      List<Row> rows = ngrams.distances(suffixes, ngram);
      ofNGram =
          new Measured(
              rows.stream().mapToDouble(row -> row.getDouble(0)).toArray(),
              rows.stream().mapToDouble(row -> row.getDouble(1)).toArray());
    }

    progress.end();
    Path file = write(tuningSet, tuned, mixture);
    return text(
        tuning.size(),
        curves,
        ways,
        given == null ? null : measured.get(1),
        measured.get(0),
        ngram,
        ofNGram,
        tuned,
        mixture,
        file);
  }

  private Dataset<PromptBins> promptBins(String promptSet) {
    return EvidenceByBins.read(
        warehouse, model, corpusId, promptSet, model.blocks().numbers(), bins);
  }

  private static List<PromptBins> inOrder(Dataset<PromptBins> prompts) {
    List<PromptBins> collected = new ArrayList<>(prompts.collectAsList());
    collected.sort(Comparator.comparingInt(PromptBins::promptId));
    return collected;
  }

  /** The settings' thresholds, each at the nearest edge of the grid, and weights. */
  private Tuned asGiven() {
    int[] nearest =
        Arrays.stream(given)
            .mapToInt(
                threshold ->
                    IntStream.range(0, bins.count())
                        .boxed()
                        .min(
                            Comparator.comparingDouble(bin -> Math.abs(bins.edge(bin) - threshold)))
                        .orElseThrow())
            .toArray();
    return new Tuned(nearest, givenMixture.weights());
  }

  private boolean isGivenOnGrid() {
    return Arrays.stream(given).allMatch(threshold -> bins.binAbove(threshold) >= 0);
  }

  private List<Way> ways(List<PromptBins> tuning, List<Tuned> starts) {
    int searched = Math.min(tuning.size() / 2, WAYS_PROMPTS);
    List<PromptBins> others = tuning.subList(searched, tuning.size());
    Tuner search = new Tuner(tuning.subList(0, searched), bins.count(), false);
    Map<String, Combination> combinations = new LinkedHashMap<>();
    combinations.put("raw counts", Combination.mixture(Double.POSITIVE_INFINITY));
    combinations.put("counts, saturation 100", Combination.mixture(100));
    combinations.put("distributions", Combination.distributions());
    combinations.put("product of distributions", Combination.product(ADDED));
    combinations.put("strongest block, saturation 100", Combination.strongestBlock(100));
    double step = (1 - bins.floor()) / bins.count();
    for (double rate : RATES) {
      combinations.put(
          String.format(Locale.ROOT, "by similarity e^(%.0f s), saturation 100", rate),
          Combination.bySimilarity(rate, step, bins.count(), 100 * Math.exp(-rate * step)));
    }

    List<Way> ways = new ArrayList<>();
    combinations.forEach(
        (name, combination) -> {
          Tuned found = search.search(combination, starts).tuned();
          ways.add(
              new Way(
                  name,
                  new Tuner(others, bins.count(), true).distance(combination, found),
                  new Tuner(others, bins.count(), false).distance(combination, found)));
          progress.partDone();
        });
    return ways;
  }

  /** Measures each of the tried settings, in their order. */
  private static List<Measured> measure(Dataset<PromptBins> prompts, List<Tried> settings) {
    List<Distances> distances =
        new ArrayList<>(prompts.toJavaRDD().map(prompt -> distances(prompt, settings)).collect());
    distances.sort(Comparator.comparingInt(Distances::promptId));
    return IntStream.range(0, settings.size())
        .mapToObj(
            i ->
                new Measured(
                    distances.stream().mapToDouble(prompt -> prompt.compatible()[i]).toArray(),
                    distances.stream().mapToDouble(prompt -> prompt.leaveOneOut()[i]).toArray()))
        .toList();
  }

  private static Distances distances(PromptBins prompt, List<Tried> settings) {
    return new Distances(
        prompt.promptId(), distances(prompt, settings, true), distances(prompt, settings, false));
  }

  private static double[] distances(PromptBins prompt, List<Tried> settings, boolean withOwn) {
    return settings.stream()
        .mapToDouble(
            tried ->
                Combination.mixture(tried.saturation()).distance(prompt, tried.tuned(), withOwn))
        .toArray();
  }

  private double[] thresholds(Tuned tuned) {
    return Arrays.stream(tuned.bins()).mapToDouble(bins::edge).toArray();
  }

  private Path write(String tuningSet, Tuned tuned, Mixture mixture) {
    Path file = new Path(warehouse.root(), FOLDER + "/" + model.id() + "-" + tuningSet + ".conf");
    String text =
        String.format(
            Locale.ROOT,
            "# Found by kindred tune for model %s and corpus %s.%n"
                + "kindred {%n%s%s  thresholds = [%s]%n  weights = [%s]%n  saturation = \"%s\"%n}%n",
            model.id(),
            corpusId,
            model.blocks().isAll()
                ? ""
                : String.format(Locale.ROOT, "  blocks = \"%s\"%n", model.blocks()),
            model.vectors() == BlockVector.FFN_OUT
                ? ""
                : String.format(Locale.ROOT, "  vectors = \"%s\"%n", model.vectors()),
            Values.text(thresholds(tuned)),
            Values.text(mixture.weights()),
            saturation(mixture));
    warehouse.checkLock();
    try {
      WholeFile.replace(warehouse.fileSystem(), file, text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }

    return file;
  }

  private static String saturation(Mixture mixture) {
    return Double.isInfinite(mixture.saturation())
        ? "none"
        : String.format(Locale.ROOT, "%.0f", mixture.saturation());
  }

  private String text(
      int tuningPrompts,
      List<ThresholdCurves.Point> curves,
      List<Way> ways,
      Measured before,
      Measured after,
      NGramFit ngram,
      Measured ofNGram,
      Tuned tuned,
      Mixture mixture,
      Path file) {
    StringBuilder text = new StringBuilder("\n");
    line(
        text,
        "%-40s %10s %10s %10s",
        String.format(Locale.ROOT, "Blocks alone, %,d tuning prompts", tuningPrompts),
        "threshold",
        "honest",
        "strings");
    List<ThresholdCurves.Point> best =
        model.blocks().numbers().stream().map(block -> Search.best(curves, block)).toList();
    int decimals = best.stream().mapToInt(point -> decimals(point.threshold())).max().orElseThrow();
    for (ThresholdCurves.Point point : best) {
      line(
          text,
          "  %-38s %10." + decimals + "f %10.4f %,10.1f%s",
          "block " + point.block(),
          point.threshold(),
          point.leaveOneOutDistance(),
          point.strings(),
          point.threshold() == bins.floor() ? "  at --bin-floor: try a lower one" : "");
    }

    line(
        text,
        "%n%-51s %10s %10s",
        "Ways to combine, on prompts not searched on",
        "compatible",
        "honest");
    for (Way way : ways) {
      line(text, "  %-49s %10.4f %10.4f", way.name(), way.compatible(), way.leaveOneOut());
    }

    line(
        text,
        "%n%-40s %10s %10s %19s",
        String.format(Locale.ROOT, "Held out: %,d prompts", after.compatible().length),
        "compatible",
        "honest",
        "95 %");
    if (before != null && isGivenOnGrid()) {
      line(text, "  %-38s %s", "settings as given", figures(before));
    }

    line(text, "  %-38s %s", "tuned", figures(after));
    String label = Comparison.nameOf(ngram.baseline(), ngram.order());
    line(text, "  %-38s %s", label, figures(ofNGram));
    double[] gains =
        IntStream.range(0, after.leaveOneOut().length)
            .mapToDouble(i -> ofNGram.leaveOneOut()[i] - after.leaveOneOut()[i])
            .toArray();
    Bootstrap.Interval interval = Bootstrap.intervals(new double[][] {gains})[0];
    line(
        text,
        "%nThe lower, the closer to the model. Honest, tuned similar strings are %s this n-gram%n"
            + "(fitted to %,d other windows, stopped by %,d).",
        new Gain(mean(gains), interval.low(), interval.high()).inWords(),
        ngram.fittingWindows(),
        ngram.heldOutWindows());
    line(text, "%n%-12s %s", "thresholds", Values.text(thresholds(tuned)));
    line(text, "%-12s %s", "weights", Values.text(mixture.weights()));
    line(text, "%-12s %s", "saturation", saturation(mixture));
    line(text, "%nA run with them: %s%n", command(file));
    line(
        text,
        "kindred: tuned honest_hellinger=%.4f compatible_hellinger=%.4f conf=%s",
        mean(after.leaveOneOut()),
        mean(after.compatible()),
        Location.shown(file));
    return text.toString();
  }

  private static int decimals(double number) {
    return Math.max(0, new BigDecimal(Double.toString(number)).stripTrailingZeros().scale());
  }

  /** What was given, and the tuned settings in place of given ones. */
  private String command(Path file) {
    Map<String, String> all = settings.asText();
    List<String> words = new ArrayList<>(List.of(Messages.PROGRAM, "run"));
    Stream.concat(RunPlan.OF_RESULTS.stream(), Stream.of("warehouse"))
        .filter(settings::isGiven)
        .filter(setting -> !FOUND.contains(setting))
        .forEach(setting -> words.add(RunPlan.option(setting, all.get(setting))));
    words.add("--conf " + RunPlan.quoted(Location.shown(file)));
    return String.join(" ", words);
  }

  private static String figures(Measured measured) {
    Bootstrap.Interval interval = Bootstrap.intervals(new double[][] {measured.leaveOneOut()})[0];
    return String.format(
        Locale.ROOT,
        "%10.4f %10.4f %19s",
        mean(measured.compatible()),
        mean(measured.leaveOneOut()),
        String.format(Locale.ROOT, "%.4f to %.4f", interval.low(), interval.high()));
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).sum() / values.length;
  }

  private static void line(StringBuilder text, String format, Object... arguments) {
    text.append(String.format(Locale.ROOT, format, arguments).stripTrailing()).append('\n');
  }
}
