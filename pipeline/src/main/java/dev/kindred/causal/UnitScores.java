/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.causal;

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
 * What each unit of the training text is said to do for the log-probability of a prompt's explained
 * token: the more, the greater a score. Those of several units add up.
 *
 * @param score by what: see the constants; {@code block 0} and so on for the evidence of one block
 * @param ofUnits one a unit
 */
public record UnitScores(int promptId, String score, double[] ofUnits) {
  /** What occurrences of the explained token add to its probability by similar strings. */
  public static final String EVIDENCE = "evidence";

  /** The same of all occurrences; those of other tokens take some away. */
  public static final String ALL_EVIDENCE = "evidence of all tokens";

  /**
   * The share of a unit in the occurrences of the explained token after the prompt's last k tokens,
   * summed over k from 1 to L.
   */
  public static final String N_GRAM = "n-gram";

  /** How often the explained token is in the unit. */
  public static final String UNIGRAM = "unigram";

  /** The dot product of the gradient of the unit's loss and that of the prompt's. */
  public static final String GRADIENT = "gradient";

  private static final StructType PRODUCTS =
      new StructType()
          .add("unit", DataTypes.IntegerType, false)
          .add("products", DataTypes.createArrayType(DataTypes.DoubleType, false), false);

  /** Returns the score of the evidence of one block. */
  public static String ofBlock(int block) {
    return "block " + block;
  }

  /**
   * Scores units by similar strings and by counts.
   *
   * @param blocks numbers of the blocks that are evidence
   */
  public static List<UnitScores> byText(
      TrainingText text,
      TextUnits units,
      Explained prompt,
      OccurrenceShares shares,
      List<Integer> blocks) {
    double[][] ofBlocks = new double[blocks.size()][units.size()];
    double[] evidence = new double[units.size()];
    double[] all = new double[units.size()];
    double[] nGram = new double[units.size()];
    double[] unigram = new double[units.size()];
    long[] after = new long[text.length() + 1]; // occurrences of the token, by shared suffix
    int[] places = text.places();
    for (int place : places) {
      if (text.tokens()[place] == prompt.token()) {
        int suffix = Rankings.suffix(text, prompt, place);
        for (int k = 1; k <= suffix; k++) {
          after[k]++;
        }
      }
    }

    for (int place : places) {
      int unit = units.of(place);
      int string = text.stringBefore(place);
      int next = text.tokens()[place];
      double added = shares.of(string, next);
      all[unit] += added;
      if (next == prompt.token()) {
        unigram[unit]++;
        evidence[unit] += added;
        for (int block = 0; block < ofBlocks.length; block++) {
          ofBlocks[block][unit] += shares.of(block, string, next);
        }

        int suffix = Rankings.suffix(text, prompt, place);
        for (int k = 1; k <= suffix; k++) {
          nGram[unit] += 1. / after[k];
        }
      }
    }

    List<UnitScores> scores = new ArrayList<>();
    scores.add(new UnitScores(prompt.id(), EVIDENCE, evidence));
    scores.add(new UnitScores(prompt.id(), ALL_EVIDENCE, all));
    for (int block = 0; block < ofBlocks.length; block++) {
      scores.add(new UnitScores(prompt.id(), ofBlock(blocks.get(block)), ofBlocks[block]));
    }

    scores.add(new UnitScores(prompt.id(), N_GRAM, nGram));
    scores.add(new UnitScores(prompt.id(), UNIGRAM, unigram));
    return scores;
  }

  /**
   * Multiplies the gradients of units with those of prompts.
   *
   * @param pieces of the units, each a piece of work; they change nothing
   * @return rows of unit and products, one a prompt
   */
  public static Dataset<Row> products(
      SparkSession spark,
      Broadcast<AskedModel> model,
      List<Explained> prompts,
      TextUnits units,
      int pieces) {
    return GpuTasks.mapNumbers(
        spark,
        units.size(),
        pieces,
        new Task(model, new ArrayList<>(prompts), units),
        Encoders.row(PRODUCTS));
  }

  /**
   * Scores units by gradient.
   *
   * @param products rows of {@link #products}
   */
  public static List<UnitScores> byGradient(List<Row> products, List<Explained> prompts) {
    List<Row> sorted =
        products.stream().sorted(Comparator.comparingInt((Row row) -> row.getInt(0))).toList();
    List<UnitScores> scores = new ArrayList<>();
    for (int prompt = 0; prompt < prompts.size(); prompt++) {
      int its = prompt;
      scores.add(
          new UnitScores(
              prompts.get(prompt).id(),
              GRADIENT,
              sorted.stream().mapToDouble(row -> row.<Double>getList(1).get(its)).toArray()));
    }

    return scores;
  }

  private static final class Task implements MapPartitionsFunction<Integer, Row> {
    private static final long serialVersionUID = 1L;

    private final Broadcast<AskedModel> asked;
    private final ArrayList<Explained> prompts;
    private final TextUnits units;

    private Task(Broadcast<AskedModel> asked, ArrayList<Explained> prompts, TextUnits units) {
      this.asked = asked;
      this.prompts = prompts;
      this.units = units;
    }

    @Override
    public Iterator<Row> call(Iterator<Integer> numbers) {
      List<Row> rows = new ArrayList<>();
      try (TrainedModel model = asked.value().load()) {
        float[][] ofPrompts =
            prompts.stream().map(prompt -> Gradients.of(model, prompt)).toArray(float[][]::new);
        while (numbers.hasNext()) {
          int unit = numbers.next();
          float[] gradient = gradient(model, unit);
          rows.add(
              RowFactory.create(
                  unit,
                  Arrays.stream(ofPrompts)
                      .mapToDouble(ofPrompt -> Gradients.dot(ofPrompt, gradient))
                      .toArray()));
        }
      }

      return rows.iterator();
    }

    /** The gradient of a unit's loss, in the stretches of text that it is in. */
    private float[] gradient(TrainedModel model, int unit) {
      AskedModel text = asked.value();
      int context = text.context();
      int first = Math.max(0, units.start(unit) - 1) / context;
      int last = Math.min(text.stretches() - 1, Math.max(0, units.end(unit) - 2) / context);
      if (last < first) {
        return new float[Math.toIntExact(text.training().blueprint().parameters())];
      }

      int[][] sequences =
          IntStream.rangeClosed(first, last).mapToObj(text::stretch).toArray(int[][]::new);
      boolean[][] counted = new boolean[sequences.length][context];
      for (int s = 0; s < sequences.length; s++) {
        for (int t = 0; t < context; t++) {
          int place = (first + s) * context + t + 1;
          counted[s][t] = place >= units.start(unit) && place < units.end(unit);
        }
      }

      return model.gradient(sequences, counted);
    }
  }
}
