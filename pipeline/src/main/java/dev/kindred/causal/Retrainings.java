/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.causal;

import dev.kindred.model.GpuTasks;
import dev.kindred.table.Tables;
import dev.kindred.training.Trainer;
import dev.kindred.training.TrainingRecord;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** Trains models anew, each in a task of its own and by one thread. */
public final class Retrainings {
  private static final StructType PREDICTED =
      new StructType()
          .add("training", DataTypes.IntegerType, false)
          .add("prompt", DataTypes.IntegerType, false)
          .add("log_probabilities", DataTypes.createArrayType(DataTypes.FloatType, false), false);

  private Retrainings() {}

  /**
   * Trains models by the recipe of the one that is explained, and asks each for the prompts.
   *
   * @return rows of training (its number in the list), prompt (in its list) and ln p of every token
   *     to be next, in no order
   */
  public static Dataset<Row> predicted(
      SparkSession spark,
      Broadcast<AskedModel> model,
      List<Retraining> trainings,
      List<Explained> prompts) {
    return GpuTasks.mapNumbers(
        spark,
        trainings.size(),
        trainings.size(),
        new Task(model, new ArrayList<>(trainings), new ArrayList<>(prompts)),
        Encoders.row(PREDICTED));
  }

  /**
   * Returns the rows of one training, with the file columns of {@link
   * Tables#RETRAINED_PREDICTIONS}.
   *
   * @param predicted rows of {@link #predicted}
   */
  public static List<Row> rows(
      List<Row> predicted, int number, Retraining training, List<Explained> prompts) {
    List<Row> rows = new ArrayList<>();
    for (Row row : predicted) {
      if (row.getInt(0) == number) {
        Explained prompt = prompts.get(row.getInt(1));
        List<Float> ofTokens = row.getList(2);
        float[] all = new float[ofTokens.size()];
        for (int i = 0; i < all.length; i++) {
          all[i] = ofTokens.get(i);
        }

        rows.add(
            Tables.RETRAINED_PREDICTIONS.row(
                training.choice(),
                training.occurrences(),
                training.part() < 0 ? null : (Integer) training.part(),
                training.seed(),
                (long) training.leftOut().cardinality(),
                prompt.id(),
                prompt.token(),
                all[prompt.token()],
                all));
      }
    }

    return rows;
  }

  private static final class Task implements MapPartitionsFunction<Integer, Row> {
    private static final long serialVersionUID = 1L;

    private final Broadcast<AskedModel> asked;
    private final ArrayList<Retraining> trainings;
    private final ArrayList<Explained> prompts;

    private Task(
        Broadcast<AskedModel> asked,
        ArrayList<Retraining> trainings,
        ArrayList<Explained> prompts) {
      this.asked = asked;
      this.trainings = trainings;
      this.prompts = prompts;
    }

    @Override
    public Iterator<Row> call(Iterator<Integer> numbers) {
      List<Row> rows = new ArrayList<>();
      while (numbers.hasNext()) {
        rows.addAll(trained(numbers.next()));
      }

      return rows.iterator();
    }

    private List<Row> trained(int number) {
      Retraining training = trainings.get(number);
      TrainingRecord record = asked.value().training().withSeed(training.seed());
      BlankedText text =
          BlankedText.of(
              asked.value().tokens(), training.leftOut(), training.blanked(), record.trainTokens());
      try (Trainer trainer =
          new Trainer(
              record.blueprint(),
              record.recipe(),
              text.tokens(),
              1,
              record.initialWeights(),
              text.leftOut())) {
        while (trainer.step() < record.recipe().steps()) {
          Trainer.Step step = trainer.next();
          if (!step.isFinite()) {
            throw new IllegalStateException(
                "Training " + training.name() + " diverged at step " + step.number());
          }
        }

        List<Row> rows = new ArrayList<>();
        int together = Math.max(1, AskedModel.TOGETHER / prompts.get(0).tokens().length);
        for (int from = 0; from < prompts.size(); from += together) {
          List<Explained> some = prompts.subList(from, Math.min(prompts.size(), from + together));
          float[][] found =
              trainer.logProbabilities(some.stream().map(Explained::tokens).toArray(int[][]::new));
          for (int i = 0; i < found.length; i++) {
            rows.add(RowFactory.create(number, from + i, found[i]));
          }
        }

        return rows;
      }
    }
  }
}
