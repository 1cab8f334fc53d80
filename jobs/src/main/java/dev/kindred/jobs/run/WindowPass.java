/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.run;

import dev.kindred.jobs.option.TaskOptions;
import dev.kindred.jobs.workspace.Progress;
import dev.kindred.similarity.EvaluatedJoin;
import dev.kindred.similarity.EvaluatedJoin.Cut;
import dev.kindred.similarity.EvaluatedJoin.Side;
import dev.kindred.similarity.Evidence;
import dev.kindred.similarity.SimilarStrings;
import dev.kindred.table.Part;
import dev.kindred.table.Tables;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.SparkSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Evaluates the model on all windows and joins them at once, where no activations are kept. The
 * evidence of each piece of the windows is written when the piece is done: a command that died is
 * taken up after its last piece.
 */
public final class WindowPass {
  private static final Logger LOG = LoggerFactory.getLogger(WindowPass.class);

  private final ModelInput input;
  private final List<Side> sides;
  private final Cut cut;
  private final Part whole;

  /**
   * Prepares a pass.
   *
   * @param sides that are joined
   */
  WindowPass(ModelInput input, List<Side> sides) {
    this.input = input;
    this.sides = sides;
    CorpusInput corpus = input.corpus();
    this.cut =
        cut(
            corpus.spark(),
            corpus.windowsPart().rows(),
            input.tasks(),
            input.tasks().windowsInFlight(corpus.windowLength()));
    this.whole =
        corpus.part(
            Tables.EVIDENCE_PIECES, input.model().id(), corpus.id(), EvaluatedJoin.id(cut, sides));
  }

  /**
   * Cuts the windows.
   *
   * @param batchSize windows that a task evaluates at once
   */
  public static Cut cut(SparkSession spark, long windows, TaskOptions tasks, int batchSize) {
    int cores = spark.sparkContext().defaultParallelism();
    return new Cut(
        windows, batchSize, pieces(windows, (long) tasks.windowsPerTask() * cores), cores);
  }

  /** Pieces that are worth a commit each, but at least so many that next tokens fit. */
  public static int pieces(long windows, long windowsAtOnce) {
    long worthwhile =
        Math.min(DiskNeed.EVIDENCE_PIECES, (windows + windowsAtOnce - 1) / windowsAtOnce);
    return (int) Math.max(1, Math.max(worthwhile, SimilarStrings.pieces(windows)));
  }

  /** Joins the pieces that have not been. */
  void run() {
    Progress progress = input.corpus().progress();
    List<Integer> open =
        IntStream.range(0, cut.count()).filter(piece -> !part(piece).isComplete()).boxed().toList();
    if (open.size() < cut.count()) {
      progress.note("%d of %d pieces are there already", cut.count() - open.size(), cut.count());
    }

    if (open.isEmpty()) {
      return;
    }

    EvaluatedJoin join =
        EvaluatedJoin.of(
            input.corpus().windows(),
            input.model().onExecutors(input.corpus().spark()),
            cut,
            sides);
    LOG.info("pass={} cut={} plan=\"{}\"", whole.name(), cut, join.plan());
    progress.expect(join.windowsDone(), (double) cut.windows() * open.size() / cut.count());
    for (int piece : open) {
      Map<String, Double> before = join.settled();
      part(piece).write(join.evidence(piece), () -> since(before, join.settled()));
    }
  }

  private Part part(int piece) {
    return input
        .corpus()
        .part(
            Tables.EVIDENCE_PIECES,
            input.model().id(),
            input.corpus().id(),
            EvaluatedJoin.id(cut, sides),
            piece);
  }

  /** What a piece's record says of how its pairs were settled. */
  private static Map<String, String> since(Map<String, Double> before, Map<String, Double> after) {
    Map<String, String> added = new TreeMap<>();
    after.forEach(
        (name, number) ->
            added.put(
                name,
                Double.toString(
                    name.endsWith("/axes") ? number : number - before.getOrDefault(name, 0.))));
    return added;
  }

  /** One row a prompt of a side, once all pieces are there. */
  Dataset<Evidence> evidence(Side side) {
    return EvaluatedJoin.merged(whole.read(), side);
  }

  /** The same as {@link SimilarStrings#metrics} has, of a side. */
  Map<String, Double> metrics(Side side) {
    Map<String, Double> sums = new TreeMap<>();
    for (int piece = 0; piece < cut.count(); piece++) {
      part(piece)
          .facts(
              properties -> {
                properties.forEach(
                    (name, value) -> {
                      if (name.startsWith(side.key() + "/")) {
                        sums.merge(
                            name.substring(side.key().length() + 1),
                            Double.parseDouble(value),
                            name.endsWith("/axes") ? Math::max : Double::sum);
                      }
                    });
                return sums;
              });
    }

    double pairs =
        sums.entrySet().stream()
            .filter(sum -> !sum.getKey().equals("axes"))
            .mapToDouble(Map.Entry::getValue)
            .sum();
    sums.replaceAll((name, sum) -> name.equals("axes") ? sum : sum / Math.max(1, pairs));
    return sums;
  }

  /**
   * Deletes the pieces, once what was made of them is there, and those that passes over the same
   * windows have left which died, as with another number of cores.
   */
  void delete() {
    input.corpus().part(Tables.EVIDENCE_PIECES, input.model().id(), input.corpus().id()).delete();
  }
}
