/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** How the cost of the whole run grows with the corpus, and shrinks with cores. */
final class WholeRuns {

  /** Parts of the corpus: its beginning. */
  enum Part {
    SIXTEENTH(16, "1_16", "1/16"),
    QUARTER(4, "1_4", "1/4"),
    ALL(1, "1", "all");

    private final int divisor;
    private final String key;
    private final String text;

    Part(int divisor, String key, String text) {
      this.divisor = divisor;
      this.key = key;
      this.text = text;
    }

    double share() {
      return 1.0 / divisor;
    }

    private boolean isLargest(boolean quick) {
      return this == (quick ? SIXTEENTH : ALL);
    }
  }

  private final Figures figures;
  private final Options options;
  private final WorkFolder work;
  private final CorpusText corpus;
  private final Map<Part, WholeRun> allCores = new LinkedHashMap<>();
  private final Map<Part, WholeRun> oneCore = new LinkedHashMap<>();

  WholeRuns(Figures figures, Options options, WorkFolder work) {
    this.figures = figures;
    this.options = options;
    this.work = work;
    this.corpus = CorpusText.read(options.corpus);
  }

  /**
   * Runs everything.
   *
   * @return the warehouse of the run on the largest part with all cores; those of the others are
   *     deleted
   */
  Path run() {
    Path kept = null;
    for (Part part : Part.values()) {
      boolean largest = part.isLargest(options.quick);
      if (options.quick && !largest) {
        continue;
      }

      Path text = work.folder().resolve("corpus-" + part.key + ".txt");
      corpus.writeFirst(part.divisor, text);
      if (Machine.cores() > 1 && (part != Part.ALL || options.oneCoreAll)) {
        Path warehouse = work.folder().resolve("one-core-" + part.key);
        oneCore.put(part, run(part, 1, text, warehouse));
        work.delete(warehouse);
      }

      Path warehouse = work.folder().resolve("warehouse-" + part.key);
      allCores.put(part, run(part, Machine.cores(), text, warehouse));
      if (largest) {
        kept = warehouse;
      } else {
        work.delete(warehouse);
      }
    }

    return kept;
  }

  private WholeRun run(Part part, int cores, Path text, Path warehouse) {
    System.err.printf("bench: whole run, %s of the corpus, cores: %d%n", part.text, cores);
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("--corpus", text.toString(), "--corpus-format", "text"));
    arguments.addAll(List.of("--prompts", Integer.toString(options.prompts())));
    arguments.addAll(List.of("--warehouse", warehouse.toString()));
    if (options.model != null) {
      arguments.addAll(List.of("--model", Path.of(options.model).toAbsolutePath().toString()));
    }

    WholeRun run = WholeRun.start(options.home(), cores, arguments);
    System.err.printf("bench: took %.1f s%n", run.seconds());
    return run;
  }

  /** Adds the figures of {@link #run}. */
  void addFigures() {
    figures.group(
        "4. The whole run, %,d prompts, from start to end of the process"
            .formatted(options.prompts()));
    allCores.forEach((part, run) -> add("run_", part, Machine.cores(), run));
    oneCore.forEach((part, run) -> add("run_one_core_", part, 1, run));
    figures.note("  growth");
    growth("run_corpus_times_4_costs_from_1_16", Part.SIXTEENTH, Part.QUARTER);
    growth("run_corpus_times_4_costs_from_1_4", Part.QUARTER, Part.ALL);
    if (allCores.containsKey(Part.QUARTER) && allCores.containsKey(Part.ALL)) {
      figures.number(
          "run_corpus_times_2_costs",
          Math.sqrt(ratio(Part.QUARTER, Part.ALL)),
          "x",
          "  twice the corpus costs");
    }

    oneCore.forEach(
        (part, run) ->
            figures.number(
                "run_all_cores_over_one_corpus_" + part.key,
                run.seconds() / allCores.get(part).seconds(),
                "x",
                "  all cores over one, " + part.text));
    figures.group("5. Peak memory of whole runs (resident; heap: 2 GiB a core)");
    allCores.forEach((part, run) -> memory("run_peak_memory_mib_corpus_", part, "all cores", run));
    oneCore.forEach(
        (part, run) -> memory("run_one_core_peak_memory_mib_corpus_", part, "one core", run));
    figures.number(
        "peak_memory_mib",
        allCores.values().stream().mapToDouble(WholeRun::peakMemoryMib).max().orElseThrow(),
        "MiB",
        "all cores, the most");
  }

  private void add(String prefix, Part part, int cores, WholeRun run) {
    figures.note("  %s of the corpus, cores: %d".formatted(part.text, cores));
    run.stageSeconds()
        .forEach(
            (stage, seconds) ->
                figures.number(
                    prefix + stage.replace(' ', '_') + "_seconds_corpus_" + part.key,
                    seconds,
                    "s",
                    "  " + stage));
    figures.number(prefix + "seconds_corpus_" + part.key, run.seconds(), "s", "  whole run");
  }

  private void growth(String key, Part less, Part more) {
    if (allCores.containsKey(less) && allCores.containsKey(more)) {
      figures.number(
          key, ratio(less, more), "x", "  four times the corpus costs, from " + less.text);
    }
  }

  private double ratio(Part less, Part more) {
    return allCores.get(more).seconds() / allCores.get(less).seconds();
  }

  private void memory(String key, Part part, String cores, WholeRun run) {
    figures.number(
        key + part.key, run.peakMemoryMib(), "MiB", part.text + " of the corpus, " + cores);
  }

  Map<Part, WholeRun> onAllCores() {
    return allCores;
  }

  Map<Part, WholeRun> onOneCore() {
    return oneCore;
  }
}
