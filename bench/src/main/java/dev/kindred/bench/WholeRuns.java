/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.bench;

import dev.kindred.InvalidInput;
import dev.kindred.bench.CostCurve.Point;
import dev.kindred.model.files.ModelDirectory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;

/** How the cost of the whole run grows with corpus and prompts, and shrinks with cores. */
final class WholeRuns {
  private static final int QUICK_DIVISOR = 16;
  private static final double LEAST_SECONDS = 1; // of a stage, for its growth to be told

  /** Parts of the corpus: its beginning. */
  enum Part {
    SIXTEENTH(16, "1_16", "1/16"),
    QUARTER(4, "1_4", "1/4"),
    HALF(2, "1_2", "1/2"),
    ALL(1, "1", "all");

    private static final Set<Part> ON_ONE_CORE = EnumSet.of(SIXTEENTH, QUARTER);

    private final int divisor;
    private final String key;
    private final String text;

    Part(int divisor, String key, String text) {
      this.divisor = divisor;
      this.key = key;
      this.text = text;
    }

    private double share() {
      return 1.0 / divisor;
    }
  }

  private final Figures figures;
  private final Options options;
  private final WorkFolder work;
  private final int cores;
  private final CorpusText corpus;
  private final Map<Part, WholeRun> allCores = new EnumMap<>(Part.class);
  private final Map<Part, WholeRun> oneCore = new EnumMap<>(Part.class);
  private WholeRun fewPrompts; // all of the corpus and all cores

  /**
   * Reads corpus and model, so that nothing long starts in vain. With {@code --quick} the corpus is
   * its first sixteenth.
   *
   * @param cores all cores
   * @throws InvalidInput if one of them cannot be used
   */
  WholeRuns(Figures figures, Options options, WorkFolder work, int cores) {
    this.figures = figures;
    this.options = options;
    this.work = work;
    this.cores = cores;
    if (options.model != null) {
      ModelDirectory.read(options.model, new Configuration());
    }

    CorpusText given = CorpusText.read(options.corpus);
    this.corpus = options.quick ? given.first(QUICK_DIVISOR) : given;
  }

  /**
   * Runs everything, from small to large.
   *
   * @return the warehouse of the run on all of the corpus with all prompts and all cores; those of
   *     the others are deleted
   */
  Path run() {
    int prompts = options.prompts();
    start(new WholeRun.Plan("build", List.of(script("kindred.sh"), "--version"), cores));
    for (Part part : Part.values()) {
      Path text = work.folder().resolve("corpus-" + part.key + ".txt");
      corpus.first(part.divisor).write(text);
      if (cores > 1
          && (Part.ON_ONE_CORE.contains(part) || part == Part.ALL && options.oneCoreAll)) {
        oneCore.put(part, runAndDelete(part, prompts, 1, text));
      }

      if (part == Part.ALL) {
        fewPrompts = runAndDelete(part, prompts / 4, cores, text);
        allCores.put(part, run(part, prompts, cores, text));
      } else {
        allCores.put(part, runAndDelete(part, prompts, cores, text));
      }
    }

    return warehouse();
  }

  private WholeRun runAndDelete(Part part, int prompts, int runCores, Path text) {
    WholeRun run = run(part, prompts, runCores, text);
    work.delete(warehouse());
    return run;
  }

  private WholeRun run(Part part, int prompts, int runCores, Path text) {
    String name =
        String.format(Locale.ROOT, "corpus %s, prompts %d, cores %d", part.text, prompts, runCores);
    List<String> command = new ArrayList<>();
    command.add(script("run-local.sh"));
    command.addAll(List.of("--corpus", text.toString(), "--corpus-format", "text"));
    command.addAll(List.of("--prompts", Integer.toString(prompts)));
    command.addAll(List.of("--warehouse", warehouse().toString()));
    if (options.model != null) {
      command.addAll(List.of("--model", options.model));
    }

    System.err.printf(Locale.ROOT, "bench: whole run [%s]%n", name);
    WholeRun run = start(new WholeRun.Plan(name, command, runCores));
    System.err.printf(
        Locale.ROOT,
        "bench: whole run [%s] took %.1f s, %,.0f MiB%n",
        name,
        run.seconds(),
        run.peakMemoryMib());
    return run;
  }

  private WholeRun start(WholeRun.Plan plan) {
    return WholeRun.start(plan, work, System.err);
  }

  private String script(String name) {
    return options.home().resolve("submit-scripts").resolve(name).toString();
  }

  private Path warehouse() {
    return work.folder().resolve("warehouse");
  }

