/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.ContentId;
import dev.kindred.InvalidInput;
import dev.kindred.corpus.Passages;
import dev.kindred.jobs.run.CorpusInput;
import dev.kindred.jobs.run.Stages;
import dev.kindred.jobs.run.TaskMemory;
import dev.kindred.jobs.workspace.Progress;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.locality.Localities;
import dev.kindred.locality.LocalityQuestion;
import dev.kindred.locality.Means;
import dev.kindred.locality.PrefixEffect;
import dev.kindred.locality.Protocol;
import dev.kindred.model.LanguageModel;
import dev.kindred.model.files.LoadedModels;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Part;
import dev.kindred.table.Table;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.storage.StorageLevel;
import org.apache.spark.util.LongAccumulator;

/** The tables of how far a model looks back in a corpus; one that is complete is left as it is. */
final class LocalityTables {
  private static final int TASKS_PER_CORE = 4;

  private final SparkSession spark;
  private final Progress progress;
  private final Warehouse warehouse;
  private final ModelDirectory model;
  private final LocalityQuestion question;
  private final CorpusInput corpus;
  private final String key;
  private Dataset<Row> texts; // when first asked for
  private List<Long> drawn; // positions of texts, in the order in which they are taken

  LocalityTables(
      Workspace workspace,
      Warehouse warehouse,
      ModelDirectory model,
      CorpusInput corpus,
      LocalityQuestion question) {
    this.spark = workspace.spark();
    this.progress = workspace.progress();
    this.warehouse = warehouse;
    this.model = model;
    this.question = question;
    this.corpus = corpus;
    this.key = question.key(corpus.id());
  }

  /** Returns the name under which tables keep the answer. */
  String key() {
    return key;
  }

  /** Computes what is not there yet. */
  void fill() {
    means();
    truncations();
    cutBlocks();
    if (texts != null) {
      texts.unpersist();
    }
  }

  private Part part(Table table) {
    return warehouse.part(table, model.id(), key);
  }

  private Dataset<Row> texts() {
    if (texts == null) {
      Dataset<Row> all =
          Localities.texts(
                  Passages.of(spark, corpus.corpus(), corpus.scan(), model.tokenizerJson(), 1),
                  question.textLength())
              .persist(StorageLevel.MEMORY_AND_DISK());
      drawn =
          Localities.drawn(
                  all,
                  Math.max(LocalityQuestion.MEAN_TEXTS, question.sampledTexts()),
                  question.seed())
              .as(Encoders.LONG())
              .collectAsList();
      if (drawn.isEmpty()) {
        throw new InvalidInput(
            "--corpus: no document has %d tokens, as whole texts have; give --text-length, or"
                + " longer documents",
            question.textLength());
      }

      texts = all;
    }

    return texts;
  }

  private List<Long> first(int count) {
    texts();
    return new ArrayList<>(drawn.subList(0, Math.min(count, drawn.size())));
  }

  private int tasks(int pieces) {
    return Math.max(
        1, Math.min(pieces, TASKS_PER_CORE * spark.sparkContext().defaultParallelism()));
  }

  /** As few tasks as memory lets be, and as many for each core. */
  private int batches(long texts, int atOnce) {
    int cores = spark.sparkContext().defaultParallelism();
    long rounds = (texts + (long) atOnce * cores - 1) / ((long) atOnce * cores);
    return (int) Math.min(texts, rounds * cores);
  }

  private void means() {
    Part part = part(Tables.STREAM_MEANS);
    if (part.isComplete()) {
      progress.reused("means", part);
      return;
    }

    progress.begin("means");
    List<Long> of = first(LocalityQuestion.MEAN_TEXTS);
    List<Row> sums =
        Localities.sums(
                Localities.at(texts(), of),
                model.onExecutors(spark),
                question.firstTokens(),
                tasks(of.size()))
            .collectAsList()
            .stream()
            .sorted(Comparator.comparingLong(row -> row.getLong(1)))
            .toList();
    List<Row> means = new ArrayList<>();
    for (int firstToken : question.firstTokens()) {
      means.addAll(
          Localities.means(sums.stream().filter(row -> row.getInt(0) == firstToken).toList()));
    }

    part.write(Tables.STREAM_MEANS.rows(spark, means).coalesce(1));
    Stages.audit(warehouse, model.shape(), part);
    progress.end(part);
  }

  private Means knownMeans() {
    return Means.of(part(Tables.STREAM_MEANS).read().collectAsList(), question);
  }

