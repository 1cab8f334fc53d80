/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.causal;

import dev.kindred.ContentId;
import dev.kindred.InvalidInput;
import dev.kindred.causal.AskedModel;
import dev.kindred.causal.Choice;
import dev.kindred.causal.Datamodels;
import dev.kindred.causal.Explained;
import dev.kindred.causal.Groups;
import dev.kindred.causal.ModelRankings;
import dev.kindred.causal.OccurrenceShares;
import dev.kindred.causal.Ranking;
import dev.kindred.causal.Rankings;
import dev.kindred.causal.RemovalEffects;
import dev.kindred.causal.Retraining;
import dev.kindred.causal.Retrainings;
import dev.kindred.causal.TextUnits;
import dev.kindred.causal.TrainingText;
import dev.kindred.causal.UnitScores;
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
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Trains a model again and again without parts of its text. What has been chosen or trained is
 * kept, part by part, so that a study that was stopped goes on.
 */
public final class CausalStudy {
  /** Prompts whose evidence is held at once. */
  private static final int TOGETHER = 16;

  /** Pieces of the text, of which a task ranks one. */
  private static final int PIECES = 16;

  private final SparkSession spark;
  private final Progress progress;
  private final Warehouse warehouse;
  private final LocalExplain explain;
  private final ModelDirectory model;
  private final TrainingRecord record;
  private final CausalOptions options;
  private final String question;
  private TrainingText text; // once it is asked for

  /**
   * @param explain the run whose evidence is tested
   * @param record how its model was trained
   */
  public CausalStudy(
      Workspace workspace,
      Warehouse warehouse,
      LocalExplain explain,
      TrainingRecord record,
      CausalOptions options) {
    this.spark = workspace.spark();
    this.progress = workspace.progress();
    this.warehouse = warehouse;
    this.explain = explain;
    this.model = explain.model();
    this.record = record;
    this.options = options;
    this.question =
        new ContentId()
            .add(explain.corpusId())
            .add(explain.rule().toString())
            .add(options.settings().toString())
            .id("c");
  }

  /** Returns the name under which tables keep the answer. */
  public String question() {
    return question;
  }

  /** Returns a sentence that says how much there is to train. */
  public static String plan(CausalOptions options, TrainingRecord record) {
    int trainings = options.trainings(Choice.values().length);
    List<TrainingRecord.Evaluation> losses = record.losses();
    long seconds = losses.isEmpty() ? 0 : losses.get(losses.size() - 1).seconds();
    return String.format(
        Locale.ROOT,
        "%,d trainings of %,d steps each; the model itself took %s, so that they take about %s on as"
            + " many cores",
        trainings,
        record.recipe().steps(),
        Progress.text(Duration.ofSeconds(seconds)),
        Progress.text(Duration.ofSeconds(seconds * trainings)));
  }

  /** Does what is left of the study. */
  public void run() {
    if (options.study() == CausalOptions.Study.HALVES) {
      halves();
    } else {
      takenAway();
    }
  }

  private Part part(Table table, Object... more) {
    Object[] keys = new Object[2 + more.length];
    keys[0] = model.id();
    keys[1] = question;
    System.arraycopy(more, 0, keys, 2, more.length);
    return warehouse.part(table, keys);
  }

  private TrainingText text() {
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
      if (tokens.length != record.trainTokens() + record.validationTokens()) {
        throw new InvalidInput(
            "--warehouse %s: the run's corpus has %,d tokens, the text that the model was trained and"
                + " validated on %,d; run the model over that text (%s)",
            warehouse.root(),
            tokens.length,
            record.trainTokens() + record.validationTokens(),
            record.corpus());
      }

      text = TrainingText.of(tokens, record.trainTokens(), explain.strings());
    }

