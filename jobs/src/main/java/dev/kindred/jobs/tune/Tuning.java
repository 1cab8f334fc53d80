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
import dev.kindred.prediction.Rings;
import dev.kindred.prediction.Rule;
import dev.kindred.prediction.TokenFrequencies;
import dev.kindred.prediction.WeightedCounts;
import dev.kindred.similarity.SimilarityBins;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import dev.kindred.table.WholeFile;
import dev.kindred.tuning.Combination;
import dev.kindred.tuning.PromptBins;
import dev.kindred.tuning.RingFit;
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
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Chooses rings, or thresholds, weights and saturation, by the evidence that {@link
 * dev.kindred.jobs.run.JoinStage} has kept by bins of similarity: on tuning prompts, for the
 * leave-one-out distance; and measures them on the prompts.
 */
public final class Tuning {
  private static final int WAYS_PROMPTS = 1_000; // that ways to combine are searched on, at most
  private static final double[] RATES = {20}; // of a weight that grows with similarity
  private static final double RING_STEP = 0.05; // of the time that a way takes
  private static final String AS_GIVEN = "settings as given";
  private static final double ADDED = 0.1; // to the counts of a product
  private static final String FOLDER = "tunings";
  private static final Set<String> FOUND = Set.of("thresholds", "weights", "saturation", "rings");

