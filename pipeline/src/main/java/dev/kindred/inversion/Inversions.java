/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.inversion;

import dev.kindred.inversion.InversionGrid.Unit;
import dev.kindred.math.Vectors;
import dev.kindred.model.GpuTasks;
import dev.kindred.model.ResidualStream;
import dev.kindred.model.files.LoadedModels;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Tables;
import java.io.Serializable;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoder;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** Searches of a grid, and the oracle beside them, spread over executors. */
public final class Inversions {
  private Inversions() {}

  /**
   * Searches. Every unit is computed by itself, so that tasks make no difference.
   *
   * @param units what is to be searched for of the grid
   * @param tasks over which units are spread
   * @return rows with the file columns of {@link Tables#INVERSIONS}, in no order; each evaluation
   *     of them computes everything anew
   */
  public static Dataset<Row> search(
      SparkSession spark,
      Broadcast<ModelDirectory> model,
      InversionGrid grid,
      List<Unit> units,
      int tasks) {
    return GpuTasks.mapNumbers(
        spark,
        units.size(),
        tasks,
        new Task(model, grid) {
          @Override
          Stream<Row> rows(Inverter inverter, int number) {
            return searched(inverter, units.get(number));
          }
        },
        Tables.INVERSIONS.encoder());
  }

  /**
   * A prompt whose tokens are asked for one by one.
   *
   * @param cell whose output is compared
   * @param prompt its number
   */
  public record Question(int cell, int prompt) implements Serializable {}

  /**
   * Asks the oracle.
   *
   * @return rows with the file columns of {@link Tables#INVERSION_ORACLES}
   */
  public static Dataset<Row> ask(
      SparkSession spark,
      Broadcast<ModelDirectory> model,
      InversionGrid grid,
      List<Question> questions,
      int tasks) {
    return answered(
        spark,
        model,
        grid,
        questions,
        tasks,
        Inversions::known,
        Tables.INVERSION_ORACLES.encoder());
  }

  /**
   * Differentiates outputs by the vectors of true tokens.
   *
   * @return rows with the file columns of {@link Tables#INVERSION_JACOBIANS}
   */
  public static Dataset<Row> differentiate(
      SparkSession spark,
      Broadcast<ModelDirectory> model,
      InversionGrid grid,
      List<Question> questions,
      int tasks) {
    return answered(
        spark,
        model,
        grid,
        questions,
        tasks,
        Inversions::differentiated,
        Tables.INVERSION_JACOBIANS.encoder());
  }

  /** What is found out of a prompt whose tokens are known. */
  private interface Answer extends Serializable {
    Stream<Row> rows(Inverter inverter, Question question);
  }

  private static Dataset<Row> answered(
      SparkSession spark,
      Broadcast<ModelDirectory> model,
      InversionGrid grid,
      List<Question> questions,
      int tasks,
      Answer answer,
      Encoder<Row> encoder) {
    return GpuTasks.mapNumbers(
        spark,
        questions.size(),
        tasks,
        new Task(model, grid) {
          @Override
          Stream<Row> rows(Inverter inverter, int number) {
            return answer.rows(inverter, questions.get(number));
          }
        },
        encoder);
  }

  /** A model with what reads its vectors. */
  private record Inverter(
      ResidualStream model, TokenVectors tokens, Decoder decoder, InversionGrid grid) {}

  private abstract static class Task implements MapPartitionsFunction<Integer, Row> {
    private static final long serialVersionUID = 1L;

    private final Broadcast<ModelDirectory> directory;
    private final InversionGrid grid;

    private Task(Broadcast<ModelDirectory> directory, InversionGrid grid) {
      this.directory = directory;
      this.grid = grid;
    }

    abstract Stream<Row> rows(Inverter inverter, int number);

    @Override
    public Iterator<Row> call(Iterator<Integer> numbers) {
      if (!numbers.hasNext()) {
        return Collections.emptyIterator();
      }

      ResidualStream model = LoadedModels.stream(directory.value());
      Decoders.Read read = Decoders.of(directory.value().id(), model);
      Inverter inverter = new Inverter(model, read.tokens(), read.decoder(), grid);
      return StreamSupport.stream(
              Spliterators.spliteratorUnknownSize(numbers, Spliterator.ORDERED), false)
          .flatMap(number -> rows(inverter, number))
          .iterator();
    }
  }

  private static Stream<Row> searched(Inverter inverter, Unit unit) {
    InversionGrid grid = inverter.grid();
    int dimension = inverter.tokens().dimension();
    return new Inversion(inverter.model(), inverter.tokens(), inverter.decoder(), grid)
        .find(unit).stream()
            .flatMap(
                found -> {
                  Experiment experiment = grid.experiments().get(found.cell());
                  Target target = experiment.target();
                  int[] ids = grid.prompts().get(found.prompt());
                  return found.readings().stream()
                      .map(
                          reading ->
                              Tables.INVERSIONS.row(
                                  found.cell(),
                                  experiment.method().text(),
                                  target.blocks(),
                                  target.outputs().text(),
                                  target.part().text(),
                                  target.causal(),
                                  target.tokens().toString(),
                                  target.width(dimension),
                                  experiment.loss().toString(),
                                  found.prompt(),
                                  found.restart(),
                                  reading.position(),
                                  ids[reading.position()],
                                  target.tokens().contains(reading.position(), ids.length),
                                  reading.decoding(),
                                  reading.decoded().best(),
                                  reading.decoded().rank(),
                                  reading.isAllowed() ? reading.decoded().margin() : null,
                                  reading.unchanged(),
                                  found.moved()[reading.position()],
                                  found.missed()[reading.position()],
                                  found.firstLoss(),
                                  found.lastLoss(),
                                  found.l1(),
                                  found.cosine(),
                                  found.accepted()));
                });
  }

  private static Stream<Row> known(Inverter inverter, Question question) {
    InversionGrid grid = inverter.grid();
    Target target = grid.experiments().get(question.cell()).target();
    int[] ids = grid.prompts().get(question.prompt());
    return new Oracle(inverter.model(), inverter.tokens(), target)
        .known(ids, TokenVectors.positions(inverter.model(), ids.length)).stream()
            .map(
                known ->
                    Tables.INVERSION_ORACLES.row(
                        question.cell(),
                        question.prompt(),
                        known.position(),
                        known.trueId(),
                        known.trueDistance(),
                        known.runnerUp(),
                        known.runnerUpDistance(),
                        known.noise(),
                        known.seen()));
  }

  private static Stream<Row> differentiated(Inverter inverter, Question question) {
    InversionGrid grid = inverter.grid();
    Target target = grid.experiments().get(question.cell()).target();
    int[] ids = grid.prompts().get(question.prompt());
    float[] x =
        Vectors.sum(
            inverter.tokens().of(ids), TokenVectors.positions(inverter.model(), ids.length));
    double[][] values =
        Jacobian.singularValues(
            InvertedOutputs.of(inverter.model(), target, ids.length),
            x,
            inverter.tokens().dimension());
    return IntStream.range(0, ids.length)
        .mapToObj(
            position ->
                Tables.INVERSION_JACOBIANS.row(
                    question.cell(),
                    question.prompt(),
                    position,
                    ids[position],
                    target.tokens().contains(position, ids.length),
                    target.sees(position, ids.length),
                    values[position]));
  }
}
