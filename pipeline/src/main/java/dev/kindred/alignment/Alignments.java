/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.alignment;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.map_keys;
import static org.apache.spark.sql.functions.map_values;
import static org.apache.spark.sql.functions.size;

import dev.kindred.model.ModelShape;
import dev.kindred.table.Figures;
import dev.kindred.table.Figures.Measure;
import dev.kindred.table.StoredVectors;
import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Whether what a block's feed-forward network adds for a prompt points at the tokens that follow
 * the prompt's similar strings (appendix V of the study "Beyond Self-Attention").
 *
 * <p>All tokens are placed by the cosine of the block's output and the tokens' {@link Directions}.
 * A block agrees on a prompt if every token of its own approximation that counts, {@link
 * Considered}, is placed in the first half. The approximation is that of the study, with the
 * prompt's own window as evidence.
 */
public final class Alignments {
  /** What the quantity of each {@link #agreement} begins with; the use of directions follows. */
  public static final String AGREEMENT = "agreement_";

  private Alignments() {}

  /**
   * Places tokens.
   *
   * @param activations rows of {@link Tables#PROMPT_ACTIVATIONS} of a run's model and prompt set
   * @param blockDistributions rows of {@link Tables#BLOCK_DISTRIBUTIONS} of the run
   * @param sets directions of the same tokens
   * @return one row a prompt with evidence in a block, block, and set that is meant for the block,
   *     for {@link #of}
   */
  public static Dataset<Row> measure(
      Dataset<Row> activations, Dataset<Row> blockDistributions, Broadcast<List<Directions>> sets) {
    StructType schema = new StructType().add("directions", DataTypes.StringType);
    for (var column : Tables.ALIGNMENTS.fileColumns().fields()) {
      schema = schema.add(column);
    }

    return activations
        .select("block", "prompt_id", "ffn_out")
        .join(
            blockDistributions
                .where(size(col("counts")).gt(0))
                .select("block", "prompt_id", "counts"),
            new String[] {"block", "prompt_id"},
            "inner")
        .select(
            col("block"),
            col("prompt_id"),
            col("ffn_out"),
            map_keys(col("counts")),
            map_values(col("counts")))
        .flatMap(new Place(sets), Encoders.row(schema));
  }

  /**
   * Rows with the file columns of {@link Tables#ALIGNMENTS} of one set of directions, by block and
   * prompt.
   *
   * @param key of the directions
   */
  public static Dataset<Row> of(Dataset<Row> measured, String key) {
    return measured
        .where(col("directions").equalTo(key))
        .drop("directions")
        .sort("block", "prompt_id");
  }

  /** Returns how often a block agrees by some directions: statistics mean and prompts. */
  public static Measure agreement(Directions directions, int block) {
    return Measure.of(directions.source(), AGREEMENT + directions.use()).block(block);
  }

  /** Returns how many tokens a prompt has that count in a block. */
  public static Measure considered(int block) {
    return Measure.of("considered", "tokens").block(block);
  }

  /** Returns how often a block would agree with places at random. */
  public static Measure chance(int block) {
    return Measure.of("chance", "agreement").block(block);
  }

  /**
   * Returns the {@link #agreement} of each block: its mean is a share of prompts, in [0, 1], and
   * prompts is the number of those with evidence in the block.
   *
   * @param alignments rows of {@link Tables#ALIGNMENTS} of one run and set of directions
   */
  public static Figures agreement(Dataset<Row> alignments, Directions directions) {
    Figures figures = new Figures();
    for (Row row :
        alignments
            .groupBy("block")
            .agg(functions.count_if(col("agrees")), functions.count(functions.lit(1)))
            .sort("block")
            .collectAsList()) {
      figures
          .put(
              agreement(directions, row.getInt(0)),
              "mean",
              row.getLong(1) / (double) row.getLong(2))
          .put(agreement(directions, row.getInt(0)), "prompts", row.getLong(2));
    }

    return figures;
  }