  /** Adds the figures of {@link #run}. */
  void addFigures() {
    figures.group("4. The whole run, from start to end of the process");
    figures.count("run_corpus_bytes", corpus.bytes(), "bytes", "all of the corpus");
    figures.count("run_prompts", options.prompts(), "", "prompts");
    figures.flag("run_quick", options.quick, "only the first sixteenth of --corpus");
    allCores.forEach(
        (part, run) -> {
          figures.note(
              String.format(Locale.ROOT, "  %s of the corpus, cores: %d", part.text, cores));
          seconds("run_", "_corpus_" + part.key, run);
        });
    figures.note(
        String.format(
            Locale.ROOT, "  all of the corpus, a quarter of the prompts, cores: %d", cores));
    seconds("run_", "_prompts_1_4", fewPrompts);
    oneCore.forEach(
        (part, run) -> {
          figures.note(String.format(Locale.ROOT, "  %s of the corpus, cores: 1", part.text));
          seconds("run_one_core_", "_corpus_" + part.key, run);
        });
    WholeRun largest = allCores.get(Part.ALL);
    addShares(largest);
    figures.note("  growth");
    growth(Part.SIXTEENTH, Part.QUARTER);
    growth(Part.QUARTER, Part.ALL);
    growth(Part.QUARTER, Part.HALF);
    growth(Part.HALF, Part.ALL);
    growth("run_growth_", "prompts_1_4_to_1", "  four times the prompts", fewPrompts, largest);
    oneCore.forEach(
        (part, run) ->
            figures.number(
                "run_all_cores_over_one_corpus_" + part.key,
                run.seconds() / allCores.get(part).seconds(),
                "x",
                "  all cores over one, " + part.text));
    addMemory(largest);
  }

  private void seconds(String before, String after, WholeRun run) {
    run.stageSeconds()
        .forEach(
            (stage, seconds) ->
                figures.number(
                    before + key(stage) + "_seconds" + after, seconds, "s", "  " + stage));
    figures.number(before + "other_seconds" + after, run.otherSeconds(), "s", "  other");
    figures.number(before + "seconds" + after, run.seconds(), "s", "  whole run");
    figures.number(before + "cpu_seconds" + after, run.cpuSeconds(), "s", "  its CPU time");
  }

  private void addShares(WholeRun largest) {
    figures.note("  share of the whole run, all of the corpus");
    largest
        .stageSeconds()
        .forEach(
            (stage, seconds) ->
                figures.number(
                    "run_share_" + key(stage), seconds / largest.seconds(), "of 1", "  " + stage));
    figures.number(
        "run_share_other", largest.otherSeconds() / largest.seconds(), "of 1", "  other");
  }

  private void growth(Part less, Part more) {
    growth(
        "run_growth_",
        String.format(Locale.ROOT, "corpus_%s_to_%s", less.key, more.key),
        String.format(Locale.ROOT, "  the corpus from %s to %s", less.text, more.text),
        allCores.get(less),
        allCores.get(more));
  }

  private void growth(String before, String after, String name, WholeRun less, WholeRun more) {
    figures.number(before + after, more.seconds() / less.seconds(), "x", name);
    figures.number(
        before + "cpu_" + after, more.cpuSeconds() / less.cpuSeconds(), "x", "    CPU time");
    less.stageSeconds()
        .forEach(
            (stage, seconds) -> {
              Double larger = more.stageSeconds().get(stage);
              if (larger != null && seconds >= LEAST_SECONDS) {
                figures.number(
                    before + key(stage) + "_" + after, larger / seconds, "x", "    " + stage);
              }
            });
  }

  private void addMemory(WholeRun largest) {
    figures.group("5. Peak memory of whole runs: resident");
    figures.count(
        "run_heap_mib_per_core", WholeRun.HEAP_MIB_PER_CORE, "MiB", "heap at most, for each core");
    allCores.forEach((part, run) -> memory("run_peak_memory_mib_corpus_", part, "all cores", run));
    figures.number(
        "run_peak_memory_mib_prompts_1_4",
        fewPrompts.peakMemoryMib(),
        "MiB",
        "all of the corpus, a quarter of the prompts");
    oneCore.forEach(
        (part, run) -> memory("run_one_core_peak_memory_mib_corpus_", part, "one core", run));
    figures.number(
        "run_growth_peak_memory_corpus_1_2_to_1",
        largest.peakMemoryMib() / allCores.get(Part.HALF).peakMemoryMib(),
        "x",
        "twice the corpus");
    figures.number(
        "peak_memory_mib",
        Stream.concat(allCores.values().stream(), Stream.of(fewPrompts))
            .mapToDouble(WholeRun::peakMemoryMib)
            .max()
            .orElseThrow(),
        "MiB",
        "all cores, the most");
  }

  private void memory(String key, Part part, String on, WholeRun run) {
    figures.number(key + part.key, run.peakMemoryMib(), "MiB", part.text + " of the corpus, " + on);
  }

  private static String key(String stage) {
    return stage.replaceAll("\\W", "_");
  }

  /** Draws the runs' seconds over the share of the corpus. */
  void plot(Path file) {
    CostCurve.write(points(allCores), cores, points(oneCore), file);
  }

  private static List<Point> points(Map<Part, WholeRun> runs) {
    return runs.entrySet().stream()
        .map(run -> new Point(run.getKey().share(), run.getValue().seconds()))
        .toList();
  }
}
