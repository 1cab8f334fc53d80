/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import dev.kindred.baseline.NGramFit;
import dev.kindred.corpus.CorpusSketch;
import dev.kindred.model.LanguageModel;
import dev.kindred.model.LoadedModels;
import dev.kindred.model.ModelShape;
import dev.kindred.similarity.SimilarStrings;
import dev.kindred.similarity.SimilarityBins;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.time.Duration;
import java.util.Locale;
import org.apache.spark.sql.SparkSession;

/** What a run would take, before it is run: stage by stage, from a calibration of some seconds. */
final class Plan {
  private final SparkSession spark;
  private final Progress progress;
  private final Settings settings;
  private final Experiment.Inputs inputs;

  Plan(SparkSession spark, Progress progress, Settings settings, Experiment experiment) {
    this.spark = spark;
    this.progress = progress;
    this.settings = settings;
    this.inputs = experiment.inputs();
  }

  /** Measures and estimates; returns what the terminal shows. */
  String text() {
    ModelShape shape = inputs.model().shape();
    LanguageModel model = LoadedModels.get(inputs.model());
    progress.begin("corpus sketch");
    CorpusSketch sketch =
        CorpusSketch.of(inputs.corpus(), inputs.model().tokenizerJson(), settings.windowLength());
    progress.end();
    progress.begin("calibration");
    Estimate.Rates rates =
        new Calibration(spark, inputs.warehouse(), inputs.model())
            .rates(sketch.sample(), joins(shape));
    progress.end();

    Estimate.Reused reused = inputs.reused();
    Warehouse.Part windowsPart = inputs.warehouse().part(Tables.WINDOWS, inputs.corpusId());
    long windows = reused.windows() ? windowsPart.read().count() : sketch.windows();
    long[] prefixes = sketch.prefixes();
    long[] nodes = Estimate.nodes(prefixes, settings.windowsInFlight());
    long[] promptNodes = Estimate.prefixesOf(prefixes, inputs.prompts());
    Estimate.Work work =
        new Estimate.Work(
            inputs.occurrences(),
            windows,
            model.operations(nodes),
            inputs.prompts(),
            model.operations(promptNodes),
            model.operations(Estimate.prefixesOf(prefixes, NGramFit.WINDOWS)),
            inputs.alternates().size());
    DiskNeed disk =
        DiskNeed.of(windows, inputs.prompts(), work.alternates(), shape, settings.keepSimilar())
            .without(reused);
    Estimate estimate = Estimate.of(work, rates, shape, disk, reused);
    boolean isExact = reused.windows() || sketch.error() == 0;
    return new PlanText(
            work,
            rates,
            estimate,
            TaskNeed.ofModel(settings, model),
            TaskNeed.ofJoin(settings, shape, windows, inputs.prompts()),
            isExact ? 0 : sketch.error(),
            settings.keepSimilar() == Integer.MAX_VALUE,
            inputs.warehouse().freeBytes())
        .text();
  }

  private SimilarStrings.Settings[] joins(ModelShape shape) {
    double[] thresholds = inputs.thresholds();
    SimilarStrings.Settings[] joins = new SimilarStrings.Settings[thresholds.length];
    for (int block = 0; block < joins.length; block++) {
      joins[block] =
          new SimilarStrings.Settings(
              SimilarityBins.above(thresholds[block]),
              settings.keepSimilar(),
              shape.vocabularySize(),
              settings.kernel(),
              settings.prefixAxes());
    }

    return joins;
  }

  /**
   * A plan as text of at most 100 columns, and a last line for scripts.
   *
   * @param error of the number of windows, relative; 0 if it is exact
   * @param keepsAll whether all similar strings are kept
   * @param freeBytes on the warehouse's disk
   */
  record PlanText(
      Estimate.Work work,
      Estimate.Rates rates,
      Estimate estimate,
      TaskNeed modelTask,
      TaskNeed joinTask,
      double error,
      boolean keepsAll,
      long freeBytes) {

    String text() {
      StringBuilder text = new StringBuilder("\n");
      line(
          text,
          "%s%,d distinct windows%s in %,d places; %,d prompts",
          error > 0 ? "about " : "",
          work.windows(),
          error > 0 ? String.format(Locale.ROOT, " (+- %.0f %%)", 200 * error) : "",
          work.occurrences(),
          work.prompts());
      line(
          text,
          "%.2e pairs in each of %d blocks",
          (double) work.windows() * work.prompts(),
          rates.secondsPerPair().length);
      line(
          text,
          "%d cores: model %.0f GFLOP/s, join %.2f ns a pair and core, write %.0f, read %.0f MB/s",
          rates.cores(),
          rates.operationsPerSecond() / 1e9,
          1e9 * java.util.Arrays.stream(rates.secondsPerPair()).average().orElse(0),
          rates.writtenPerSecond() / 1e6,
          rates.readPerSecond() / 1e6);
      text.append('\n');
      line(
          text,
          "%-15s %9s %12s %12s %12s %12s",
          "stage",
          "FLOP",
          "heap a task",
          "native",
          "disk",
          "time about");
      for (Estimate.Stage stage : estimate.stages()) {
        line(text, stage);
      }

      line(text, estimate.total());
      text.append('\n');
      line(
          text,
          "Disk is an upper bound; %s are free. Memory is what a task fills at most.",
          bytes(freeBytes));
      if (keepsAll) {
        line(text, "Disk is without similar_strings, which has no bound with keep-similar all.");
      }

      line(
          text,
          "FLOP of what is drawn is an upper bound. Windows, evaluation and audit go by constants,");
      line(text, "the other times by what was measured, for cores with nothing else to do.");
      if (freeBytes < estimate.total().diskBytes()) {
        line(
            text,
            "The warehouse's disk is too small: the command run would stop before the stage that does"
                + " not fit.");
      }

      line(
          text,
          "kindred: plan windows=%d flop=%.3e disk_bytes=%d seconds=%.0f",
          work.windows(),
          estimate.total().operations(),
          estimate.total().diskBytes(),
          estimate.total().seconds());
      return text.toString();
    }

    private void line(StringBuilder text, Estimate.Stage stage) {
      if (stage.reused()) {
        line(text, "%-15s reused: its tables are there", stage.name());
        return;
      }

      TaskNeed task =
          switch (stage.name()) {
            case "activations", "predictions", "fitting windows", "noise floor" -> modelTask;
            case "join" -> joinTask;
            default -> null;
          };
      line(
          text,
          "%-15s %9s %12s %12s %12s %12s",
          stage.name(),
          stage.operations() == 0 ? "-" : String.format(Locale.ROOT, "%.2e", stage.operations()),
          task == null ? "-" : bytes(task.heapBytes()),
          task == null || task.engineBytes() == 0 ? "-" : bytes(task.engineBytes()),
          stage.diskBytes() == 0 ? "-" : bytes(stage.diskBytes()),
          Progress.text(Duration.ofMillis(Math.round(1000 * stage.seconds()))));
    }

    private static String bytes(long bytes) {
      return bytes >= 1e9
          ? String.format(Locale.ROOT, "%.1f GB", bytes / 1e9)
          : String.format(Locale.ROOT, "%.0f MB", Math.ceil(bytes / 1e6));
    }

    private static void line(StringBuilder text, String format, Object... values) {
      text.append(String.format(Locale.ROOT, format, values)).append('\n');
    }
  }
}
