/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.activation;

import dev.kindred.ContentId;
import dev.kindred.corpus.Prompt;
import dev.kindred.model.Hook;
import dev.kindred.model.ResidualStream;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/** What is at chosen places of the forward pass of prompts. */
public final class HookActivations {
  /** The column that says of which place a row is, beside those of the table's files. */
  public static final String HOOK = "hook";

  private static final StructType SCHEMA = schema();

  private HookActivations() {}

  /** Which positions of prompts are kept. */
  public enum Positions {
    ALL,
    LAST
  }

  private static StructType schema() {
    StructType schema = new StructType().add(HOOK, DataTypes.StringType, false);
    for (StructField column : Tables.HOOK_ACTIVATIONS.fileColumns().fields()) {
      schema = schema.add(column);
    }

    return schema;
  }

  /** Identifies prompts by their token ids, in their order. */
  public static String id(List<Prompt> prompts) {
    ContentId content = new ContentId();
    prompts.forEach(prompt -> content.add(Arrays.toString(prompt.tokenIds())));
    return content.id("p");
  }

  /**
   * How much there is at some places.
   *
   * @param rows of the table
   * @param values numbers in them
   */
  public record Size(long rows, long values) {}

  /**
   * Measures what one prompt leaves, by a pass of it.
   *
   * @param tokenIds what the model reads
   */
  public static Size size(
      ResidualStream model, int[] tokenIds, List<Hook> hooks, Positions positions) {
    long rows = 0;
    long values = 0;
    try (ResidualStream.Pass pass = model.run(new int[][] {tokenIds})) {
      for (Hook hook : hooks) {
        long[] shape = pass.shape(hook);
        long ofAll = Arrays.stream(shape).reduce(1, Math::multiplyExact);
        values += ofAll;
        rows += ofAll / shape[shape.length - 1];
      }
    }

    int of = positions == Positions.ALL ? 1 : tokenIds.length;
    return new Size(rows / of, values / of);
  }

  /**
   * Looks at some places, in one pass of every prompt. Sorts the prompts' tokens at once, and runs
   * the model when the result is asked for.
   *
   * @param prompts that the model can read, of any lengths
   * @param hooks places that the model has
   * @param batchSize prompts that a task runs at once, all of whose rows it holds
   * @return rows with the file columns of {@link Tables#HOOK_ACTIVATIONS} and {@link #HOOK}, in no
   *     order
   */
  public static Dataset<Row> of(
      SparkSession spark,
      List<Prompt> prompts,
      Broadcast<ModelDirectory> model,
      List<Hook> hooks,
      Positions positions,
      int batchSize) {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < prompts.size(); i++) {
      rows.add(RowFactory.create(i, prompts.get(i).tokenIds()));
    }

    Dataset<Row> given =
        spark.createDataFrame(
            rows,
            new StructType()
                .add("prompt_id", DataTypes.IntegerType, false)
                .add("token_ids", DataTypes.createArrayType(DataTypes.IntegerType, false), false));
    int before = model.value().firstToken() == null ? 0 : 1;
    return TappedPrompts.rows(
        given,
        model,
        batchSize,
        (prompts.size() + batchSize - 1) / batchSize,
        SCHEMA,
        (stream, ids, tokenIds) -> rows(stream, ids, tokenIds, before, hooks, positions));
  }

  /**
   * The rows of a batch, whose prompts pass together where they are equally long.
   *
   * @param before how many tokens of each sequence are not the prompt's
   */
  private static List<Row> rows(
      ResidualStream model,
      int[] promptIds,
      int[][] tokenIds,
      int before,
      List<Hook> hooks,
      Positions positions) {
    Map<Integer, List<Integer>> byLength = new TreeMap<>();
    for (int i = 0; i < tokenIds.length; i++) {
      byLength.computeIfAbsent(tokenIds[i].length, length -> new ArrayList<>()).add(i);
    }

    List<Row> rows = new ArrayList<>();
    for (List<Integer> alike : byLength.values()) {
      int[][] sequences = alike.stream().map(i -> tokenIds[i]).toArray(int[][]::new);
      int[] ids = alike.stream().mapToInt(i -> promptIds[i]).toArray();
      try (ResidualStream.Pass pass = model.run(sequences)) {
        for (Hook hook : hooks) {
          addRows(pass, hook, ids, sequences, before, positions, rows);
        }
      }
    }

    return rows;
  }

  private static void addRows(
      ResidualStream.Pass pass,
      Hook hook,
      int[] promptIds,
      int[][] sequences,
      int before,
      Positions positions,
      List<Row> rows) {
    float[] values = positions == Positions.ALL ? pass.all(hook) : pass.last(hook);
    long[] shape = pass.shape(hook); // of all positions
    boolean isOfPairs = hook.point().isOfPairs();
    boolean isOfHeads = shape.length == 4;
    int length = sequences[0].length;
    int kept = positions == Positions.ALL ? length : 1; // positions
    int heads = isOfHeads ? (int) shape[isOfPairs ? 1 : 2] : 1;
    int width = (int) shape[shape.length - 1];
    for (int i = 0; i < sequences.length; i++) {
      int[] prompt = Arrays.copyOfRange(sequences[i], before, length);
      for (int position = 0; position < kept; position++) {
        for (int head = 0; head < heads; head++) {
          int place =
              isOfPairs
                  ? (i * heads + head) * kept + position
                  : (i * kept + position) * heads + head;
          rows.add(
              RowFactory.create(
                  hook.toString(),
                  promptIds[i],
                  prompt,
                  hook.block() == Hook.MODEL ? null : hook.block(),
                  length - kept + position - before,
                  isOfHeads ? head : null,
                  Arrays.copyOfRange(values, place * width, (place + 1) * width)));
        }
      }
    }
  }
}