  private final SparkSession spark;
  private final Progress progress;
  private final Defaults settings;
  private final Warehouse warehouse;
  private final ModelDirectory model;
  private final String corpusId;
  private final int windowLength;
  private final Rule given; // null if it is to be chosen
  private final SimilarityBins bins;
  private final boolean mayHaveRings;

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
    this.given = experiment.isRuleKnown() ? experiment.rule() : null;
    this.bins = bins;
    this.mayHaveRings = experiment.mayHaveRings();
  }

  /**
   * A way to combine, with what the search on some of the tuning prompts found.
   *
   * @param compatible mean distance over the others, with prompts' own windows
   * @param leaveOneOut the same without
   */
  private record Way(String name, double compatible, double leaveOneOut) {}

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
    double[] weights =
        new double[1 + Search.TRIED + 5 + RATES.length + (mayHaveRings ? RingFit.STEPS : 0)];
    Arrays.fill(weights, 1); // evidence, ways to combine, saturations
    Arrays.fill(weights, 1 + Search.TRIED + 5 + RATES.length, weights.length, RING_STEP);
    progress.begin("tuning", weights);
    List<PromptBins> tuning = inOrder(promptBins(tuningSet));
    List<ThresholdCurves.Point> curves = ThresholdCurves.of(tuning, model.blocks().numbers(), bins);
    Tuned alone = Search.eachAlone(curves, model.blocks().numbers(), bins);
    List<Tuned> starts =
        given instanceof WeightedCounts counts ? List.of(nearest(counts), alone) : List.of(alone);
    progress.partDone();
    List<Way> ways = ways(tuning, starts);
    Search.Found found = Search.of(tuning, bins, starts, progress::partDone);
    WeightedCounts tuned = rule(found.tuned(), found.saturation());
    TokenFrequencies frequencies =
        TokenFrequencies.of(
            warehouse.part(Tables.WINDOWS, corpusId).read(), model.shape().vocabularySize());
    Optional<RingFit> rings =
        mayHaveRings
            ? Optional.of(RingFit.of(tuning, bins, frequencies, progress::partDone))
            : Optional.empty();
    progress.end();
    progress.begin("held-out prompts");
    Map<String, Rule> rules = new LinkedHashMap<>();
    boolean isOnGrid = given != null && isOnGrid(given);
    if (isOnGrid) {
      rules.put(AS_GIVEN, given);
    }

    rules.put(mayHaveRings ? "tuned, one threshold a block" : "tuned", tuned);
    rings.ifPresent(fit -> rules.put("tuned, rings", fit.rings()));
    Map<String, Measured> measured = measure(promptBins(promptSet), rules, frequencies);
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
    Rule best = rings.<Rule>map(RingFit::rings).orElse(tuned);
    return text(
        tuning.size(), curves, ways, measured, ngram, ofNGram, best, write(tuningSet, best));
  }

  private WeightedCounts rule(Tuned tuned, double saturation) {
    return new WeightedCounts(
        Arrays.stream(tuned.bins()).mapToDouble(bins::edge).toArray(),
        new Mixture(tuned.weights(), saturation));
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

  /** Thresholds, each at the nearest edge of the grid, and weights. */
  private Tuned nearest(WeightedCounts counts) {
    int[] nearest =
        Arrays.stream(counts.thresholds())
            .mapToInt(
                threshold ->
                    IntStream.range(0, bins.count())
                        .boxed()
                        .min(
                            Comparator.comparingDouble(bin -> Math.abs(bins.edge(bin) - threshold)))
                        .orElseThrow())
            .toArray();
    return new Tuned(nearest, counts.mixture().weights());
  }

  /** Whether the evidence is kept by all thresholds of a rule. */
  private boolean isOnGrid(Rule rule) {
    return IntStream.range(0, rule.blocks()).allMatch(block -> bins.hasEdgesOf(rule.bins(block)));
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

  /** Measures rules by their names, in their order. */
  private Map<String, Measured> measure(
      Dataset<PromptBins> prompts, Map<String, Rule> rules, TokenFrequencies frequencies) {
    List<Rule> tried = List.copyOf(rules.values());
    SimilarityBins edges = bins;
    List<Distances> distances =
        new ArrayList<>(
            prompts
                .toJavaRDD()
                .map(
                    prompt ->
                        new Distances(
                            prompt.promptId(),
                            distances(prompt, tried, edges, frequencies, true),
                            distances(prompt, tried, edges, frequencies, false)))
                .collect());
    distances.sort(Comparator.comparingInt(Distances::promptId));
    Map<String, Measured> measured = new LinkedHashMap<>();
    for (String name : rules.keySet()) {
      int i = measured.size();
      measured.put(
          name,
          new Measured(
              distances.stream().mapToDouble(prompt -> prompt.compatible()[i]).toArray(),
              distances.stream().mapToDouble(prompt -> prompt.leaveOneOut()[i]).toArray()));
    }

    return measured;
  }

  private static double[] distances(
      PromptBins prompt,
      List<Rule> rules,
      SimilarityBins bins,
      TokenFrequencies frequencies,
      boolean withOwn) {
    return rules.stream()
        .mapToDouble(rule -> prompt.distance(rule, bins, frequencies, withOwn))
        .toArray();
  }

  private Path write(String tuningSet, Rule rule) {
    Path file = new Path(warehouse.root(), FOLDER + "/" + model.id() + "-" + tuningSet + ".conf");
    String text =
        String.format(
            Locale.ROOT,
            "# Found by kindred tune for model %s and corpus %s.%n" + "kindred {%n%s%s%s}%n",
            model.id(),
            corpusId,
            model.blocks().isAll()
                ? ""
                : String.format(Locale.ROOT, "  blocks = \"%s\"%n", model.blocks()),
            model.vectors() == BlockVector.FFN_OUT
                ? ""
                : String.format(Locale.ROOT, "  vectors = \"%s\"%n", model.vectors()),
            rule instanceof WeightedCounts counts
                ? String.format(
                    Locale.ROOT,
                    "  thresholds = [%s]%n  weights = [%s]%n  saturation = \"%s\"%n",
                    Values.text(counts.thresholds()),
                    Values.text(counts.weights()),
                    saturation(counts.mixture()))
                : String.format(Locale.ROOT, "  rings = \"%s\"%n", rule));
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
      Map<String, Measured> measured,
      NGramFit ngram,
      Measured ofNGram,
      Rule proposal,
      Path file) {
    Measured after = measured.values().stream().reduce((one, last) -> last).orElseThrow();
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
    if (given != null && !measured.containsKey(AS_GIVEN)) {
      line(
          text,
          "  %-38s %s",
          AS_GIVEN,
          "not measured: --bin-floor and --bin-step have no bins at their thresholds");
    }

    measured.forEach((name, its) -> line(text, "  %-38s %s", name, figures(its)));
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
    text.append('\n');
    if (proposal instanceof WeightedCounts counts) {
      line(text, "%-12s %s", "thresholds", Values.text(counts.thresholds()));
      line(text, "%-12s %s", "weights", Values.text(counts.weights()));
      line(text, "%-12s %s", "saturation", saturation(counts.mixture()));
    } else if (proposal instanceof Rings rings) {
      for (int place = 0; place < rings.blocks(); place++) {
        line(
            text,
            "rings of block %-3d %s",
            model.blocks().number(place),
            rings.rings().get(place).stream()
                .map(ring -> Double.toString(ring.above()))
                .collect(Collectors.joining(" ")));
      }
    }

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
