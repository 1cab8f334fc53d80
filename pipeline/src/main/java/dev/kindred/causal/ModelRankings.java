/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.causal;

import dev.kindred.math.Cosine;
import dev.kindred.math.Vectors;
import dev.kindred.model.GpuTasks;
import dev.kindred.training.TrainedModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * The choices for which the model is asked at every place of the training text.
 *
 * <p>By gradient: the dot product of the gradients of two losses, that of the prompt's explained
 * token and that of a place's token, says how much a step of gradient descent on one of them
 * changes the other at first (Koh and Liang 2017, without the Hessian; TracIn, Pruthi et al. 2020,
 * at the last checkpoint). It is the derivative of the place's loss along the prompt's gradient, so
 * that two passes over the text find it for all places of a prompt, with weights moved a little
 * along the gradient and against it; nothing is projected.
 *
 * <p>By stream: cosine similarity of what stands behind the last block after the L tokens before a
 * place, and after the prompt.
 */
public final class ModelRankings {
  /** How far weights are moved, as a share of their own length. */
  static final double MOVE = 1e-4;

  private static final StructType FOUND =
      new StructType()
          .add("prompt", DataTypes.IntegerType, false)
          .add("choice", DataTypes.StringType, false)
          .add("place", DataTypes.IntegerType, false)
          .add("score", DataTypes.DoubleType, false);

  private ModelRankings() {}

  /**
   * Ranks the places of the training text.
   *
   * @param most places that are kept of a prompt and choice
   * @param pieces of the text, each a piece of work; they change nothing
   * @return rows of prompt, choice, place and score: the best of each piece
   */
  public static Dataset<Row> bestOfPieces(
      SparkSession spark,
      Broadcast<AskedModel> model,
      List<Explained> prompts,
      int length,
      int most,
      int pieces) {
    return GpuTasks.mapNumbers(
        spark,
        pieces,
        pieces,
        new Task(model, new ArrayList<>(prompts), length, most, pieces),
        Encoders.row(FOUND));
  }

  /** Puts the best of all pieces together, a ranking for each prompt and each of the choices. */
  public static List<Ranking> merged(List<Row> found, List<Explained> prompts, int most) {
    List<Ranking> rankings = new ArrayList<>();
    for (Explained prompt : prompts) {
      for (Choice choice : List.of(Choice.STREAM, Choice.GRADIENT)) {
        List<Row> its =
            found.stream()
                .filter(
                    row -> row.getInt(0) == prompt.id() && row.getString(1).equals(choice.text()))
                .sorted(Comparator.comparingInt(row -> row.getInt(2)))
                .toList();
        rankings.add(
            Ranking.of(
                prompt.id(),
                choice,
                its.stream().mapToInt(row -> row.getInt(2)).toArray(),
                its.stream().mapToDouble(row -> row.getDouble(3)).toArray(),
                most));
      }
    }

    return rankings;
  }

  private static final class Task implements MapPartitionsFunction<Integer, Row> {
    private static final long serialVersionUID = 1L;

    private final Broadcast<AskedModel> asked;
    private final ArrayList<Explained> prompts;
    private final int length;
    private final int most;
    private final int pieces;

    private Task(
        Broadcast<AskedModel> asked,
        ArrayList<Explained> prompts,
        int length,
        int most,
        int pieces) {
      this.asked = asked;
      this.prompts = prompts;
      this.length = length;
      this.most = most;
      this.pieces = pieces;
    }

    @Override
    public Iterator<Row> call(Iterator<Integer> numbers) {
      List<Row> rows = new ArrayList<>();
      try (TrainedModel model = asked.value().load()) {
        while (numbers.hasNext()) {
          int piece = numbers.next();
          byGradient(model, piece).forEach(ranking -> add(ranking, rows));
          byStream(model, piece).forEach(ranking -> add(ranking, rows));
        }
      }

      return rows.iterator();
    }

