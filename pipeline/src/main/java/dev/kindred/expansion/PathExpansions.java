/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.expansion;

import dev.kindred.ContentId;
import dev.kindred.math.Bootstrap;
import dev.kindred.math.Bootstrap.Interval;
import dev.kindred.model.GpuTasks;
import dev.kindred.model.ResidualStream;
import dev.kindred.model.files.LoadedModels;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Tables;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.stream.StreamSupport;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** Path expansions of many sequences, spread over executors. */
public final class PathExpansions {
  /** Says with which formulas rows were made. */
  private static final int VERSION = 1;

  private static final StructType EXPANDED =
      new StructType()
          .add("sequence", DataTypes.IntegerType, false)
          .add("losses", DataTypes.createArrayType(DataTypes.DoubleType, false), false)
          .add("model_loss", DataTypes.DoubleType, false);

  private PathExpansions() {}

  /**
   * What is asked of a model.
   *
   * @param sequences token ids of each, with the token that begins texts if the model reads one
   */
  public record Question(List<int[]> sequences, ValueBiases biases) implements Serializable {

    /** Returns the name under which the table keeps the answer. */
    public String key() {
      ContentId id = new ContentId().add(VERSION + " " + biases.text());
      sequences.forEach(sequence -> id.add(Arrays.toString(sequence)));
      return id.id("e");
    }
  }

  /**
   * Expands each sequence by itself, so that tasks make no difference.
   *
   * @param tasks over which they are spread
   * @return sequence, losses (by order) and model_loss of each, in no order
   */
  public static Dataset<Row> expanded(
      SparkSession spark, Broadcast<ModelDirectory> model, Question question, int tasks) {
    return GpuTasks.mapNumbers(
        spark,
        question.sequences().size(),
        tasks,
        new Task(model, question),
        Encoders.row(EXPANDED));
  }

  private static final class Task implements MapPartitionsFunction<Integer, Row> {
    private static final long serialVersionUID = 1L;

    private final Broadcast<ModelDirectory> directory;
    private final Question question;

    private Task(Broadcast<ModelDirectory> directory, Question question) {
      this.directory = directory;
      this.question = question;
    }

    @Override
    public Iterator<Row> call(Iterator<Integer> numbers) {
      ResidualStream model = LoadedModels.stream(directory.value());
      Iterable<Integer> all = () -> numbers;
      return StreamSupport.stream(all.spliterator(), false)
          .map(
              number -> {
                PathExpansion found =
                    PathExpansion.of(model, question.sequences().get(number), question.biases());
                return RowFactory.create(number, found.losses(), found.modelLoss());
              })
          .iterator();
    }
  }

  /**
   * Puts sequences together, with intervals over them.
   *
   * @param expanded rows of {@link #expanded}, one at least, in whatever order
   * @return rows with the file columns of {@link Tables#TERM_LOSSES}, by order
   */
  public static List<Row> summarized(List<Row> expanded, Question question) {
    List<Row> sorted =
        expanded.stream().sorted(Comparator.comparingInt((Row row) -> row.getInt(0))).toList();
    int orders = sorted.get(0).getList(1).size();
    double[][] losses = new double[orders][]; // of each sequence
    double[][] marginals = new double[orders][];
    for (int order = 0; order < orders; order++) {
      int number = order;
      losses[order] =
          sorted.stream().mapToDouble(row -> row.<Double>getList(1).get(number)).toArray();
      double[] its = losses[order];
      double[] before = losses[Math.max(0, order - 1)];
      marginals[order] = new double[its.length];
      Arrays.setAll(marginals[order], i -> before[i] - its[i]);
    }

    Interval[] ofLosses = Bootstrap.intervals(losses);
    Interval[] ofMarginals = Bootstrap.intervals(marginals);
    long predictions = question.sequences().stream().mapToLong(ids -> ids.length - 1L).sum();
    double modelLoss = sorted.stream().mapToDouble(row -> row.getDouble(2)).sum() / sorted.size();
    List<Row> rows = new ArrayList<>();
    for (int order = 0; order < orders; order++) {
      boolean isFirst = order == 0;
      rows.add(
          Tables.TERM_LOSSES.row(
              question.biases().text(),
              order,
              predictions,
              mean(losses[order]),
              ofLosses[order].low(),
              ofLosses[order].high(),
              isFirst ? null : Double.valueOf(mean(marginals[order])),
              isFirst ? null : Double.valueOf(ofMarginals[order].low()),
              isFirst ? null : Double.valueOf(ofMarginals[order].high()),
              modelLoss,
              losses[order]));
    }

    return rows;
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).sum() / values.length;
  }
}
