/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.serve;

import dev.kindred.InvalidInput;
import dev.kindred.jobs.sql.ReadOnlyQueries;
import java.util.List;

/**
 * A query about the tables, with what it gave.
 *
 * @param sql that was asked; empty for nothing yet
 * @param result null if there is none
 * @param problem what is wrong with the query; empty for nothing
 */
public record QueryView(String sql, ReadOnlyQueries.Result result, String problem) {

  /**
   * A query to begin with.
   *
   * @param question that it answers
   */
  public record Example(String question, String sql) {}

  /** Before anything is asked. */
  static final QueryView NOTHING = new QueryView("", null, "");

  /** Queries to begin with. */
  public static final List<Example> EXAMPLES =
      List.of(
          new Example("Which tables are there?", "show tables"),
          new Example(
              "How near do similar strings, n-grams and other models come?",
              """
              select series, protocol, value as mean_distance
              from kindred.current.summaries
              where quantity = 'hellinger' and statistic = 'mean' and slice is null
              order by value, series, protocol"""),
          new Example(
              "Which prompts are explained worst?",
              """
              select p.text, d.hellinger,
                     kindred.token_text(d.model_top_token) as model_says,
                     kindred.token_text(d.top_token) as strings_say
              from kindred.current.distances d
              join kindred.current.prompts p using (prompt_id)
              order by d.hellinger desc, prompt_id
              limit 10"""),
          new Example(
              "Which strings explain prompt 0 in its last block, and what follows them?",
              """
              select w.text, s.similarity, w.occurrences,
                     transform(kindred.top_tokens(w.next_tokens, 3),
                               t -> concat(kindred.token_text(t.token_id), ' ', bigint(t.value))) as followed_by
              from kindred.current.similar_strings s
              join kindred.current.windows w using (window_id)
              where s.prompt_id = 0
                and s.block = (select max(block) from kindred.current.similar_strings where prompt_id = 0)
              order by s.similarity desc, w.window_id
              limit 20"""),
          new Example(
              "Over which kinds of prompts are they nearer than the best n-gram?",
              """
              select slice, statistic, value as strings_closer_by
              from kindred.current.summaries
              where quantity = 'gain_over_ngram' and slice is not null
              order by slice, statistic"""),
          new Example(
              "Which runs are there?",
              """
              select run_id, status, started_at, settings['thresholds'] as thresholds
              from kindred.runs
              order by started_at desc"""));

  static QueryView of(ReadOnlyQueries.Result result) {
    return new QueryView(result.sql(), result, "");
  }

  static QueryView of(String sql, InvalidInput problem) {
    return new QueryView(sql, null, problem.getMessage());
  }
}