    return text;
  }

  private Broadcast<AskedModel> asked() {
    Map<String, float[]> weights =
        model.weights().read(tensors -> AskedModel.weights(model.blueprint(), tensors::floats));
    return JavaSparkContext.fromSparkContext(spark.sparkContext())
        .broadcast(AskedModel.of(record, weights, text().tokens()));
  }

  // ---- occurrences that are taken away

  private void takenAway() {
    Part chosen = part(Tables.REMOVED_OCCURRENCES);
    if (chosen.isComplete()) {
      progress.reused("occurrences", chosen);
    } else {
      progress.begin("occurrences");
      chosen.write(Tables.REMOVED_OCCURRENCES.rows(spark, chosen()));
      Stages.audit(warehouse, model.shape(), chosen);
      progress.end(chosen);
    }

    List<Row> rows = chosen.read().collectAsList();
    List<Explained> prompts = prompts(rows);
    train(trainings(rows), prompts);
    Part effects = part(Tables.REMOVAL_EFFECTS);
    if (!effects.isComplete()) {
      Map<Integer, Integer> groups = new HashMap<>();
      rows.forEach(row -> groups.put(row.getAs("prompt_id"), row.getAs("prompt_group")));
      effects.write(
          Tables.REMOVAL_EFFECTS.rows(
              spark, RemovalEffects.summarized(predictions(trainings(rows)), groups)));
      Stages.audit(warehouse, model.shape(), effects);
    }
  }

  /** Chooses prompts and, in every way, the occurrences that are taken away for them. */
  private List<Row> chosen() {
    int most = options.takenAway().get(options.takenAway().size() - 1);
    int wanted = options.prompts();
    Groups groups = new Groups(options.groups(), wanted / options.groups());
    int[] places = text().unseen(options.draw());
    Map<Explained, Integer> groupOf = new LinkedHashMap<>();
    Map<Integer, List<Ranking>> rankings = new HashMap<>();
    for (int from = 0; from < places.length && !groups.areFull(); from += TOGETHER) {
      int to = Math.min(places.length, from + TOGETHER);
      for (Found found : evidence(Arrays.copyOfRange(places, from, to), from)) {
        Explained prompt = found.prompt();
        Ranking ranking = Rankings.byEvidence(text(), prompt, found.shares(), most);
        int group = ranking.places().length < most ? -1 : groups.add(prompt.token());
        if (group >= 0) {
          groupOf.put(prompt, group);
          rankings.put(
              prompt.id(),
              new ArrayList<>(
                  List.of(
                      ranking,
                      Rankings.bySuffix(text(), prompt, most),
                      Rankings.drawn(text(), prompt, true, options.draw(), most),
                      Rankings.drawn(text(), prompt, false, options.draw(), most))));
        }
      }
    }

    if (!groups.areFull()) {
      throw new InvalidInput(
          "--explained %d: the validation text has only %d prompts with %,d occurrences of evidence"
              + " whose explained tokens differ within each of %d groups; ask for fewer, for more"
              + " groups, or take fewer occurrences away",
          wanted, groups.prompts(), most, options.groups());
    }

    List<Explained> prompts = List.copyOf(groupOf.keySet());
    List<Row> best =
        progress
            .counted(
                ModelRankings.bestOfPieces(spark, asked(), prompts, text().length(), most, PIECES),
                2. * prompts.size() * most * PIECES)
            .collectAsList();
    ModelRankings.merged(best, prompts, most)
        .forEach(ranking -> rankings.get(ranking.promptId()).add(ranking));
    List<Row> rows = new ArrayList<>();
    for (int number = 0; number < prompts.size(); number++) {
      Explained prompt = prompts.get(number);
      for (Ranking ranking : rankings.get(prompt.id())) {
        rows.add(row(ranking, number, prompt, groupOf.get(prompt)));
      }
    }

    return rows;
  }

  private static Row row(Ranking ranking, int number, Explained prompt, int group) {
    return Tables.REMOVED_OCCURRENCES.row(
        ranking.choice().text(),
        number,
        prompt.tokens(),
        prompt.token(),
        group,
        ranking.places(),
        ranking.scores());
  }

  /** A prompt with what occurrences add to its explained token. */
  private record Found(Explained prompt, OccurrenceShares shares) {}

  /** Explains the strings before some places; the model says which token each is asked about. */
  private List<Found> evidence(int[] places, int firstId) {
    Tokenizer tokenizer = Tokenizer.of(model.tokenizerJson());
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
              new Explained(firstId + i, places[i], prompts.get(i).tokenIds(), token),
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
  private static List<Explained> prompts(List<Row> rows) {
    Map<Integer, Explained> prompts = new TreeMap<>();
    for (Row row : rows) {
      int id = row.getAs("prompt_id");
      prompts.putIfAbsent(
          id,
          new Explained(
              id,
              -1,
              StoredVectors.ints(row, row.fieldIndex("token_ids")),
              row.getAs("explained_token")));
    }

    return List.copyOf(prompts.values());
  }

  /** All trainings, those on the whole text first: each of the others is compared with one. */
  private List<Retraining> trainings(List<Row> rows) {
    List<Retraining> trainings = new ArrayList<>();
    IntStream.range(0, options.wholeSeeds()).forEach(i -> trainings.add(Retraining.whole(seed(i))));
    for (int count : options.takenAway()) {
      for (Choice choice : Choice.values()) {
        for (int group = 0; group < options.groups(); group++) {
          int its = group;
          BitSet leftOut = new BitSet();
          rows.stream()
              .filter(row -> row.getAs("choice").equals(choice.text()))
              .filter(row -> row.<Integer>getAs("prompt_group") == its)
              .forEach(
                  row ->
                      Arrays.stream(StoredVectors.ints(row, row.fieldIndex("places")))
                          .limit(count)
                          .forEach(leftOut::set));
          for (int i = 0; i < options.seeds(); i++) {
            trainings.add(
                Retraining.without(
                    choice,
                    count,
                    group,
                    seed(i),
                    leftOut,
                    options.isBlanked() ? text().length() : 0));
          }
        }
      }
    }

    return trainings;
  }

  /** Seeds other than that of the model that is explained. */
  private long seed(int number) {
    return record.recipe().seed() + 1 + number;
  }

  // ---- halves

  private void halves() {
    Tokenizer tokenizer = Tokenizer.of(model.tokenizerJson());
    TextUnits units =
        TextUnits.of(text().tokens(), text().trainTokens(), options.units(), tokenizer::text);
    if (units.size() < 2) {
      throw new InvalidInput(
          "--study halves: the training text has no blank lines that part it into paragraphs");
    }

    progress.note("%,d units of the training text", units.size());
    Part scores = part(Tables.UNIT_SCORES);
    if (scores.isComplete()) {
      progress.reused("scores", scores);
    } else {
      progress.begin("scores");
      scores.write(Tables.UNIT_SCORES.rows(spark, scores(units)));
      Stages.audit(warehouse, model.shape(), scores);
      progress.end(scores);
    }

    List<Row> rows = scores.read().collectAsList();
    List<Retraining> trainings = new ArrayList<>();
    List<BitSet> halves = new ArrayList<>();
    for (int half = 0; half < options.halves(); half++) {
      halves.add(units.half(half, options.draw()));
      trainings.add(Retraining.half(half, seed(0), units.others(halves.get(half))));
    }

    for (int half = 0; half < options.again(); half++) {
      trainings.add(Retraining.half(half, seed(1), units.others(halves.get(half))));
    }

    train(trainings, prompts(rows));
    Part correlations = part(Tables.DATAMODEL_SCORES);
    if (!correlations.isComplete()) {
      correlations.write(
          Tables.DATAMODEL_SCORES.rows(
              spark,
              Datamodels.correlated(
                  predictions(trainings),
                  halves,
                  rows.stream().map(CausalStudy::unitScores).toList(),
                  seed(0))));
      Stages.audit(warehouse, model.shape(), correlations);
    }
  }

  private static UnitScores unitScores(Row row) {
    return new UnitScores(
        row.getAs("prompt_id"),
        row.getAs("score"),
        StoredVectors.doubles(row, row.fieldIndex("scores")));
  }

  private List<Row> scores(TextUnits units) {
    int[] drawn = text().unseen(options.draw());
    if (drawn.length < options.prompts()) {
      throw new InvalidInput(
          "--explained %d: the validation text has only %d strings that the training text has not",
          options.prompts(), drawn.length);
    }

    List<UnitScores> scores = new ArrayList<>();
    List<Explained> prompts = new ArrayList<>();
    for (int from = 0; from < options.prompts(); from += TOGETHER) {
      int to = Math.min(options.prompts(), from + TOGETHER);
      for (Found found : evidence(Arrays.copyOfRange(drawn, from, to), from)) {
        prompts.add(found.prompt());
        scores.addAll(
            UnitScores.byText(
                text(), units, found.prompt(), found.shares(), model.blocks().numbers()));
      }

      progress.count(to, 2. * options.prompts());
    }

    scores.addAll(
        UnitScores.byGradient(
            UnitScores.products(spark, asked(), prompts, units, PIECES).collectAsList(), prompts));
    return scores.stream()
        .map(
            score -> {
              Explained prompt = prompts.get(score.promptId());
              return Tables.UNIT_SCORES.row(
                  score.score(),
                  score.promptId(),
                  prompt.tokens(),
                  prompt.token(),
                  score.ofUnits());
            })
        .toList();
  }

  // ---- trainings

  /** Trains what is not there yet, as many at once as there are cores. */
  private void train(List<Retraining> trainings, List<Explained> prompts) {
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
      List<Part> written = new ArrayList<>();
      int atOnce = Math.max(1, spark.sparkContext().defaultParallelism());
      for (int from = 0; from < missing.size(); from += atOnce) {
        progress.count(from, missing.size());
        List<Retraining> wave = missing.subList(from, Math.min(missing.size(), from + atOnce));
        List<Row> predicted = Retrainings.predicted(spark, asked, wave, prompts).collectAsList();
        for (int i = 0; i < wave.size(); i++) {
          Part part = part(Tables.RETRAINED_PREDICTIONS, wave.get(i).name());
          part.write(
              Tables.RETRAINED_PREDICTIONS.rows(
                  spark, Retrainings.rows(predicted, i, wave.get(i), prompts)));
          written.add(part);
        }
      }

      Stages.audit(warehouse, model.shape(), written);
    }

    progress.end();
  }

  private List<Row> predictions(List<Retraining> trainings) {
    return trainings.stream()
        .flatMap(
            training ->
                part(Tables.RETRAINED_PREDICTIONS, training.name()).read().collectAsList().stream())
        .toList();
  }

  /** Returns what the study found, once it has run. */
  public List<Row> found() {
    return part(options.study() == CausalOptions.Study.HALVES
            ? Tables.DATAMODEL_SCORES
            : Tables.REMOVAL_EFFECTS)
        .read()
        .collectAsList();
  }
}
