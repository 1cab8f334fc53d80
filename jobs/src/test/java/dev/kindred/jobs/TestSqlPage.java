/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kindred.LocalSpark;
import dev.kindred.sql.KindredCatalog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The queries of docs/sql.md, and what the functions say of the tables, on two runs over the
 * beginning of the embedded corpus that differ in their weights.
 */
class TestSqlPage {
  private static final int PROMPTS = SharedRun.PROMPTS;
  private static final Pattern QUERY = Pattern.compile("```sql\n(.*?)```", Pattern.DOTALL);
  private static final Pattern STATEMENT =
      Pattern.compile("<code>(select .*?)</code>", Pattern.DOTALL);
  private static final Pattern COMMAND =
      Pattern.compile("<code>submit-scripts/kindred.sh (run .*?)</code>", Pattern.DOTALL);

  @TempDir private static Path folder;
  private static List<String> page;
  private static String firstRun;
  private static String secondRun;
  private static CommandLineRun sameAgain;
  private static SparkSession spark;

  @BeforeAll
  static void runTwice() throws IOException {
    page =
        QUERY
            .matcher(
                Files.readString(Path.of(System.getProperty("kindred.home"), "docs", "sql.md")))
            .results()
            .map(found -> found.group(1))
            .toList();
    SharedRun.copyTo(folder.resolve("warehouse"));
    firstRun = SharedRun.runId();
    secondRun = runWithEqualWeights();
    sameAgain = asItsReportSays(secondRun);
    spark = LocalSpark.session().newSession();
    spark.conf().set("spark.sql.catalog.kindred", KindredCatalog.class.getName());
    spark.conf().set("spark.sql.catalog.kindred.warehouse", folder.resolve("warehouse").toString());
  }

  private static String runWithEqualWeights() {
    CommandLineRun run =
        CommandLineRun.of(
            "run",
            "--corpus",
            SharedRun.corpus().toString(),
            "--prompts",
            Integer.toString(PROMPTS),
            "--weights",
            "1,1,1,1,1,1",
            "--warehouse",
            folder.resolve("warehouse").toString());
    assertThat(run.status()).as(run.err()).isZero();
    return SharedRun.runId(run);
  }

  private static String report(String runId) throws IOException {
    return Files.readString(folder.resolve("warehouse/reports").resolve(runId + ".html"));
  }

  private static CommandLineRun asItsReportSays(String runId) throws IOException {
    String command = COMMAND.matcher(report(runId)).results().findFirst().orElseThrow().group(1);
    List<String> arguments =
        new ArrayList<>(List.of(command.replace("\\\n", "").trim().split("\\s+")));
    arguments.addAll(List.of("--warehouse", folder.resolve("warehouse").toString()));
    return CommandLineRun.of(arguments.toArray(String[]::new));
  }

  private static List<Row> query(String sql) {
    return spark.sql(sql).collectAsList();
  }

  /** The page's query with that in it, with the ids of our runs for those of the page. */
  private static List<Row> ofPage(String part) {
    List<String> found = page.stream().filter(query -> query.contains(part)).toList();
    assertThat(found).as("queries with %s", part).hasSize(1);
    return query(withOurRuns(found.get(0)));
  }

  private static String withOurRuns(String query) {
    return query
        .replace("r-20261121-041500-9c1e", firstRun)
        .replace("r-20261122-041500-3f2a", secondRun);
  }

  @Test
  void everyQueryOfThePageHasAnAnswer() {
    assertThat(page).hasSizeGreaterThanOrEqualTo(8);
    for (String query : page) {
      assertThat(query(withOurRuns(query))).as(query).isNotEmpty();
    }
  }

  @Test
  void theLineOfAStringIsThatOfTheText() throws IOException {
    String text = Files.readString(SharedRun.corpus());

    for (Row row : ofPage("kindred.context")) {
      int place = (int) row.getLong(1);
      String string = row.getString(3);
      assertThat(row.getString(0)).isEqualTo(SharedRun.corpus().getFileName().toString());
      assertThat(string).hasSize(10).isEqualTo(text.substring(place, place + 10));
      assertThat(row.getString(2)).isEqualTo(text.substring(Math.max(0, place - 30), place));
      assertThat(row.getString(4))
          .isEqualTo(text.substring(place + 10, Math.min(text.length(), place + 40)));
    }
  }

  /** conf/views.sql, whose last views are plain rows for tools that know no maps. */
  @Test
  void viewsOfPlainRowsAddUp() throws IOException {
    String statements =
        Files.readString(Path.of(System.getProperty("kindred.home"), "conf", "views.sql"));
    for (String statement : statements.replaceAll("(?m)^--.*$", "").split(";")) {
      if (!statement.isBlank()) {
        spark.sql(statement);
      }
    }

    try {
      for (Row row :
          query(
              "select sum(model), sum(strings), sum(honest) from kindred_current.next_tokens"
                  + " group by prompt_id")) {
        assertThat(row.getDouble(0)).isCloseTo(1, within(1e-6));
        assertThat(row.getDouble(1)).isCloseTo(1, within(1e-9));
        assertThat(row.getDouble(2))
            .satisfiesAnyOf(
                sum -> assertThat(sum).isCloseTo(1, within(1e-9)), sum -> assertThat(sum).isZero());
      }

      assertThat(
              query(
                  "select prompt_id, block, sum(count) from kindred_current.block_tokens group by"
                      + " all order by all"))
          .isEqualTo(
              query(
                  "select prompt_id, block, sum(c.value) from kindred.current.block_distributions lateral"
                      + " view explode(map_entries(counts)) e as c group by all order by all"));
      assertThat(query("select count(*) from kindred_current.strings"))
          .isEqualTo(query("select count(*) from kindred.current.similar_strings"));
    } finally {
      spark.sql("drop database kindred_current cascade");
    }
  }

