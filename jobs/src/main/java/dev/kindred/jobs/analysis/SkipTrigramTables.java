/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import static org.apache.spark.sql.functions.col;

import dev.kindred.ContentId;
import dev.kindred.circuit.CircuitQuestion;
import dev.kindred.circuit.DirectPath;
import dev.kindred.circuit.DirectPath.Bigram;
import dev.kindred.circuit.FoldedModels;
import dev.kindred.circuit.SkipTrigrams;
import dev.kindred.circuit.SkipTrigrams.Cells;
import dev.kindred.circuit.TokenBasis;
import dev.kindred.corpus.CorpusScan;
import dev.kindred.corpus.Tokenizer;
import dev.kindred.corpus.Windows;
import dev.kindred.jobs.report.Findings;
import dev.kindred.jobs.report.Findings.Column;
import dev.kindred.jobs.report.Findings.Element;
import dev.kindred.jobs.report.Findings.Grid;
import dev.kindred.jobs.report.VisibleText;
import dev.kindred.jobs.run.Stages;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Part;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.storage.StorageLevel;

/** What heads predict by themselves, looked for in a text. */
final class SkipTrigramTables {
  private static final int SHOWN = 12;

  private final Workspace workspace;
  private final Warehouse warehouse;
  private final ModelDirectory model;
  private final CircuitQuestion question;
  private final CorpusTokens text;
  private final int within;

  SkipTrigramTables(
      Workspace workspace,
      Warehouse warehouse,
      ModelDirectory model,
      CircuitQuestion question,
      CorpusTokens text,
      int within) {
    this.workspace = workspace;
    this.warehouse = warehouse;
    this.model = model;
    this.question = question;
    this.text = text;
    this.within = within;
  }

  /** Computes what is not there yet, and returns what is shown of it. */
  List<Element> shown() {
    CorpusScan scan = CorpusScan.scan(text.corpus(), model.tokenizerJson(), within + 1);
    String key = new ContentId().add(question.key() + " " + scan.corpusId()).id("c");
    Part best = warehouse.part(Tables.SKIP_TRIGRAMS, model.id(), key);
    Part checks = warehouse.part(Tables.SKIP_TRIGRAM_CHECKS, model.id(), key);
    Part direct = warehouse.part(Tables.DIRECT_PATHS, model.id(), key);
    if (best.isComplete() && checks.isComplete() && direct.isComplete()) {
      workspace.progress().reused("skip trigrams", checks);
    } else {
      workspace.progress().begin("skip trigrams");
      write(scan, best, checks, direct);
      workspace.progress().end(best, checks, direct);
    }

    return List.of(
        ofDirectPath(direct.read()), ofHeads(checks.read(), best.read()), ofTrigrams(best.read()));
  }

  private void write(CorpusScan scan, Part best, Part checks, Part direct) {
    int blocks = model.shape().blocks();
    Broadcast<ModelDirectory> onExecutors = model.onExecutors(workspace.spark());
    int[] tokens = SkipTrigrams.tokens(text.counts());
    Broadcast<Cells> cells =
        JavaSparkContext.fromSparkContext(workspace.spark().sparkContext())
            .broadcast(
                Cells.of(
                    SkipTrigrams.counts(windows(scan, within + 1), tokens).collectAsList(),
                    tokens));
    Dataset<Row> looked =
        SkipTrigrams.looked(
                workspace.spark(), onExecutors, question, text.counts(), tokens, cells, blocks)
            .persist(StorageLevel.MEMORY_AND_DISK());
    best.write(SkipTrigrams.best(looked));
    checks.write(SkipTrigrams.checks(looked));
    looked.unpersist();
    direct.write(Tables.DIRECT_PATHS.rows(workspace.spark(), directPaths(text.tokens())));
    for (Part part : List.of(best, checks, direct)) {
      Stages.audit(warehouse, model.shape(), part);
    }
  }

  private List<Row> directPaths(Dataset<Row> tokens) {
    List<Bigram> bigrams =
        tokens
            .selectExpr("token_ids[0] as first", "explode(next_tokens) as (second, places)")
            .orderBy("first", "second")
            .collectAsList()
            .stream()
            .map(row -> new Bigram(row.getInt(0), row.getInt(1), row.getLong(2)))
            .toList();
    return Stream.of(TokenBasis.EMBEDDING, TokenBasis.NORMED)
        .map(basis -> DirectPath.of(FoldedModels.of(model), basis, bigrams))
        .map(
            path ->
                Tables.DIRECT_PATHS.row(
                    path.basis().text(),
                    path.pairs(),
                    (long) bigrams.size(),
                    path.crossEntropy(),
                    path.bigramEntropy(),
                    path.unigramEntropy(),
                    known(path.correlation()),
                    known(path.centeredCorrelation())))
        .toList();
  }

