/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class TestReportQueries {

  @Test
  void aRunIsCalledByItsModelAndItsCorpus() {
    assertThat(
            ReportQueries.subject(
                Map.of("model", "file:/models/dickens-small/", "corpus", "/texts/shop.txt"), "c-1"))
        .isEqualTo("dickens-small on shop.txt");
    assertThat(ReportQueries.subject(Map.of("model", "m"), "c-1")).isEqualTo("m on c-1");
  }

  @Test
  void promptsSayHowManyTheyAreAndWhereTheyAreFrom() {
    assertThat(
            ReportQueries.prompts(
                20_000, Map.of("prompts", "20000", "prompt-seed", "1337"), "p-1f"))
        .isEqualTo("20,000 drawn with seed 1337 (p-1f)");
    assertThat(
            ReportQueries.prompts(
                1_234, Map.of("prompts", "mine.jsonl", "prompt-seed", "1337"), "p-2e"))
        .isEqualTo("1,234 from mine.jsonl (p-2e)");
  }
}