  private void truncations() {
    Part summaries = part(Tables.TRUNCATION_SUMMARIES);
    Part similarities = part(Tables.TRUNCATION_SIMILARITIES);
    if (summaries.isComplete() && similarities.isComplete()) {
      progress.reused("truncations", summaries);
      return;
    }

    progress.begin("truncations");
    List<Long> sample = first(question.sampledTexts());
    Dataset<Row> measuredTexts = question.isEvery() ? texts() : Localities.at(texts(), sample);
    long count = question.isEvery() ? texts().count() : sample.size();
    long tokens =
        count
            * (question.isEvery()
                ? question.textLength() - LocalityQuestion.first()
                : LocalityQuestion.OF_A_TEXT);
    progress.note(
        "%,d tokens of %,d texts; whole texts have %,d tokens, what is read besides at most %,d",
        tokens, count, count * question.textLength(), tokens * question.tokensOfEach());
    int atOnce =
        Localities.textsAtOnce(
            TaskMemory.heapOfTask(spark.sparkContext()) / Float.BYTES, model.shape(), question);
    int pieces = question.isEvery() ? batches(count, atOnce) : tasks((int) count);
    LongAccumulator work = spark.sparkContext().longAccumulator("kindred: tokens read");
    progress.expect(work, (double) question.work(count));
    Dataset<Row> measured =
        Localities.measure(
                measuredTexts,
                model.onExecutors(spark),
                question,
                JavaSparkContext.fromSparkContext(spark.sparkContext()).broadcast(knownMeans()),
                sample,
                atOnce,
                pieces,
                work)
            .persist(StorageLevel.DISK_ONLY());
    try {
      measured.foreachPartition(some -> {}); // both tables are made of it
      summaries.write(Localities.summaries(measured));
      similarities.write(Localities.similarities(measured));
    } finally {
      measured.unpersist();
    }

    Stages.audit(warehouse, model.shape(), summaries);
    Stages.audit(warehouse, model.shape(), similarities);
    progress.end(summaries, similarities);
  }

  /** Cuts the attention of each block, unless that is there. */
  private void cutBlocks() {
    Part part = part(Tables.BLOCK_CUTS);
    if (part.isComplete()) {
      progress.reused("cuts of blocks", part);
      return;
    }

    progress.begin("cuts of blocks");
    List<Long> some =
        first(Math.min(question.sampledTexts(), LocalityQuestion.CUT / LocalityQuestion.OF_A_TEXT));
    part.write(
        Localities.blockCuts(
            Localities.at(texts(), some),
            model.onExecutors(spark),
            question,
            JavaSparkContext.fromSparkContext(spark.sparkContext()).broadcast(knownMeans()),
            tasks(some.size())));
    Stages.audit(warehouse, model.shape(), part);
    progress.end(part);
  }

  /**
   * Compares the stream at the last token of a string behind a prefix with that of the string
   * alone, unless that is there. The first of the question's first tokens stands before both.
   */
  Dataset<Row> prefixEffects(String prefix, int[] before, String text, int[] string) {
    Part part =
        warehouse.part(
            Tables.PREFIX_EFFECTS,
            model.id(),
            new ContentId().add(key + "\0" + prefix + "\0" + text).id("l"));
    if (part.isComplete()) {
      progress.reused("prefix", part);
      return part.read();
    }

    progress.begin("prefix");
    int firstToken = question.firstTokens().get(0);
    double[][] means = knownMeans().ofFirstTokens().get(0);
    Broadcast<ModelDirectory> onExecutors = model.onExecutors(spark);
    List<Row> rows =
        new ArrayList<>(
            JavaSparkContext.fromSparkContext(spark.sparkContext())
                .parallelize(List.of(Protocol.Places.values()), 1)
                .flatMap(
                    places -> {
                      LanguageModel loaded = LoadedModels.get(onExecutors.value());
                      double[] cosines =
                          PrefixEffect.cosines(loaded, firstToken, before, string, places, means);
                      List<Row> ofLayers = new ArrayList<>();
                      for (int layer = 0; layer < cosines.length; layer++) {
                        ofLayers.add(
                            Tables.PREFIX_EFFECTS.row(
                                prefix, text, places.text(), layer, cosines[layer]));
                      }

                      return ofLayers.iterator();
                    })
                .collect());
    part.write(Tables.PREFIX_EFFECTS.rows(spark, rows).coalesce(1));
    Stages.audit(warehouse, model.shape(), part);
    progress.end(part);
    return part.read();
  }
}
