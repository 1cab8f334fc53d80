/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The SQL that a figure of the report can be had by, over the tables of its run. */
enum Statement {
  DISTANCES(
      """
      select series, protocol, quantity, statistic, value
      from {run}.summaries
      where analysis = 'run' and series in ('similar_strings', 'noise_floor')
        and slice is null and block is null
      order by series, protocol, quantity, statistic"""),
  HISTOGRAM(
      "select least(floor(round(10000 * hellinger_leave_one_out) / 200), 49) / 50 as distance_from,\n"
          + "       count(*) as prompts\n"
          + "from {run}.distances\n"
          + "group by distance_from\n"
          + "order by distance_from"),
  COMPARISONS(
      """
      select series, protocol, statistic, value
      from {run}.summaries
      where analysis = 'run' and slice is null and block is null
        and (quantity in ('hellinger', 'gain_over_ngram') and statistic in ('mean', 'ci95_low', 'ci95_high')
          or quantity = 'fit')
      order by series, protocol, statistic"""),
  ACCURACY(
      "select count(*) as prompts, avg(if(d.model_top_token = w.follows, 1, 0)) as model,\n"
          + "       avg(if(d.leave_one_out_top_token <=> w.follows, 1, 0)) as strings,\n"
          + "       count_if(not d.model_top_token <=> d.leave_one_out_top_token) as differ\n"
          + "from {run}.distances d\n"
          + "join {run}.prompts p using (prompt_id)\n"
          + "join (select window_id, map_keys(next_tokens)[0] as follows from {run}.windows\n"
          + "      where occurrences = 1 and size(next_tokens) = 1) w using (window_id)"),
  SLICES(
      """
      select slice, series, protocol, quantity, statistic, value
      from {run}.summaries
      where analysis = 'run' and slice is not null
      order by slice, series, protocol, quantity, statistic"""),
  BLOCKS(
      "select block, avg(similar_count) as mean, stddev_samp(similar_count) as std,\n"
          + "       min(similar_count) as min, max(similar_count) as max\n"
          + "from {run}.block_distributions\n"
          + "group by block\n"
          + "order by block"),
  JOINS(
      """
      select block, statistic, value
      from {run}.summaries
      where analysis = 'run' and series = 'join'
      order by block, statistic"""),
  CURVES(
      "select block, threshold, hellinger_leave_one_out, hellinger, similar_count\n"
          + "from {run}.threshold_curves\n"
          + "order by block, threshold"),
  AGREEMENT(
      """
      select protocol, quantity, cast(substring(statistic, 5) as int) as first_tokens, value
      from {run}.summaries
      where analysis = 'run' and slice is null
        and quantity in ('first_tokens_in_order', 'first_tokens_in_any_order')
      order by protocol, quantity, first_tokens"""),
  RUN("select *\nfrom kindred.runs\nwhere run_id = '{id}'"),
  PROMPTS(
      "select d.prompt_id, p.text, d.hellinger, d.hellinger_leave_one_out,\n"
          + "       {run}.token_text(d.model_top_token) as model_says,\n"
          + "       {run}.token_text(d.top_token) as strings_say\n"
          + "from {run}.distances d\n"
          + "join {run}.prompts p using (prompt_id)\n"
          + "order by d.hellinger desc, d.prompt_id\n"
          + "limit 100"),
  STRINGS(
      "select s.block, s.similarity, w.text, w.occurrences,\n"
          + "       transform(kindred.top_tokens(w.next_tokens, 5),\n"
          + "                 t -> struct({run}.token_text(t.token_id) as token,"
          + " bigint(t.value) as count)) as followed_by\n"
          + "from {run}.similar_strings s\n"
          + "join {run}.windows w using (window_id)\n"
          + "where s.prompt_id = 0\n"
          + "order by s.block, s.similarity desc, w.window_id"),
  SHARES(
      "select b.block, b.similar_count,\n"
          + "       kindred.top_tokens(kindred.normalize_counts(b.counts), 5) as followed_by,\n"
          + "       kindred.hellinger_distance(kindred.normalize_counts(b.counts),\n"
          + "         {run}.probabilities(m.probabilities, m.final_vector, m.log_normalizer))"
          + " as distance\n"
          + "from {run}.block_distributions b\n"
          + "join {run}.predictions m using (prompt_id)\n"
          + "where b.prompt_id = 0\n"
          + "order by b.block");

  private static final Pattern TABLE =
      Pattern.compile("(?:from|join) (?:\\{run}|kindred)\\.(\\w+)");

  private final String sql;

  Statement(String sql) {
    this.sql = sql;
  }

  String sql() {
    return sql;
  }

  /** Returns the names of the tables that statements read, in order. */
  static String tables(List<String> statements) {
    return statements.stream()
        .flatMap(sql -> TABLE.matcher(sql).results())
        .map(found -> found.group(1))
        .distinct()
        .collect(Collectors.joining(", "));
  }

  /** Returns a statement over one run's tables. */
  static String of(String sql, String runId) {
    return sql.replace("{run}", "kindred.`" + runId + "`").replace("{id}", runId);
  }
}
