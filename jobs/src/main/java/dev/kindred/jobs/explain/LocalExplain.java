/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.explain;

import dev.kindred.activation.MappedVectors;
import dev.kindred.corpus.Prompt;
import dev.kindred.explanation.BinnedEvidence;
import dev.kindred.explanation.CorpusPlaces;
import dev.kindred.explanation.CorpusStrings;
import dev.kindred.explanation.Explanation;
import dev.kindred.explanation.LocalExplanations;
import dev.kindred.explanation.Places;
import dev.kindred.explanation.Ranks;
import dev.kindred.explanation.WholeEvidence;
import dev.kindred.jobs.report.Explained;
import dev.kindred.jobs.report.ShadedPrompt;
import dev.kindred.jobs.run.Stages;
import dev.kindred.jobs.workspace.LocalCores;
import dev.kindred.model.files.LoadedModels;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.prediction.Rule;
import dev.kindred.prediction.TokenFrequencies;
import dev.kindred.prediction.WeightedCounts;
import dev.kindred.table.LocalColumns;
import dev.kindred.table.Part;
import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.LongConsumer;
import org.apache.spark.SparkConf;

/**
 * Answers what {@link Explain} answers, bit for bit, in this process and without Spark. What is
 * opened once serves any number of questions.
 */
public final class LocalExplain implements AutoCloseable {
  /** What reading strings takes at most, in multiples of what they take then. */
  private static final int GROWTH = 3;

  private final Explain explain;
  private final LocalExplanations explanations;
  private final Ranks ranks;
  private final Optional<CorpusPlaces> places;
  private final ExecutorService threads;
  private final int cores;
  private final long bytes; // of the vectors' files
  private final TokenFrequencies frequencies; // null where the rule does not use them

  private LocalExplain(
      Explain explain,
      LocalExplanations explanations,
      Ranks ranks,
      Optional<CorpusPlaces> places,
      ExecutorService threads,
      int cores) {
    this.explain = explain;
    this.explanations = explanations;
    this.ranks = ranks;
    this.places = places;
    this.threads = threads;
    this.cores = cores;
    this.bytes = explain.activations().bytes();
    this.frequencies =
        explain.rule().usesFrequencies()
            ? explanations.strings().frequencies(explain.model().shape().vocabularySize())
            : null;
  }

  /**
   * Opens what questions are answered from: strings and places are read, vectors are mapped.
   *
   * @return none where Spark is needed: the files are not all on this machine's disks, {@code
   *     spark.master} names a cluster, the model has to be evaluated for each question, vectors are
   *     centred, or the heap does not take the corpus's strings
   */
  public static Optional<LocalExplain> open(Explain explain) {
    OptionalInt cores = LocalCores.of(new SparkConf());
    if (cores.isEmpty() || explain.needsSpark()) {
      return Optional.empty();
    }

    Stages.check(explain.activations(), "the command activations");
    Part windows = explain.warehouse().part(Tables.WINDOWS, explain.corpusId());
    if (CorpusStrings.bytes(windows.rows(), explain.windowLength()) * GROWTH
        > Runtime.getRuntime().maxMemory()) {
      return Optional.empty();
    }

    ExecutorService threads = threads(cores.getAsInt());
    try {
      // All at once, the longest first.
      Future<?> model = threads.submit(() -> LoadedModels.get(explain.model()));
      Future<CorpusStrings> strings = threads.submit(() -> CorpusStrings.read(windows));
      Future<Optional<CorpusPlaces>> places = threads.submit(() -> places(explain));
      Future<Ranks> ranks = threads.submit(() -> ranks(explain));
      List<Future<Optional<MappedVectors>>> mapping = new ArrayList<>();
      for (int block : explain.model().blocks().numbers()) {
        mapping.add(
            threads.submit(
                () ->
                    LocalExplanations.vectors(
                        explain.warehouse(), explain.model(), explain.corpusId(), block)));
      }

      List<MappedVectors> blocks = new ArrayList<>();
      for (Future<Optional<MappedVectors>> mapped : mapping) {
        mapped.get().ifPresent(blocks::add);
      }

      model.get();
      if (blocks.size() == mapping.size()) {
        return Optional.of(
            new LocalExplain(
                explain,
                LocalExplanations.of(explain.model(), strings.get(), blocks),
                ranks.get(),
                places.get(),
                threads,
                cores.getAsInt()));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while files were read", e);
    } catch (ExecutionException e) {
      threads.shutdownNow();
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }

      throw new IllegalStateException(e.getCause());
    }

    threads.shutdownNow();
    return Optional.empty();
  }