  @Test
  void everyStatementOfTheReportHasAnAnswer() throws IOException {
    List<String> statements =
        STATEMENT
            .matcher(report(firstRun))
            .results()
            .map(found -> found.group(1))
            .map(sql -> sql.replace("&#39;", "'").replace("&gt;", ">").replace("&lt;", "<"))
            .toList();

    assertThat(statements).hasSizeGreaterThanOrEqualTo(10);
    for (String statement : statements) {
      assertThat(query(statement)).as(statement).isNotEmpty();
    }
  }

  @Test
  void theCommandOfTheReportMakesTheSameRun() {
    assertThat(sameAgain.messages())
        .as(sameAgain.err())
        .first()
        .asString()
        .contains("nothing to do: run " + secondRun);
  }

  @Test
  void theWorstPromptsComeFirst() {
    List<Row> worst = ofPage("order by d.hellinger desc");

    double max =
        query(
                "select value from kindred.current.summaries where series = 'similar_strings' and protocol ="
                    + " 'compatible' and quantity = 'hellinger' and statistic = 'max'")
            .get(0)
            .getDouble(0);
    assertThat(worst.get(0).<Double>getAs("hellinger")).isEqualTo(max);
    assertThat(worst)
        .extracting(row -> row.<Double>getAs("hellinger"))
        .isSortedAccordingTo((a, b) -> Double.compare(b, a));
  }

  @Test
  void thePromptItselfIsItsMostSimilarString() {
    List<Row> strings = ofPage("order by s.similarity desc");

    assertThat(strings.get(0).<String>getAs("text"))
        .isEqualTo(
            query("select text from kindred.current.prompts where prompt_id = 57")
                .get(0)
                .getString(0));
    assertThat(strings)
        .allSatisfy(row -> assertThat(row.<Float>getAs("similarity")).isGreaterThan(.76f));
  }

  @Test
  void weightsMakeTheOnlyDifferenceBetweenTheNights() {
    assertThat(ofPage("as change"))
        .hasSize(20)
        .allSatisfy(row -> assertThat(row.<Double>getAs("change")).isNotZero());
    assertThat(
            query(
                String.format(
                    "select count(*) from kindred.`%s`.block_distributions a"
                        + " join kindred.`%s`.block_distributions b using (prompt_id, block)"
                        + " where a.similar_count = b.similar_count and"
                        + " map_entries(a.counts) = map_entries(b.counts)",
                    firstRun, secondRun)))
        .extracting(row -> row.getLong(0))
        .containsExactly(6L * PROMPTS);
  }

  @Test
  void everyPromptHasItsPlaceInTheGroups() {
    assertThat(ofPage("as bits, count").stream().mapToLong(row -> row.<Long>getAs("prompts")).sum())
        .isEqualTo(PROMPTS);
  }

  @Test
  void currentIsTheSecondRun() {
    assertThat(query("select distinct run_id from kindred.current.distances"))
        .extracting(row -> row.getString(0))
        .containsExactly(secondRun);
    assertThat(ofPage("from kindred.runs"))
        .extracting(row -> row.<String>getAs("run_id"))
        .containsExactly(secondRun, firstRun);
  }

  @Test
  void functionsAgreeWithTheTables() {
    for (Row row :
        query(
            "select d.hellinger, kindred.hellinger_distance(a.probabilities, m.probabilities),"
                + " d.hellinger_leave_one_out,"
                + " kindred.hellinger_distance(m.probabilities, a.leave_one_out_probabilities),"
                + " d.model_top_token, kindred.top_tokens(m.probabilities, 1)[0].token_id,"
                + " d.top_token, kindred.top_tokens(a.probabilities, 1)[0].token_id"
                + " from kindred.current.distances d"
                + " join kindred.current.approximations a using (prompt_id)"
                + " join kindred.current.predictions m using (prompt_id)")) {
      for (int i = 0; i < row.size(); i += 2) {
        assertThat(row.get(i)).as(row.toString()).isEqualTo(row.get(i + 1));
      }
    }

    List<Row> similarities =
        query(
            "select s.similarity, kindred.cosine_similarity(a.ffn_out, p.ffn_out)"
                + " from kindred.current.similar_strings s"
                + " join kindred.current.activations a using (block, window_id)"
                + " join kindred.current.prompt_activations p using (block, prompt_id)");
    assertThat(similarities).hasSizeGreaterThan(1000);
    for (Row row : similarities) {
      assertThat((double) row.getFloat(0)).isCloseTo(row.getDouble(1), within(0x1p-24));
    }
  }

  @Test
  void textsOfTokensMakeUpThePrompts() {
    assertThat(
            query(
                "select text, array_join(transform(token_ids, t -> kindred.token_text(t)), '')"
                    + " from kindred.current.prompts"))
        .hasSize(PROMPTS)
        .allSatisfy(row -> assertThat(row.getString(1)).isEqualTo(row.getString(0)));
  }
}
