/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import static org.apache.spark.sql.functions.col;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.LocalSpark;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The figures that are known of TinyShakespeare: 1,115,394 characters, SHA-256 86c4e6aa9db7c042ec79
 * f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed. The text is not part of the project; without it
 * these tests are skipped.
 */
@ExtendWith(LocalSpark.class)
class TestTinyShakespeare {
  private static final String VARIABLE = "KINDRED_TINYSHAKESPEARE";
  private static final int LENGTH = 10;

  private static String tokenizer;
  private static CorpusScan scan;
  private static Dataset<Row> windows;
  private static List<Row> prompts;

  @BeforeAll
  static void extract(SparkSession spark) throws IOException {
    String text = System.getenv(VARIABLE);
    if (text == null) {
      return;
    }

    Path models = Path.of(System.getProperty("kindred.home"), "models");
    tokenizer = Files.readString(models.resolve("tinyshakespeare/tokenizer.json"));
    Corpus corpus = Corpus.open(spark, text, Corpus.Format.TEXT, "text");
    scan = CorpusScan.scan(corpus, tokenizer, LENGTH);
    windows = Windows.extract(spark, corpus, scan, tokenizer, LENGTH).cache();
    prompts = Prompts.draw(spark, windows, windows.count(), 20_000, 1337).collectAsList();
  }

  /** Before each test, not before all: only then are skipped tests counted. */
  @BeforeEach
  void needsTheText() {
    Assumptions.assumeTrue(
        windows != null,
        "needs the environment variable " + VARIABLE + " with the text file's path");
  }

  @AfterAll
  static void release() {
    if (windows != null) {
      windows.unpersist();
    }
  }

  @Test
  void everyCharacterIsAToken() {
    assertThat(scan.tokens()).isEqualTo(1_115_394);
  }

  @Test
  void windowsStandAtEveryPlaceButTheLastNine() {
    assertThat(scan.occurrences()).isEqualTo(1_115_385);
    assertThat(windows.selectExpr("sum(occurrences)").head().getLong(0)).isEqualTo(1_115_385);
  }

  @Test
  void distinctWindows() {
    assertThat(windows.count()).isEqualTo(858_923);
  }

  @Test
  void windowsThatOccurOnce() {
    assertThat(windows.where(col("occurrences").equalTo(1)).count()).isEqualTo(752_589);
  }

  @Test
  void theMostFrequentWindows() {
    assertThat(
            windows
                .where(col("occurrences").geq(236))
                .select("text", "occurrences")
                .collectAsList())
        .contains(
            RowFactory.create("\n\nKING RIC", 236L),
            RowFactory.create("\nKING RICH", 236L),
            RowFactory.create("KING RICHA", 236L))
        .allMatch(row -> row.getLong(1) == 236);
  }

  @Test
  void nextTokensOfTheCommon() {
    Map<Integer, Long> counts =
        windows.where(col("text").equalTo("the common")).select("next_tokens").head().getJavaMap(0);
    Map<String, Long> byText = new TreeMap<>();
    counts.forEach((token, count) -> byText.put(Tokenizer.of(tokenizer).decode(token), count));

    assertThat(byText)
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(" ", 12L, "s", 5L, "w", 3L, "'", 1L, ",", 1L, "?", 1L, "a", 1L));
  }

  @Test
  void theLastWindowHasNoNextToken() {
    assertThat(windows.selectExpr("max_by(next_tokens, window_id)").head().getJavaMap(0)).isEmpty();
  }

  @Test
  void theFirstTenPromptsOfTheStudy() {
    assertThat(prompts.subList(0, 10))
        .extracting(row -> row.getString(2))
        .containsExactly(
            "is dreams,",
            "by present",
            "s eyes may",
            "eart of ho",
            " man, as I",
            "mour in a ",
            "LLA:\nAnd h",
            " crave no ",
            "o find the",
            "e,\nplease ");
  }

  @Test
  void furtherPromptsOfTheStudy() {
    assertThat(List.of(40, 57, 74, 852, 17786))
        .extracting(prompt -> prompts.get(prompt).getString(2))
        .containsExactly("hing tremb", "And only l", " heaven;\nT", " me over b", "time.\n\nGON");
  }

  @Test
  void promptsAreNumberedFromZero() {
    assertThat(prompts)
        .extracting(row -> row.getInt(0))
        .isEqualTo(java.util.stream.IntStream.range(0, 20_000).boxed().toList());
  }

  @Test
  void promptsThatOccurOnce() {
    List<Long> once =
        windows.where(col("occurrences").equalTo(1)).select("window_id").collectAsList().stream()
            .map(row -> row.getLong(0))
            .toList();
    java.util.Set<Long> ids = new java.util.HashSet<>(once);

    assertThat(prompts.stream().filter(prompt -> ids.contains(prompt.getLong(3)))).hasSize(17_523);
  }
}
