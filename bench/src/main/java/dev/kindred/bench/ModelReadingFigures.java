/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * How long the analyses take that read a model on a text and need no run: each token of the text
 * with its last 1, 2, 3, 5 and 10 tokens alone, a sample of 2,000 with up to 160 at their own
 * places and at the beginning, and the heads on the sequences that are drawn for them. With {@code
 * --quick} of a sixteenth of the text.
 */
final class ModelReadingFigures {
  private static final int QUICK_DIVISOR = 16;

  private final Figures figures;
  private final Options options;
  private final WorkFolder work;

  ModelReadingFigures(Figures figures, Options options, WorkFolder work) {
    this.figures = figures;
    this.options = options;
    this.work = work;
  }

  void run() {
    Path corpus = work.folder().resolve("read.txt");
    CorpusText.read(options.corpus).first(options.quick ? QUICK_DIVISOR : 1).write(corpus);
    figures.group("11. Locality and heads, all cores");
    add(
        "locality_every",
        "each token, its last 1, 2, 3, 5, 10",
        corpus,
        List.of("locality", "--every", "--places", "rebased", "--last", "1,2,3,5,10"));
    add("locality_sample", "2,000 tokens, up to 160", corpus, List.of("locality"));
    add("heads", "heads, without ablations", corpus, List.of("heads", "--ablate", "none"));
  }

  private void add(String key, String label, Path corpus, List<String> question) {
    System.err.println("bench: " + label);
    String model =
        options.model != null
            ? options.model
            : options.home().resolve("models/dickens-small").toString();
    List<String> command = new ArrayList<>(question);
    command.addAll(List.of("--model", model, "--corpus", corpus.toString()));
    WholeRun run = WholeRun.of(key, command, options, work);
    figures.number(key + "_seconds", run.seconds(), "s", label);
    figures.number(key + "_cpu_seconds", run.cpuSeconds(), "s", "  of all cores");
    figures.number(key + "_peak_memory_mib", run.peakMemoryMib(), "MiB", "  peak memory");
  }
}
