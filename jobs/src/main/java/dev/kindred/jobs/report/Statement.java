/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

/** The SQL that a figure of the report can be had by, over the tables of its run. */
enum Statement {
  DISTANCES(
      "select metric, value\n"
          + "from {run}.summaries\n"
          + "where metric rlike '^(compatible|honest|noise_floor)[.](hellinger|top1|prompts)'\n"
          + "order by metric"),
  HISTOGRAM(
      "select least(floor(50 * hellinger), 49) / 50 as distance_from, count(*) as prompts\n"
          + "from {run}.distances\n"
          + "group by distance_from\n"
          + "order by distance_from"),
  COMPARISONS(
      "select metric, value\n"
          + "from {run}.summaries\n"
          + "where metric rlike '^(compatible[.]|honest[.]|noise_floor[.])?(ngram[.]|baseline[.].*)?hellinger[.](mean|ci95)'\n"
          + "   or metric rlike '^honest[.]gain_over_ngram[.]|^baseline[.].*(order|windows|held_out|is_ngram)'\n"
          + "order by metric"),
  ACCURACY(
      "select count(*) as prompts, avg(if(d.model_top_token = w.follows, 1, 0)) as model,\n"
          + "       avg(if(d.leave_one_out_top_token <=> w.follows, 1, 0)) as strings,\n"
          + "       count_if(not d.model_top_token <=> d.leave_one_out_top_token) as differ\n"
          + "from {run}.distances d\n"
          + "join {run}.prompts p using (prompt_id)\n"
          + "join (select window_id, map_keys(next_tokens)[0] as follows from {run}.windows\n"
          + "      where occurrences = 1 and size(next_tokens) = 1) w using (window_id)"),
  SLICES(
      "select metric, value\n"
          + "from {run}.summaries\n"
          + "where metric like 'slice.%'\n"
          + "order by metric"),
  BLOCKS(
      "select block, avg(similar_count) as mean, stddev_samp(similar_count) as std,\n"
          + "       min(similar_count) as min, max(similar_count) as max\n"
          + "from {run}.block_distributions\n"
          + "group by block\n"
          + "order by block"),
  JOINS(
      "select metric, value\n"
          + "from {run}.summaries\n"
          + "where metric rlike '^block[.][0-9]+[.]join[.]'\n"
          + "order by metric"),
  CURVES(
      "select block, threshold, hellinger_leave_one_out, hellinger, similar_count\n"
          + "from {run}.threshold_curves\n"
          + "order by block, threshold"),
  AGREEMENT(
      "select metric, value\n"
          + "from {run}.summaries\n"
          + "where metric rlike '[.]top[.][0-9]+[.]'\n"
          + "order by metric"),
  ABLATIONS(
      "select block, context, removed, avg(hellinger) as mean, stddev_samp(hellinger) as std\n"
          + "from {run}.ablations\n"
          + "group by block, context, removed\n"
          + "order by block, context, removed"),
  BLOCK_VECTORS(
      "select block, avg(norm_in), avg(norm_attention), avg(norm_ffn), avg(norm_out),\n"
          + "       avg(cosine_in_attention), avg(cosine_attention_ffn), avg(cosine_ffn_out)\n"
          + "from {run}.block_vectors\n"
          + "group by block\n"
          + "order by block"),
  DIRECTIONS(
      "select block, avg(cosine_without_attention) as cosine, avg(norm_ratio) as norm_ratio\n"
          + "from {run}.directions\n"
          + "group by block\n"
          + "order by block"),
  PERTURBATIONS(
      "select perturbation, avg(cosine) as cosine, avg(normed_cosine) as normed_cosine,\n"
          + "       avg(hellinger) as hellinger\n"
          + "from {run}.perturbations\n"
          + "group by perturbation\n"
          + "order by perturbation"),
  ALIGNMENTS(
      "select directions, block, avg(considered) as considered,\n"
          + "       avg(if(agrees, 1, 0)) as agreement\n"
          + "from {run}.alignments\n"
          + "group by directions, block\n"
          + "order by directions, block"),
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
          + "       kindred.hellinger_distance(kindred.normalize_counts(b.counts), m.probabilities)"
          + " as distance\n"
          + "from {run}.block_distributions b\n"
          + "join {run}.predictions m using (prompt_id)\n"
          + "where b.prompt_id = 0\n"
          + "order by b.block");

  private final String sql;

  Statement(String sql) {
    this.sql = sql;
  }

  /** The statement over one run's tables. */
  String of(String runId) {
    return sql.replace("{run}", "kindred.`" + runId + "`").replace("{id}", runId);
  }
}