  private static ExecutorService threads(int count) {
    return Executors.newFixedThreadPool(
        count,
        work -> {
          Thread thread = new Thread(work, "kindred-join");
          thread.setDaemon(true);
          return thread;
        });
  }

  private static Optional<CorpusPlaces> places(Explain explain) {
    return explain
        .places()
        .map(
            kept ->
                CorpusPlaces.read(
                    explain.warehouse(),
                    explain.corpusId(),
                    kept,
                    explain.windowLength(),
                    explain.model().tokenizerJson()));
  }

  private static Ranks ranks(Explain explain) {
    return explain
        .ranked()
        .map(run -> ranks(explain.warehouse().part(Tables.DISTANCES, run.runId())))
        .orElse(Ranks.none());
  }

  private static Ranks ranks(Part distances) {
    LocalColumns read = LocalColumns.read(distances, "hellinger", "hellinger_leave_one_out");
    return Ranks.of(read.doubles("hellinger"), read.doubles("hellinger_leave_one_out"));
  }

  /**
   * Explains prompts that {@link Explain#fitted} has checked.
   *
   * @param strings similar strings that are shown of a block, at most
   * @param shades whether tokens are shaded
   * @param compared takes numbers of vectors that were compared with all prompts, from any thread
   */
  public Explained explain(
      List<Prompt> given, int strings, Explain.Shades shades, LongConsumer compared) {
    long start = System.nanoTime();
    List<Explanation> found =
        explanations.of(given, explain.settings(frequencies, strings), ranks, work(compared));
    List<Explanation> placed =
        places.map(corpus -> Places.in(found, corpus, Explain.MOST_PLACES)).orElse(found);
    Explained.Read read =
        new Explained.Read(
            strings().size(),
            model().blocks().numbers().size(),
            vectors(),
            bytes,
            (System.nanoTime() - start) / 1e9);
    return explain.explained(given, ranks, places.isPresent(), read, placed, shades);
  }

  private LocalExplanations.Work work(LongConsumer compared) {
    return new LocalExplanations.Work(
        explain.join().kernel(),
        explain.join().prefixAxes(),
        explain.batchSize(),
        threads,
        cores,
        compared);
  }

  /** Returns what the prediction and the blocks' vectors of each prompt hang on. */
  public List<ShadedPrompt> shadings(List<Prompt> prompts) {
    return explain.shadings(prompts);
  }

  /**
   * Returns a prompt's evidence by similarity.
   *
   * @return none where the rule has rings: it has no thresholds and weights to be changed
   */
  public Optional<BinnedEvidence> bins(Prompt prompt) {
    return explain.rule() instanceof WeightedCounts counts
        ? Optional.of(explanations.bins(prompt, counts, work(compared -> {})))
        : Optional.empty();
  }

  /**
   * Returns all evidence for some prompts, which are as long as the strings.
   *
   * @param prompts few: all of their similar strings are held
   */
  public List<WholeEvidence> whole(List<Prompt> prompts) {
    return explanations.whole(prompts, explain.rule(), work(compared -> {}));
  }

  /** Returns how strings are evidence. */
  public Rule rule() {
    return explain.rule();
  }

  /** Returns the frequencies of the corpus's tokens; null where the rule does not use them. */
  public TokenFrequencies frequencies() {
    return frequencies;
  }

  /** Returns the id of the corpus that prompts are compared with. */
  public String corpusId() {
    return explain.corpusId();
  }

  /** Whether a prompt's evidence by similarity can be asked for. */
  public boolean hasBins() {
    return explain.rule() instanceof WeightedCounts;
  }

  /** Returns the model. */
  public ModelDirectory model() {
    return explain.model();
  }

  /** Returns the corpus's strings. */
  public CorpusStrings strings() {
    return explanations.strings();
  }

  /** Returns how many vectors a question is compared with. */
  public long vectors() {
    return explanations.vectors();
  }

  /** Returns the corpus's text by places, where a run has kept it. */
  public Optional<CorpusPlaces> places() {
    return places;
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