    private static void add(Ranking ranking, List<Row> rows) {
      for (int i = 0; i < ranking.places().length; i++) {
        rows.add(
            RowFactory.create(
                ranking.promptId(),
                ranking.choice().text(),
                ranking.places()[i],
                ranking.scores()[i]));
      }
    }

    private List<Ranking> byGradient(TrainedModel model, int piece) {
      AskedModel text = asked.value();
      int stretches = text.stretches();
      int[] numbers = range(stretches, piece);
      int context = text.context();
      int[] places =
          IntStream.of(numbers)
              .flatMap(
                  number -> IntStream.rangeClosed(number * context + 1, (number + 1) * context))
              .toArray();
      double norm = model.norm();
      List<Ranking> rankings = new ArrayList<>();
      for (Explained prompt : prompts) {
        float[] gradient = Gradients.of(model, prompt);
        double by = MOVE * norm / Vectors.norm(gradient);
        model.move(gradient, by);
        double[] after = losses(model, numbers);
        model.move(gradient, -by);
        double[] before = losses(model, numbers);
        double[] products = new double[after.length];
        Arrays.setAll(products, i -> (after[i] - before[i]) / (2 * by));
        rankings.add(Ranking.of(prompt.id(), Choice.GRADIENT, places, products, most));
      }

      model.move(new float[Math.toIntExact(text.training().blueprint().parameters())], 0);
      return rankings;
    }

    private double[] losses(TrainedModel model, int[] stretches) {
      AskedModel text = asked.value();
      int context = text.context();
      double[] losses = new double[stretches.length * context];
      int together = Math.max(1, AskedModel.TOGETHER / context);
      for (int from = 0; from < stretches.length; from += together) {
        int to = Math.min(stretches.length, from + together);
        float[] found =
            model.losses(
                Arrays.stream(stretches, from, to).mapToObj(text::stretch).toArray(int[][]::new));
        for (int i = 0; i < found.length; i++) {
          losses[from * context + i] = found[i];
        }
      }

      return losses;
    }

    private List<Ranking> byStream(TrainedModel model, int piece) {
      AskedModel text = asked.value();
      float[][] ofPrompts =
          model.streams(prompts.stream().map(Explained::tokens).toArray(int[][]::new));
      int[] places =
          IntStream.of(range(text.trainTokens() - length, piece)).map(i -> i + length).toArray();
      double[][] cosines = new double[prompts.size()][places.length];
      int together = Math.max(1, AskedModel.TOGETHER / length);
      for (int from = 0; from < places.length; from += together) {
        int to = Math.min(places.length, from + together);
        float[][] streams =
            model.streams(
                Arrays.stream(places, from, to)
                    .mapToObj(place -> Arrays.copyOfRange(text.tokens(), place - length, place))
                    .toArray(int[][]::new));
        for (int i = from; i < to; i++) {
          for (int prompt = 0; prompt < ofPrompts.length; prompt++) {
            cosines[prompt][i] = Cosine.similarity(ofPrompts[prompt], streams[i - from]);
          }
        }
      }

      List<Ranking> rankings = new ArrayList<>();
      for (int p = 0; p < ofPrompts.length; p++) {
        Explained prompt = prompts.get(p);
        double[] its = cosines[p];
        int[] same =
            IntStream.range(0, places.length)
                .filter(i -> text.tokens()[places[i]] == prompt.token())
                .toArray();
        rankings.add(
            Ranking.of(
                prompt.id(),
                Choice.STREAM,
                IntStream.of(same).map(i -> places[i]).toArray(),
                IntStream.of(same).mapToDouble(i -> its[i]).toArray(),
                most));
      }

      return rankings;
    }

    /** The numbers from 0 to a size that a piece has. */
    private int[] range(int size, int piece) {
      int from = (int) ((long) size * piece / pieces);
      int to = (int) ((long) size * (piece + 1) / pieces);
      return IntStream.range(from, to).toArray();
    }
  }
}