  /**
   * Returns what is the same for all directions. Of a block in which no prompt has evidence there
   * is only without_evidence:
   *
   * <ul>
   *   <li>{@link #considered}: mean, std, min and max; without_evidence, the prompts that are left
   *       out
   *   <li>{@link #chance}: closed_form, the mean over prompts of C(h, n) / C(V, n), where n tokens
   *       of V are considered and h = V / 2, rounded down; simulated_mean, simulated_std and
   *       simulated_error, the same by the study's simulation, with the deviation over its
   *       repetitions and the mean's standard error
   * </ul>
   *
   * @param alignments rows of {@link Tables#ALIGNMENTS} of one run and a set of directions that is
   *     meant for all blocks
   * @param shape of the run's model; V is its vocabulary's size
   * @param prompts of the run
   */
  public static Figures chance(Dataset<Row> alignments, ModelShape shape, long prompts) {
    List<SortedMap<Integer, Long>> blocks = new ArrayList<>(); // prompts by n
    for (int block = 0; block < shape.blocks(); block++) {
      blocks.add(new TreeMap<>());
    }

    for (Row row : alignments.groupBy("block", "considered").count().collectAsList()) {
      blocks.get(row.getInt(0)).put(row.getInt(1), row.getLong(2));
    }

    Figures figures = new Figures();
    for (int block = 0; block < shape.blocks(); block++) {
      SortedMap<Integer, Long> considered = blocks.get(block);
      long measured = considered.values().stream().mapToLong(Long::longValue).sum();
      figures.put(considered(block), "without_evidence", prompts - measured);
      if (measured > 0) {
        describe(figures, considered(block), considered);
        int tokens = shape.vocabularySize();
        figures.put(chance(block), "closed_form", Chance.closedForm(tokens, considered));
        Chance.Simulated simulated = Chance.simulate(tokens, considered, block);
        figures
            .put(chance(block), "simulated_mean", simulated.mean())
            .put(chance(block), "simulated_std", simulated.std())
            .put(chance(block), "simulated_error", simulated.error());
      }
    }

    return figures;
  }

  /** Describes whole numbers by how often each occurs. */
  private static void describe(
      Figures figures, Measure measure, SortedMap<Integer, Long> occurrences) {
    long count = 0;
    long sum = 0;
    for (Map.Entry<Integer, Long> value : occurrences.entrySet()) {
      count += value.getValue();
      sum += value.getKey() * value.getValue();
    }

    double mean = sum / (double) count;
    double squares = 0;
    for (Map.Entry<Integer, Long> value : occurrences.entrySet()) {
      squares += value.getValue() * (value.getKey() - mean) * (value.getKey() - mean);
    }

    figures
        .put(measure, "mean", mean)
        .put(measure, "std", count > 1 ? Math.sqrt(squares / (count - 1)) : 0)
        .put(measure, "min", occurrences.firstKey())
        .put(measure, "max", occurrences.lastKey());
  }

  private static final class Place implements FlatMapFunction<Row, Row> {
    private static final long serialVersionUID = 1L;

    private final Broadcast<List<Directions>> sets;

    private Place(Broadcast<List<Directions>> sets) {
      this.sets = sets;
    }

    @Override
    public Iterator<Row> call(Row output) {
      int block = output.getInt(0);
      float[] ffnOut = StoredVectors.floats(output, 2);
      int[] considered =
          Considered.of(StoredVectors.ints(output, 3), StoredVectors.longs(output, 4));
      return sets.value().stream()
          .filter(directions -> directions.isFor(block))
          .map(
              directions -> {
                int worst = directions.worstRank(ffnOut, considered);
                return RowFactory.create(
                    directions.key(),
                    block,
                    output.getInt(1),
                    considered.length,
                    worst,
                    worst <= directions.tokens() / 2);
              })
          .iterator();
    }
  }
}
