/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import static org.apache.spark.sql.functions.col;

import dev.kindred.InvalidInput;
import dev.kindred.corpus.Prompt;
import dev.kindred.corpus.Prompts;
import dev.kindred.expansion.PathExpansion;
import dev.kindred.expansion.PathExpansions;
import dev.kindred.expansion.PathExpansions.Question;
import dev.kindred.expansion.ValueBiases;
import dev.kindred.jobs.option.GivenPrompts;
import dev.kindred.jobs.option.Values;
import dev.kindred.jobs.report.Findings;
import dev.kindred.jobs.report.Findings.Column;
import dev.kindred.jobs.report.Findings.Element;
import dev.kindred.jobs.report.Findings.Grid;
import dev.kindred.jobs.report.Findings.Note;
import dev.kindred.jobs.run.Stages;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Part;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Expands predictions of texts into paths through heads. */
@Command(
    name = "expand",
    description =
        "Says how much the predictions of given texts lose without paths through several heads, one"
            + " after another: patterns of attention, what norms divide by and what feed-forward"
            + " networks add are kept as they are. Table term_losses.",
    footer = {
      "kindred expand 'She said that it was not' --model models/dickens-small",
      "kindred expand --prompts texts.txt --model models/llama-shakespeare"
    })
final class ExpandCommand extends ModelAnalysisCommand {
  private static final String STEP = "path expansion";
  private static final int TASKS_PER_CORE = 8;

  @Mixin private GivenPrompts given;

  @Option(
      names = "--value-biases",
      paramLabel = "folded|literal",
      converter = Biases.class,
      defaultValue = "folded",
      description =
          "where it counts what a head adds whatever it reads: folded, in order 0, or literal, with"
              + " the head (${DEFAULT-VALUE})")
  private ValueBiases biases;

  private Workspace workspace;
  private Question question;

  /** Where value biases count. */
  static final class Biases extends Values.OneOf<ValueBiases> {
    Biases() {
      super(ValueBiases.class);
    }
  }

  @Override
  void check(Workspace opened, String uri) {
    workspace = opened;
  }

  @Override
  void checkOptions(ModelDirectory directory) {
    PathExpansion.check(
        "--model " + directory.uri(), directory.blueprint().hooks(), directory.shape().blocks());
    List<Prompt> prompts =
        given.read(
            directory.tokenizerJson(),
            Prompts.Lengths.upTo(directory.contextLength()),
            workspace.hadoop());
    List<int[]> sequences = new ArrayList<>();
    for (Prompt prompt : prompts) {
      int[] read = directory.input(prompt.tokenIds());
      if (read.length < 2) {
        throw new InvalidInput(
            "prompt %d: has one token, so that none is predicted from another; give a longer one",
            sequences.size() + 1);
      }

      sequences.add(read);
    }

    question = new Question(sequences, biases);
    int longest = sequences.stream().mapToInt(ids -> ids.length).max().orElseThrow();
    Stages.checkHeap(
        workspace.spark().sparkContext(),
        String.format(Locale.ROOT, "a text of %,d tokens", longest),
        PathExpansion.heapBytes(directory.blueprint(), longest),
        "shorter texts, or more heap");
  }

  @Override
  Findings find(Workspace opened, Warehouse tables, ModelDirectory directory) {
    Part part = tables.part(Tables.TERM_LOSSES, directory.id(), question.key());
    if (part.isComplete()) {
      workspace.progress().reused(STEP, part);
    } else {
      workspace.progress().begin(STEP);
      fill(part, directory);
      Stages.audit(tables, directory.shape(), part);
      workspace.progress().end(part);
    }

    return new Findings("", elements(part.read(), directory.blueprint().hasNetworks()), List.of());
  }

  private void fill(Part part, ModelDirectory directory) {
    SparkSession spark = workspace.spark();
    int sequences = question.sequences().size();
    int tasks = Math.min(sequences, TASKS_PER_CORE * spark.sparkContext().defaultParallelism());
    List<Row> expanded =
        workspace
            .progress()
            .counted(
                PathExpansions.expanded(spark, directory.onExecutors(spark), question, tasks),
                sequences)
            .collectAsList();
    part.write(Tables.TERM_LOSSES.rows(spark, PathExpansions.summarized(expanded, question)));
  }

  private List<Element> elements(Dataset<Row> losses, boolean hasNetworks) {
    List<Findings.Row> rows = new ArrayList<>();
    double modelLoss = 0;
    long predictions = 0;
    for (Row row :
        losses
            .orderBy(col("path_order"))
            .select(
                "path_order",
                "loss",
                "loss_low",
                "loss_high",
                "marginal",
                "marginal_low",
                "marginal_high",
                "model_loss",
                "predictions")
            .collectAsList()) {
      rows.add(
          Findings.Row.of(
              String.valueOf(row.getInt(0)),
              String.format(Locale.ROOT, "%.4f", row.getDouble(1)),
              interval(row, 2),
              row.isNullAt(4) ? "-" : String.format(Locale.ROOT, "%.4f", row.getDouble(4)),
              row.isNullAt(4) ? "-" : interval(row, 5)));
      modelLoss = row.getDouble(7);
      predictions = row.getLong(8);
    }

    return List.of(
        Note.everywhere(
            String.format(
                Locale.ROOT,
                "Loss of %,d predictions of %,d texts by the sum of paths through at most so many"
                    + " heads, in nats; in brackets, 95 %% intervals over texts. Of the model: %.4f."
                    + " Kept as the model has them: patterns, what norms divide by%s.",
                predictions,
                question.sequences().size(),
                modelLoss,
                hasNetworks
                    ? ", and what feed-forward networks add, which is an input of order 0"
                    : "")),
        new Grid(
            "Loss by the longest paths",
            "heads",
            List.of(
                Column.of("loss"),
                Column.of("interval"),
                Column.of("less than before by"),
                Column.of("interval")),
            rows));
  }

  private static String interval(Row row, int low) {
    return String.format(Locale.ROOT, "(%.4f to %.4f)", row.getDouble(low), row.getDouble(low + 1));
  }

  @Override
  String lastLine() {
    return "kindred: question=" + question.key();
  }
}
