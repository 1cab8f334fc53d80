/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kindred.LocalSpark;
import dev.kindred.explanation.Explanation;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LocalSpark.class)
class TestPromptExplorer {
  private static final long PLENTY = 1 << 20;

  private static PromptExplorer pack(SparkSession spark, int prompts, int[] wanted, long bytes) {
    List<Explanation> explanations =
        IntStream.range(0, prompts)
            .mapToObj(id -> ReportSamples.prompt(id, "text " + new Random(id).nextLong()))
            .toList();
    return PromptExplorer.pack(
        JavaSparkContext.fromSparkContext(spark.sparkContext()).parallelize(explanations, 3),
        wanted,
        prompts,
        bytes);
  }

  private static JsonNode unpack(PromptExplorer explorer) throws IOException {
    return new ObjectMapper()
        .readTree(
            new GZIPInputStream(
                new ByteArrayInputStream(Base64.getDecoder().decode(explorer.data()))));
  }

  @Test
  void promptsComeAsWanted(SparkSession spark) throws IOException {
    PromptExplorer explorer = pack(spark, 5, new int[] {3, 0, 4}, PLENTY);

    assertThat(explorer.shown()).isEqualTo(3);
    assertThat(explorer.all()).isEqualTo(5);
    assertThat(unpack(explorer))
        .extracting(prompt -> prompt.get(0).asInt())
        .containsExactly(3, 0, 4);
  }

  @Test
  void whatDoesNotFitIsLeftOutAtTheEnd(SparkSession spark) throws IOException {
    int[] wanted = IntStream.range(0, 20_000).toArray();
    PromptExplorer explorer = pack(spark, wanted.length, wanted, 200_000);

    assertThat(explorer.shown()).isBetween(1_000, wanted.length - 1);
    assertThat(explorer.data().length()).isLessThan(400_000);
    assertThat(unpack(explorer)).hasSize(explorer.shown());
    assertThat(unpack(explorer).get(explorer.shown() - 1).get(0).asInt())
        .isEqualTo(explorer.shown() - 1);
  }

  @Test
  void aPromptHasEverythingThatIsShown() throws IOException {
    assertThat(
            new String(
                PromptExplorer.json(ReportSamples.prompt(7, "And only l", "i", "hat only l")),
                java.nio.charset.StandardCharsets.UTF_8))
        .isEqualTo(
            "[7,\"And only l\",1,1234,1234,2345,2000,[\"i\",5000,2500],"
                + "[\"In the corpus “i” follows: the model is right, the other similar strings are"
                + " not.\",1,\"i\"],"
                + "[\"Of all blocks, block 0 gives “i” most, 75.0%, and is 62.5% of the result.\","
                + "\"The prompt itself is much of its evidence: without it the distance is"
                + " 0.2345.\"],"
                + "[[\"hat\",7,[\"i\",1111]]],[[4321,6250,3456,[\"i\",7500],[0,9877]]]]");
  }

  @Test
  void whatIsNotKnownIsMinusOne() throws IOException {
    assertThat(
            new ObjectMapper()
                .readTree(PromptExplorer.json(ReportSamples.promptWithoutEvidence(1)))
                .get(5)
                .asInt())
        .isEqualTo(-1);
  }
}
