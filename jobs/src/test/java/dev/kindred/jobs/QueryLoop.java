/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * A reader, as a process of its own: asks the same question again and again, in one session, and
 * prints each answer as a line of its columns.
 */
final class QueryLoop {
  /** Everything in it is of one run if the first five columns are one id. */
  private static final String QUESTION =
      """
      select
        (select concat_ws(',', collect_set(run_id)) from kindred.current.runs),
        (select concat_ws(',', collect_set(run_id)) from kindred.current.distances),
        (select concat_ws(',', collect_set(run_id)) from kindred.current.summaries),
        (select concat_ws(',', collect_set(run_id)) from kindred.current.approximations),
        (select concat_ws(',', collect_set(run_id)) from kindred.current.block_distributions),
        (select count(*) from kindred.current.distances join kindred.current.prompts using (prompt_id)),
        (select value from kindred.current.summaries where series = 'similar_strings' and protocol = 'compatible' and quantity = 'prompts' and slice is null),
        (select count(*) from kindred.current.block_distributions),
        (select avg(hellinger) from kindred.current.distances),
        (select value from kindred.current.summaries where series = 'similar_strings' and protocol = 'compatible' and quantity = 'hellinger' and statistic = 'mean' and slice is null)
      """;

  private static final int RUN_IDS = 5;
  private static final int BLOCKS = 6;
  private static final long PAUSE_MILLIS = 1000; // others share the cores

  private QueryLoop() {}

  /**
   * An answer.
   *
   * @param runIds of each table
   */
  record Answer(
      List<String> runIds,
      double distances,
      double prompts,
      double blockDistributions,
      double mean,
      double recordedMean) {

    static Answer parse(String line) {
      String[] words = line.split(" ");
      double[] numbers = new double[words.length - RUN_IDS];
      for (int i = 0; i < numbers.length; i++) {
        numbers[i] = Double.parseDouble(words[RUN_IDS + i]);
      }

      return new Answer(
          List.of(words).subList(0, RUN_IDS),
          numbers[0],
          numbers[1],
          numbers[2],
          numbers[3],
          numbers[4]);
    }

    String runId() {
      return runIds.get(0);
    }

    /** Whether it is the whole of one run. */
    boolean isOfOneRun() {
      return runIds.stream().distinct().count() == 1
          && runId().matches("r-[0-9a-z-]+")
          && distances == prompts
          && blockDistributions == BLOCKS * prompts
          && Math.abs(mean - recordedMean) < 1e-9;
    }
  }

  /** Never ends by itself. Spark's settings come from system properties. */
  public static void main(String[] arguments) throws InterruptedException {
    SparkSession spark = SparkSession.builder().appName("reader").getOrCreate();
    while (true) {
      Row answer = spark.sql(QUESTION).first();
      List<String> columns = new ArrayList<>();
      for (int i = 0; i < answer.length(); i++) {
        columns.add(String.valueOf(answer.get(i)));
      }

      System.out.println(String.join(" ", columns));
      Thread.sleep(PAUSE_MILLIS);
    }
  }
}
