/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kindred.table.Tables;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code kindred serve} as a browser or a script meets it. */
class TestServe {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  private static final int PORT = freePort();

  private static Thread server;
  private static String corpus;

  @BeforeAll
  static void start() throws Exception {
    corpus = Files.readString(SharedRun.corpus());
    String warehouse = SharedRun.warehouse().toString();
    server =
        new Thread(
            () -> Kindred.run("serve", "--warehouse", warehouse, "--port", Integer.toString(PORT)));
    server.start();
    while (!isThere()) {
      assertThat(server.isAlive()).isTrue();
      Thread.sleep(50);
    }
  }

  @AfterAll
  static void stop() throws InterruptedException {
    server.interrupt();
    server.join();
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static boolean isThere() throws InterruptedException {
    try {
      return get("/words").statusCode() == 200;
    } catch (IOException e) {
      return false;
    }
  }

  private static HttpResponse<String> get(String address) throws IOException, InterruptedException {
    return CLIENT.send(request(address), HttpResponse.BodyHandlers.ofString());
  }

  private static HttpRequest request(String address) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + PORT + address)).build();
  }

  private static String of(String page, String text) {
    return "/" + page + "?text=" + URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private static JsonNode json(String page, String text) throws Exception {
    HttpResponse<String> answer = get(of(page + ".json", text));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return JSON.readTree(answer.body());
  }

  private static JsonNode withoutTime(JsonNode explained) {
    ((ObjectNode) explained.get("read")).remove("seconds");
    return explained;
  }

  private static List<Row> prompts() {
    return RunRows.with(
        SharedRun.warehouse(),
        found ->
            found
                .part(Tables.PROMPTS, RunRows.promptSet(found))
                .read()
                .join(found.read(Tables.DISTANCES), "prompt_id")
                .select("text", "hellinger", "hellinger_leave_one_out")
                .collectAsList());
  }

  @Test
  void promptsOfTheRunHaveItsDistancesAlsoWhenAllAreAskedAtOnce() throws Exception {
    Map<Row, CompletableFuture<HttpResponse<String>>> answers = new HashMap<>();
    for (Row prompt : prompts()) {
      answers.put(
          prompt,
          CLIENT.sendAsync(
              request(of("explain.json", prompt.getString(0))),
              HttpResponse.BodyHandlers.ofString()));
    }

    assertThat(answers).hasSizeGreaterThan(10);
    for (Row prompt : answers.keySet()) {
      JsonNode explained = JSON.readTree(answers.get(prompt).join().body()).get("prompts").get(0);
      assertThat(explained.get("text").asText()).isEqualTo(prompt.getString(0));
      assertThat(explained.get("compatible").get("hellinger").asDouble())
          .isEqualTo(prompt.getDouble(1));
      assertThat(explained.get("leave_one_out").get("hellinger").asDouble())
          .isEqualTo(prompt.getDouble(2));
    }
  }

  private static HttpResponse<String> query(String page, String sql) throws Exception {
    return get("/" + page + "?sql=" + URLEncoder.encode(sql, StandardCharsets.UTF_8));
  }

  @Test
  void aQueryGivesWhatTheCommandSqlDoes() throws Exception {
    String sql =
        "select prompt_id, hellinger, null as nothing from kindred.current.distances order by prompt_id";

    CommandLineRun bySql =
        CommandLineRun.of(
            "sql", "--warehouse", SharedRun.warehouse().toString(), "--format", "csv", "-e", sql);
    HttpResponse<String> saved =
        get("/sql?save=csv&sql=" + URLEncoder.encode(sql, StandardCharsets.UTF_8));

    assertThat(saved.body().replace("\r\n", "\n")).isEqualTo(bySql.out());
    JsonNode found = JSON.readTree(query("sql.json", sql).body());
    assertThat(found.get("columns").toString())
        .isEqualTo("[\"prompt_id\",\"hellinger\",\"nothing\"]");
    assertThat(found.get("rows")).hasSize(SharedRun.PROMPTS);
    assertThat(query("sql", sql).body()).contains(SharedRun.PROMPTS + " rows", "NULL");
  }

  @Test
  void sqlCountsTextsOfTheCorpus() throws Exception {
    String said = "said";
    int plain = corpus.split(said, -1).length - 1;
    JsonNode counted =
        JSON.readTree(
            query(
                    "sql.json",
                    "select kindred.corpus_count('said'), kindred.corpus_count(''),"
                        + " kindred.corpus_count('\u2603'), kindred.corpus_count(null)")
                .body());
    JsonNode windows =
        JSON.readTree(
            query(
                    "sql.json",
                    "select count(*), sum(abs(kindred.corpus_count(text) - occurrences)) from"
                        + " kindred.current.windows")
                .body());

    assertThat(counted.has("rows")).as(counted.toString()).isTrue();
    assertThat(counted.get("rows").get(0).toString())
        .isEqualTo("[\"" + plain + "\",\"0\",\"0\",null]");
    assertThat(windows.get("rows").get(0).get(0).asInt()).isGreaterThan(1000);
    assertThat(windows.get("rows").get(0).get(1).asInt())
        .as("only the window at the very end may stand once more")
        .isLessThanOrEqualTo(1);
  }

  @Test
  void queriesToBeginWithAreAnswered() throws Exception {
    JsonNode examples = JSON.readTree(get("/sql.json").body());
    assertThat(examples).hasSizeGreaterThan(4);
    for (JsonNode example : examples) {
      HttpResponse<String> answer = query("sql.json", example.get("sql").asText());
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      assertThat(JSON.readTree(answer.body()).get("rows")).isNotEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "drop table kindred.current.distances",
        "create table kindred.x as select 1",
        "create temporary view v as select 1",
        "insert into kindred.current.distances select * from kindred.current.distances",
        "set spark.sql.ansi.enabled = false",
        "add jar 'x.jar'",
        "explain select 1",
        "begin select 1; end",
        "execute immediate 'drop table x'",
        "select 1; select 2",
        "select * from csv.`/etc/passwd`",
        "select * from text.`/etc/passwd`",
        "select transform(a) using 'cat' from (select 1 as a)",
        "select reflect('java.lang.System', 'getProperty', 'user.home')",
        "select try_reflect('java.lang.System', 'getProperty', 'user.home')",
        "select (select max(java_method('java.lang.Math', 'abs', -1)))",
        "with w as (select reflect('java.lang.Math', 'abs', -1) as a) select * from w",
        "select 1 where exists (select transform(a) using 'cat' from (select 1 as a))",
        "select * from range(3) order by reflect('java.lang.Math', 'abs', -1)",
        "select filter(array(1), x -> reflect('java.lang.Math', 'abs', -1) = 1)",
        "select identifier('reflect')('java.lang.Math', 'abs', -1)",
        "select * from nowhere",
        "select",
        ""
      })
  void whatDoesNotOnlyReadTablesIsRefused(String sql) throws Exception {
    HttpResponse<String> answer = query("sql.json", sql.isEmpty() ? "--" : sql);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
    assertThat(JSON.readTree(answer.body()).get("error").asText()).startsWith("sql: ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "select repeat('x', 2000000000)",
        "select lpad('x', 2000000000), rpad('x', 2000000000)",
        "select length(space(2000000000))",
        "select concat_ws(',', collect_list(id)) from range(1000000000)",
        "select size(array_repeat(1, 2000000000))",
        "select * from (select explode(sequence(1, 2000000000)))",
        "select identifier('repeat')('x', 2000000000)",
        "select median(id) from range(10000000000)",
        "select approx_count_distinct(id, 0.00001) from range(10)",
        "select count(*) from range(0, 10, 1, 2000000000)",
        "select a.* from range(3) lateral view stack(2000000000, 1, 2) a",
        "select window(now(), '1000 days', '1 microsecond')",
        "select /*+ repartition(2000000000) */ 1",
        "with recursive r as (select 'x' as s union all select s || s from r) select * from r",
        "select aggregate(array(1, 2, 3), 'x', (s, i) -> concat(s, s))"
      })
  void whatCanExhaustTheMemoryIsRefused(String sql) throws Exception {
    HttpResponse<String> answer = query("sql.json", sql);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
    assertThat(JSON.readTree(answer.body()).get("error").asText())
        .startsWith("sql: ")
        .contains("not answered here")
        .doesNotContain("\n");
  }

  @Test
  void aTextThatIsDoubledAgainAndAgainIsRefused() throws Exception {
    String doubled = "select 'x' as s";
    for (int i = 0; i < 31; i++) {
      doubled = "select s || s as s from (" + doubled + ")";
    }

    HttpResponse<String> answer = query("sql.json", doubled);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
    assertThat(answer.body()).contains("a query that joins 62 values is not answered here");
    assertThat(query("sql.json", "select 'a' || 'b' || 'c'").body()).contains("abc");
  }

  @Test
  void theNGramIsAsFarAsTheRunHasIt() throws Exception {
    List<Row> measured =
        RunRows.with(
            SharedRun.warehouse(),
            found ->
                found
                    .part(Tables.PROMPTS, RunRows.promptSet(found))
                    .read()
                    .join(
                        found.read(Tables.BASELINES).withColumnRenamed("hellinger", "far"),
                        "prompt_id")
                    .join(
                        found.read(Tables.BASELINE_FITS).where("is_strongest").select("baseline"),
                        "baseline")
                    .select("text", "far")
                    .collectAsList());
    assertThat(measured).hasSize(SharedRun.PROMPTS);
    for (Row prompt : measured.subList(0, 10)) {
      JsonNode found = json("ngram", prompt.getString(0));
      assertThat(found.get("hellinger").asDouble()).isEqualTo(prompt.getDouble(1));
      assertThat(found.get("name").asText()).contains("n-gram");
      assertThat(get(of("explain", prompt.getString(0))).body())
          .contains(found.get("name").asText());
    }
  }

  @Test
  void anAnswerIsThatOfTheCommandExplain() throws Exception {
    String text = prompts().get(3).getString(0);

    CommandLineRun bySpark =
        CommandLineRun.of(
            "explain",
            "--by-spark",
            "--json",
            "--warehouse",
            SharedRun.warehouse().toString(),
            text);

    assertThat(withoutTime(json("explain", text)))
        .isEqualTo(withoutTime(JSON.readTree(bySpark.out())));
  }

  /** What the page's sliders add up, with the settings that are in force. */
  @Test
  void evidenceBySimilarityAddsUpToTheExplanation() throws Exception {
    for (int prompt : new int[] {0, 5, 9}) {
      String text = prompts().get(prompt).getString(0);
      JsonNode found = json("bins", text);
      JsonNode explained = json("explain", text).get("prompts").get(0);
      for (boolean isHonest : new boolean[] {false, true}) {
        double[] mixed = new double[found.get("tokens").size()];
        for (int block = 0; block < found.get("blocks").size(); block++) {
          JsonNode bins = found.get("blocks").get(block);
          double[] counts = new double[mixed.length];
          long strings = 0;
          for (int bin = 0; bin < bins.get("bins").size(); bin++) {
            JsonNode one = bins.get("bins").get(bin);
            if (one.get("above").asDouble() >= bins.get("threshold").asDouble()) {
              strings += one.get("strings").asLong();
              for (int i = 0; i < one.get("tokens").size(); i++) {
                counts[one.get("tokens").get(i).asInt()] += one.get("counts").get(i).asDouble();
              }

              for (int i = 0;
                  isHonest && bin == bins.get("own_bin").asInt() && i < mixed.length;
                  i++) {
                counts[i] -= found.get("tokens").get(i).get("own").asDouble();
              }
            }
          }

          assertThat(strings)
              .isEqualTo(explained.get("blocks").get(block).get("similar_count").asLong());
          for (int i = 0; i < mixed.length; i++) {
            mixed[i] += bins.get("weight").asDouble() * counts[i];
          }
        }

        double sum = Arrays.stream(mixed).sum();
        double squares = found.get("others").asDouble();
        for (int i = 0; i < mixed.length; i++) {
          double model = found.get("tokens").get(i).get("model").asDouble();
          squares += Math.pow(Math.sqrt(mixed[i] / sum) - Math.sqrt(model), 2);
        }

        assertThat(sum == 0 ? 1 : Math.sqrt(squares / 2))
            .isCloseTo(
                explained
                    .get(isHonest ? "leave_one_out" : "compatible")
                    .get("hellinger")
                    .asDouble(),
                within(1e-9));
      }
    }
  }

  @Test
  void everyPositionOfATextIsExplainedAsItIsAlone() throws Exception {
    String text = corpus.substring(300, 330);

    JsonNode positions = json("text", text).get("positions");

    assertThat(positions).hasSize(30);
    for (int at = 0; at < 30; at++) {
      JsonNode position = positions.get(at);
      assertThat(position.get("token").asText()).isEqualTo(text.substring(at, at + 1));
      if (at < 10) {
        assertThat(position.get("hellinger").isNull()).isTrue();
      } else if (at % 5 == 0) {
        assertThat(position.get("hellinger"))
            .isEqualTo(
                json("explain", text.substring(at - 10, at))
                    .get("prompts")
                    .get(0)
                    .get("compatible")
                    .get("hellinger"));
      }
    }
  }

  @Test
  void aTextIsCountedWhereverItStands() throws Exception {
    for (String text : List.of("the ", "e", corpus.substring(500, 550), "zzzzqqqq")) {
      JsonNode counted = json("count", text);

      List<Integer> positions = new ArrayList<>();
      Map<String, Integer> following = new HashMap<>();
      for (int at = corpus.indexOf(text); at >= 0; at = corpus.indexOf(text, at + 1)) {
        positions.add(at);
        int end = at + text.length();
        if (end < corpus.length()) {
          following.merge(corpus.substring(end, end + 1), 1, Integer::sum);
        }
      }

      assertThat(counted.get("count").asInt()).isEqualTo(positions.size());
      assertThat(counted.get("places")).hasSize(Math.min(20, positions.size()));
      for (int i = 0; i < counted.get("places").size(); i++) {
        assertThat(counted.get("places").get(i).get("position").asInt())
            .isEqualTo(positions.get(i));
      }

      for (JsonNode next : counted.get("following")) {
        assertThat(next.get("count").asInt()).isEqualTo(following.get(next.get("text").asText()));
      }
    }
  }

  @Test
  void partsOfATextThatStandInTheCorpusAreFoundAsLongAsTheyAre() throws Exception {
    String known = corpus.substring(1000, 1060);
    String text = "zqxj " + known + "zqxj";

    JsonNode longest = json("trace", text).get("spans").get(0);

    assertThat(longest.get("text").asText()).contains(known);
    assertThat(corpus).contains(longest.get("text").asText());
    int from = longest.get("from").asInt();
    int to = from + longest.get("tokens").asInt();
    assertThat(corpus).doesNotContain(text.substring(from - 1, to));
    assertThat(corpus).doesNotContain(text.substring(from, to + 1));
  }

  @Test
  void everyPageIsThereAsHtmlAndAsJson() throws Exception {
    String run = SharedRun.runId();
    String text = "?text=" + URLEncoder.encode(corpus.substring(300, 310), StandardCharsets.UTF_8);
    for (String page :
        List.of(
            "/runs",
            "/runs/" + run,
            "/runs/" + run + "?q=th&order=best&from=0",
            "/explain" + text,
            "/text" + text,
            "/lens" + text,
            "/trace" + text,
            "/count" + text,
            "/strings/0",
            "/documents?document=" + SharedRun.corpus().getFileName() + "&at=700&tokens=20",
            "/runs/" + run + "?low=3&high=9",
            "/compare?a=" + run + "&b=" + run,
            "/words")) {
      HttpResponse<String> html = get(page);
      assertThat(html.statusCode()).as(page).isEqualTo(200);
      assertThat(html.body()).contains("</html>").doesNotContain(">null<", "\"null\"");
      HttpResponse<String> json = get(page.replaceFirst("(\\?|$)", ".json$1"));
      assertThat(json.statusCode()).as(page).isEqualTo(200);
      assertThat(JSON.readTree(json.body()).isContainerNode()).isTrue();
    }
  }

  @Test
  void aDocumentIsShownAroundAPlace() throws Exception {
    for (int at : new int[] {0, 700, corpus.length() - 5}) {
      HttpResponse<String> answer =
          get(
              "/documents.json?document="
                  + SharedRun.corpus().getFileName()
                  + "&tokens=20&at="
                  + at);
      JsonNode found = JSON.readTree(answer.body());
      String before = found.get("place").get("before").asText();
      String after = found.get("place").get("after").asText();

      assertThat(found.get("tokens").asInt()).isEqualTo(corpus.length());
      assertThat(found.get("text").asText())
          .isEqualTo(corpus.substring(at, Math.min(corpus.length(), at + 20)));
      assertThat(corpus.substring(0, at)).endsWith(before);
      assertThat(corpus.substring(Math.min(corpus.length(), at + 20))).startsWith(after);
      assertThat(before.length()).isEqualTo(Math.min(at, 3000));
    }
  }

  @Test
  void markupInATextIsShownAsText() throws Exception {
    String markup = URLEncoder.encode("<script>alert('\"')</script>", StandardCharsets.UTF_8);
    for (String address :
        List.of(
            "/runs/" + SharedRun.runId() + "?q=" + markup,
            "/explain?text=" + markup,
            "/count?run=" + SharedRun.runId() + "&text=" + markup,
            "/runs?x=" + markup)) {
      assertThat(get(address).body()).as(address).contains("</html>").doesNotContain("<script>a");
    }
  }

  @Test
  void whatCannotBeAnsweredIsSaidInALine() throws Exception {
    for (String address :
        List.of(
            of("explain.json", "short"),
            of("explain.json", "no such token: \u2603 in it"),
            "/explain.json",
            "/explain.json?strings=0&text=0123456789",
            "/strings/x.json",
            "/strings/999999999.json",
            "/runs/r-none.json",
            "/runs/..%2F..%2Fetc%2Fpasswd.json",
            "/compare.json?a=r-none&b=r-none",
            of("text.json", "a".repeat(500)))) {
      HttpResponse<String> answer = get(address);

      assertThat(answer.statusCode()).as(address).isEqualTo(400);
      assertThat(JSON.readTree(answer.body()).get("error").asText())
          .as(address)
          .isNotEmpty()
          .doesNotContain("\n", "Exception");
    }

    assertThat(get("/nothing/of/that").statusCode()).isEqualTo(404);
  }
}
