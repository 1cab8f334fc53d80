/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.causal;

import dev.kindred.ContentId;
import dev.kindred.InvalidInput;
import dev.kindred.causal.AskedModel;
import dev.kindred.causal.Explained;
import dev.kindred.causal.OccurrenceShares;
import dev.kindred.causal.Retraining;
import dev.kindred.causal.Retrainings;
import dev.kindred.causal.TrainingText;
import dev.kindred.corpus.Prompt;
import dev.kindred.corpus.Tokenizer;
import dev.kindred.explanation.CorpusPlaces;
import dev.kindred.explanation.WholeEvidence;
import dev.kindred.jobs.explain.LocalExplain;
import dev.kindred.jobs.run.Stages;
import dev.kindred.jobs.workspace.Progress;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Part;
import dev.kindred.table.StoredVectors;
import dev.kindred.table.Table;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import dev.kindred.training.TrainingRecord;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * The run whose evidence is tested, and how its model is trained again. What has been trained is
 * kept, part by part.
 */
final class CausalRun {
  /** Prompts whose evidence is held at once. */
  static final int TOGETHER = 16;

  /** Pieces of the text, each the work of a task; they change nothing. */
  static final int PIECES = 16;

  private static final int SHA256_BYTES = 32;

  private final SparkSession spark;
  private final Progress progress;
  private final Warehouse warehouse;
  private final LocalExplain explain;
  private final TrainingRecord record;
  private final String question;
  private TrainingText text; // once it is asked for

  CausalRun(
      Workspace workspace,
      Warehouse warehouse,
      LocalExplain explain,
      TrainingRecord record,
      String question) {
    this.spark = workspace.spark();
    this.progress = workspace.progress();
    this.warehouse = warehouse;
    this.explain = explain;
    this.record = record;
    this.question = question;
  }

  SparkSession spark() {
    return spark;
  }

  Progress progress() {
    return progress;
  }

  ModelDirectory model() {
    return explain.model();
  }

  String question() {
    return question;
  }

  /** Returns a table's part that has the study's answer. */
  Part part(Table table, Object... more) {
    Object[] keys = new Object[2 + more.length];
    keys[0] = model().id();
    keys[1] = question;
    System.arraycopy(more, 0, keys, 2, more.length);
    return warehouse.part(table, keys);
  }

  /** Writes a part, unless it is there, and audits it. */
  void write(String step, Part part, Supplier<Dataset<Row>> rows) {
    if (part.isComplete()) {
      progress.reused(step, part);
    } else {
      progress.begin(step);
      part.write(rows.get());
      Stages.audit(warehouse, model().shape(), part);
      progress.end(part);
    }
  }

  /**
   * Returns the text with its strings.
   *
   * @throws InvalidInput if the run's corpus is not what the model was trained on
   */
  TrainingText text() {
    if (text == null) {
      CorpusPlaces places =
          explain
              .places()
              .orElseThrow(
                  () ->
                      new InvalidInput(
                          "--warehouse %s: keeps no text of the run's corpus; run it once more",
                          warehouse.root()));
      int[] tokens = places.tokens();
      if (!isOfTraining(tokens)) {
        throw new InvalidInput(
            "--warehouse %s: the run's corpus is not the text that the model was trained and"
                + " validated on, which has %,d tokens; run the model over that text (%s)",
            warehouse.root(), record.trainTokens() + record.validationTokens(), record.corpus());
      }

      text = TrainingText.of(tokens, record.trainTokens(), explain.strings());
    }

    return text;
  }

  /** Whether tokens, and the text that they stand for, are those of the training. */
  private boolean isOfTraining(int[] tokens) {
    String corpus = Tokenizer.of(model().tokenizerJson()).text(tokens);
    return tokens.length == record.trainTokens() + record.validationTokens()
        && HexFormat.of()
            .formatHex(new ContentId().add(corpus).hash(SHA256_BYTES))
            .equals(record.corpusSha256());
  }

  /** Sends the model and its text to the executors. */
  Broadcast<AskedModel> asked() {
    Map<String, float[]> weights =
        model().weights().read(tensors -> AskedModel.weights(model().blueprint(), tensors::floats));
    return JavaSparkContext.fromSparkContext(spark.sparkContext())
        .broadcast(AskedModel.of(record, weights, text().tokens()));
  }

  /** A prompt with what occurrences add to its explained token. */
  record Found(Explained prompt, OccurrenceShares shares) {}

  /** Explains the strings before some places; the model says which token each is asked about. */
  List<Found> evidence(int[] places, int firstId) {
    Tokenizer tokenizer = Tokenizer.of(model().tokenizerJson());
    List<Prompt> prompts =
        Arrays.stream(places)
            .mapToObj(place -> text().tokensBefore(place))
            .map(tokens -> new Prompt(tokenizer.text(tokens), tokens))
            .toList();
    List<WholeEvidence> evidence = explain.whole(prompts);
    List<Found> found = new ArrayList<>();
    for (int i = 0; i < places.length; i++) {
      int token = evidence.get(i).model().top(1)[0];
      found.add(
          new Found(
              new Explained(firstId + i, prompts.get(i).tokenIds(), token),
              new OccurrenceShares(
                  explain.rule(),
                  explain.frequencies(),
                  evidence.get(i),
                  explain.strings().size(),
                  token)));
    }

    return found;
  }

  /** The prompts that a table names, in the order of their ids. */
  static List<Explained> prompts(List<Row> rows) {
    Map<Integer, Explained> prompts = new TreeMap<>();
    for (Row row : rows) {
      int id = row.getAs("prompt_id");
      prompts.putIfAbsent(
          id,
          new Explained(
              id,
              StoredVectors.ints(row, row.fieldIndex("token_ids")),
              row.getAs("explained_token")));
    }

    return List.copyOf(prompts.values());
  }

  /** Seeds other than that of the model that is explained. */
  long seed(int number) {
    return record.recipe().seed() + 1 + number;
  }

  /** Trains what is not there yet, as many at once as there are cores. */
  void train(List<Retraining> trainings, List<Explained> prompts) {
    List<Retraining> missing =
        trainings.stream()
            .filter(training -> !part(Tables.RETRAINED_PREDICTIONS, training.name()).isComplete())
            .toList();
    progress.begin("trainings");
    if (missing.size() < trainings.size()) {
      progress.note(
          "goes on: %,d of %,d are there", trainings.size() - missing.size(), trainings.size());
    }

    if (!missing.isEmpty()) {
      Broadcast<AskedModel> asked = asked();
      int atOnce = Math.max(1, spark.sparkContext().defaultParallelism());
      for (int from = 0; from < missing.size(); from += atOnce) {
        progress.count(from, missing.size());
        List<Retraining> wave = missing.subList(from, Math.min(missing.size(), from + atOnce));
        List<Part> written = new ArrayList<>();
        List<Row> predicted = Retrainings.predicted(spark, asked, wave, prompts).collectAsList();
        for (int i = 0; i < wave.size(); i++) {
          Part part = part(Tables.RETRAINED_PREDICTIONS, wave.get(i).name());
          part.write(
              Tables.RETRAINED_PREDICTIONS.rows(
                  spark, Retrainings.rows(predicted, i, wave.get(i), prompts)));
          written.add(part);
        }

        Stages.audit(warehouse, model().shape(), written);
      }
    }

    progress.end();
  }

  /** Returns what trainings predict. */
  List<Row> predictions(List<Retraining> trainings) {
    return trainings.stream()
        .flatMap(
            training ->
                part(Tables.RETRAINED_PREDICTIONS, training.name()).read().collectAsList().stream())
        .toList();
  }
}
