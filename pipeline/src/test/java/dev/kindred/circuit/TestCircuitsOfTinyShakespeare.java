/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.circuit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kindred.LocalSpark;
import dev.kindred.circuit.DirectPath.Bigram;
import dev.kindred.circuit.SkipTrigrams.Cells;
import dev.kindred.corpus.Corpus;
import dev.kindred.corpus.CorpusScan;
import dev.kindred.corpus.Windows;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.extension.ExtendWith;

/** What heads predict beside the text of TinyShakespeare; without it these tests are skipped. */
@ExtendWith(LocalSpark.class)
@EnabledIfEnvironmentVariable(named = "KINDRED_TINYSHAKESPEARE", matches = ".+")
class TestCircuitsOfTinyShakespeare {
  private static final String MODEL = "tinyshakespeare";

  private FoldedModel model;
  private Corpus corpus;
  private String tokenizer;

  @BeforeEach
  void open(SparkSession spark) {
    model = CircuitCase.model(MODEL);
    tokenizer = CircuitCase.directory(MODEL).tokenizerJson();
    corpus =
        Corpus.open(spark, System.getenv("KINDRED_TINYSHAKESPEARE"), Corpus.Format.TEXT, "text");
  }

  private Dataset<Row> windows(SparkSession spark, int length) {
    return Windows.extract(
        spark, corpus, CorpusScan.scan(corpus, tokenizer, length), tokenizer, length);
  }

  @Test
  void headsCorrelateWithTheTextAsInTheReference(SparkSession spark) {
    JsonNode expected = CircuitCase.json("corpus-check.json").get("checks").get(0);
    int[] all = CircuitCase.all(model);
    Cells cells =
        Cells.of(
            SkipTrigrams.counts(windows(spark, expected.get("m").asInt() + 1), all).collectAsList(),
            all);
    assertThat(cells.lifts()).hasSize(expected.get("cells").asInt());
    for (JsonNode triple : expected.get("triples")) {
      int cell =
          cells.place(
              triple.get("source").asInt(),
              triple.get("destination").asInt(),
              triple.get("output").asInt());
      if (cell >= 0) {
        assertThat(cells.counts()[cell]).isEqualTo(triple.get("n").asLong());
        assertThat(cells.lifts()[cell]).isCloseTo(triple.get("lift").asDouble(), within(1e-9));
      }
    }

    long[] counts = Windows.tokenCounts(windows(spark, 1), model.vocabulary());
    JsonNode permutations = expected.get("permutations");
    for (JsonNode head : expected.get("heads")) {
      TokenCircuit circuit =
          TokenCircuit.of(
              model, head.get("layer").asInt(), head.get("head").asInt(), 0, counts, all);
      assertThat(cells.correlation(circuit, all))
          .as(head.toString())
          .isCloseTo(head.get("spearman").asDouble(), within(1e-6));
      for (int i = 0; head.has("shuffled_first3") && i < 3; i++) {
        JsonNode permutation = permutations.get(i);
        int[] sources =
            IntStream.range(0, all.length).map(s -> permutation.get(s).asInt()).toArray();
        assertThat(cells.correlation(circuit, sources))
            .isCloseTo(head.get("shuffled_first3").get(i).asDouble(), within(1e-6));
      }
    }
  }

  /** Tokens of several characters, and positions that turn queries and keys. */
  @Test
  void headsOfARotaryModelPredictWhatTheReferenceHas(SparkSession spark) {
    JsonNode file = CircuitCase.json("skip-trigrams.json").get("llama");
    String name = file.get("model").asText();
    model = CircuitCase.model(name);
    tokenizer = CircuitCase.directory(name).tokenizerJson();
    long[] counts = Windows.tokenCounts(windows(spark, 1), model.vocabulary());
    assertThat(LongStream.of(counts).sum()).isEqualTo(file.get("tokens").get("tokens").asLong());
    for (JsonNode head : file.get("heads")) {
      TokenCircuit circuit =
          TokenCircuit.of(
              model,
              head.get("layer").asInt(),
              head.get("head").asInt(),
              head.get("offset").asInt(),
              counts,
              CircuitCase.all(model));
      for (JsonNode of : head.get("per_source")) {
        int source = of.get("source").asInt();
        for (int i = 0; i < of.get("destinations").size(); i++) {
          assertThat(circuit.found().get(of.get("destinations").get(i).asInt(), source))
              .isCloseTo(of.get("qk").get(i).asDouble(), within(1e-8));
          assertThat(circuit.given().get(source, of.get("outputs").get(i).asInt()))
              .isCloseTo(of.get("ov").get(i).asDouble(), within(1e-8));
        }
      }
    }
  }

  @Test
  void theDirectPathIsThatOfTheReference(SparkSession spark) {
    List<Bigram> bigrams =
        windows(spark, 1)
            .selectExpr("token_ids[0] as first", "explode(next_tokens) as (second, places)")
            .orderBy("first", "second")
            .collectAsList()
            .stream()
            .map(row -> new Bigram(row.getInt(0), row.getInt(1), row.getLong(2)))
            .toList();
    JsonNode expected = CircuitCase.json("direct-path.json").get(MODEL);
    for (TokenBasis basis : List.of(TokenBasis.EMBEDDING, TokenBasis.NORMED)) {
      DirectPath found = DirectPath.of(model, basis, bigrams);
      JsonNode its = expected.get(basis.text());
      assertThat(found.pairs()).isEqualTo(expected.get("pairs").asLong());
      assertThat(found.bigramEntropy())
          .isCloseTo(expected.get("bigram_entropy").asDouble(), within(1e-9));
      assertThat(found.unigramEntropy())
          .isCloseTo(expected.get("unigram_entropy").asDouble(), within(1e-5));
      assertThat(found.crossEntropy()).isCloseTo(its.get("cross_entropy").asDouble(), within(1e-8));
      assertThat(found.correlation())
          .isCloseTo(its.get("pearson_log_count").asDouble(), within(1e-8));
      assertThat(found.centeredCorrelation())
          .isCloseTo(its.get("pearson_row_centred").asDouble(), within(1e-8));
    }
  }
}