  /** A correlation as tables have it: null where one of both does not vary. */
  private static Double known(double correlation) {
    return Double.isNaN(correlation) ? null : correlation;
  }

  private static Element ofDirectPath(Dataset<Row> direct) {
    return new Grid(
        "What is predicted of the present token alone, in nats",
        "read",
        List.of(
            Column.of("cross-entropy"),
            Column.of("bigrams' own"),
            Column.of("unigrams'"),
            Column.of("correlation with log counts"),
            Column.of("each token's mean taken away")),
        direct
            .orderBy("basis")
            .select(
                "basis",
                "cross_entropy",
                "bigram_entropy",
                "unigram_entropy",
                "correlation",
                "centered_correlation")
            .collectAsList()
            .stream()
            .map(
                row ->
                    Findings.Row.of(
                        row.getString(0),
                        number(row, 1, "%.4f"),
                        number(row, 2, "%.4f"),
                        number(row, 3, "%.4f"),
                        number(row, 4, "%.4f"),
                        number(row, 5, "%.4f")))
            .toList());
  }

  private Dataset<Row> windows(CorpusScan scan, int length) {
    return Windows.extract(workspace.spark(), text.corpus(), scan, model.tokenizerJson(), length);
  }

  private static Element ofHeads(Dataset<Row> checks, Dataset<Row> best) {
    List<Findings.Row> rows = new ArrayList<>();
    for (Row row :
        checks
            .join(
                best.groupBy("block", "head", "distance")
                    .agg(
                        org.apache.spark.sql.functions.expr("count(lift)").as("counted"),
                        org.apache
                            .spark
                            .sql
                            .functions
                            .expr("avg(if(lift is null, null, if(lift > 1, 1.0D, 0.0D)))")
                            .as("lifted")),
                scala.jdk.javaapi.CollectionConverters.asScala(List.of("block", "head", "distance"))
                    .toSeq(),
                "left")
            .orderBy("block", "head", "distance")
            .select(
                "block",
                "head",
                "distance",
                "cells",
                "correlation",
                "shuffled_mean",
                "shuffled_deviation",
                "z",
                "counted",
                "lifted")
            .collectAsList()) {
      rows.add(
          Findings.Row.of(
              row.getInt(0) + "." + row.getInt(1),
              String.valueOf(row.getInt(2)),
              String.format(Locale.ROOT, "%,d", row.getLong(3)),
              number(row, 4, "%.4f"),
              number(row, 5, "%.4f"),
              number(row, 6, "%.4f"),
              number(row, 7, "%.1f"),
              row.isNullAt(8) ? "0" : String.valueOf(row.getLong(8)),
              row.isNullAt(9)
                  ? "-"
                  : String.format(Locale.ROOT, "%.0f%%", 100 * row.getDouble(9))));
    }

    return new Grid(
        "Skip trigrams of heads and of the text, by ranks",
        "block.head",
        List.of(
            Column.of("distance"),
            Column.of("in the text"),
            Column.of("correlation"),
            Column.of("sources shuffled", "mean"),
            Column.of("sources shuffled", "deviation"),
            Column.of("sources shuffled", "deviations from it"),
            Column.of("best 1,000", "in the text"),
            Column.of("best 1,000", "above chance")),
        rows);
  }

  private static String number(Row row, int column, String format) {
    return row.isNullAt(column) ? "-" : String.format(Locale.ROOT, format, row.getDouble(column));
  }

  private Element ofTrigrams(Dataset<Row> best) {
    Tokenizer tokenizer = Tokenizer.of(model.tokenizerJson());
    return new Grid(
        "Of which the text has most by chance",
        "block.head",
        List.of(
            Column.of("source"),
            Column.of("destination"),
            Column.of("output"),
            Column.of("rank"),
            Column.of("places"),
            Column.of("by chance"),
            Column.of("lift")),
        best
            .where(col("lift").isNotNull())
            .orderBy(col("lift").desc(), col("block"), col("head"), col("distance"), col("rank"))
            .limit(SHOWN)
            .select(
                "block",
                "head",
                "source",
                "destination",
                "output",
                "rank",
                "occurrences",
                "expected",
                "lift")
            .collectAsList()
            .stream()
            .map(
                row ->
                    Findings.Row.of(
                        row.getInt(0) + "." + row.getInt(1),
                        VisibleText.shown(tokenizer.text(row.getInt(2))),
                        VisibleText.shown(tokenizer.text(row.getInt(3))),
                        VisibleText.shown(tokenizer.text(row.getInt(4))),
                        String.valueOf(row.getInt(5)),
                        String.format(Locale.ROOT, "%,d", row.getLong(6)),
                        String.format(Locale.ROOT, "%,.1f", row.getDouble(7)),
                        String.format(Locale.ROOT, "%.2f", row.getDouble(8))))
            .toList());
  }
}
