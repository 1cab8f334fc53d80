/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class TestAlignmentTable {
  private static Map<String, Double> ofThreeBlocks() {
    Map<String, Double> metrics = new TreeMap<>();
    metrics.put("compatible.prompts", 3.0);
    for (int block = 0; block < 3; block++) {
      String name = "alignment.block." + block + ".";
      metrics.put(name + "considered.mean", 4 + block / 8.0);
      metrics.put(name + "considered.std", 2.0);
      metrics.put(name + "considered.min", 1.0);
      metrics.put(name + "considered.max", 28.0);
      metrics.put(name + "without_evidence", 0.0);
      metrics.put(name + "chance.closed_form", .2);
      metrics.put(name + "chance.simulated.mean", .21);
      metrics.put(name + "chance.simulated.std", .003);
      metrics.put(name + "chance.simulated.error", .004);
      agreement(metrics, "final_fast_n100_s42_k1", block, .5 + block / 10.0);
      agreement(metrics, "final_fast_n100_s42_k1_signed", block, .6 + block / 10.0);
      agreement(metrics, "random_7", block, .19);
      agreement(metrics, "unembedding", block, .4);
      agreement(metrics, "unembedding_signed", block, .45);
    }

    agreement(metrics, "block-2_fast_n100_s42_k1", 1, .33);
    return metrics;
  }

  private static void agreement(
      Map<String, Double> metrics, String directions, int block, double share) {
    String name = "alignment." + directions + ".block." + block + ".";
    metrics.put(name + "agreement", share);
    metrics.put(name + "prompts", 3.0);
  }

  private static double[] agreements(AlignmentTable table, String source, String use) {
    return table.columns().stream()
        .filter(column -> column.source().equals(source) && column.use().equals(use))
        .findFirst()
        .orElseThrow()
        .agreements();
  }

  @Test
  void learnedDirectionsComeFirstAndRandomOnesLast() {
    AlignmentTable table = AlignmentTable.of(ofThreeBlocks());

    assertThat(table.sources()).containsExactly("fast_n100_s42", "unembedding", "random 7");
    assertThat(table.columns())
        .extracting(AlignmentTable.Column::use)
        .containsExactly(
            "final stage",
            "final stage, signed",
            "own stage",
            "own stage, signed",
            "either sign",
            "signed",
            "either sign");
    assertThat(table.span("fast_n100_s42")).isEqualTo(4);
  }

  @Test
  void aBlocksOwnStageIsTheOneAfterIt() {
    AlignmentTable table = AlignmentTable.of(ofThreeBlocks());

    assertThat(agreements(table, "fast_n100_s42", "final stage")).containsExactly(.5, .6, .7);
    assertThat(agreements(table, "fast_n100_s42", "own stage"))
        .containsExactly(Double.NaN, .33, .7);
    assertThat(agreements(table, "fast_n100_s42", "own stage, signed"))
        .containsExactly(Double.NaN, Double.NaN, .8);
  }

  @Test
  void subspacesOfSeveralDirectionsAreASourceOfTheirOwn() {
    Map<String, Double> metrics = ofThreeBlocks();
    agreement(metrics, "final_fast_n100_s42_k3", 0, .25);

    assertThat(AlignmentTable.of(metrics).sources())
        .containsExactly("fast_n100_s42", "fast_n100_s42, 3 directions", "unembedding", "random 7");
  }

  @Test
  void theTerminalShowsAColumnABlock() {
    assertThat(AlignmentTable.of(ofThreeBlocks()).text().lines())
        .contains(
            "Tokens considered             block 0  block 1  block 2",
            "  mean                           4.00     4.13     4.25",
            "  at most                          28       28       28",
            "    final stage                 50.00    60.00    70.00",
            "    own stage                       –    33.00    70.00",
            "  chance                        20.00    20.00    20.00",
            "    its standard error           0.40     0.40     0.40");
  }

  @Test
  void thePageShowsSharesInPercent() {
    AlignmentTable table = AlignmentTable.of(ofThreeBlocks());

    assertThat(table.blocks().get(0).considered()).isEqualTo("4.00 ± 2.00 (28)");
    assertThat(table.blocks().get(0).simulation()).isEqualTo("21.0 ± 0.4%");
    assertThat(table.columns().get(2).percent(0)).isEqualTo("–");
    assertThat(table.columns().get(2).percent(1)).isEqualTo("33.0%");
  }

  @Test
  void otherFiguresAreNoTable() {
    assertThat(AlignmentTable.of(Map.of("compatible.prompts", 3.0))).isNull();
  }

  /** As {@link #ofThreeBlocks}, but some blocks have no prompt with evidence. */
  private static AlignmentTable without(String blocks) {
    Map<String, Double> metrics = ofThreeBlocks();
    metrics.keySet().removeIf(name -> name.matches(".*\\.block\\.[" + blocks + "]\\..*"));
    for (int block = 0; block < 3; block++) {
      metrics.putIfAbsent("alignment.block." + block + ".without_evidence", 3.0);
    }

    return AlignmentTable.of(metrics);
  }

  @Test
  void aFirstBlockWithoutEvidenceHasNoNumbers() {
    AlignmentTable table = without("0");

    assertThat(table.blocks()).hasSize(3);
    assertThat(agreements(table, "unembedding", "signed")).containsExactly(Double.NaN, .45, .45);
    assertThat(table.blocks().get(0).considered()).isEqualTo("–");
    assertThat(table.blocks().get(0).simulation()).isEqualTo("–");
    assertThat(table.text().lines())
        .contains(
            "  at most                           –       28       28",
            "    its standard error              –     0.40     0.40");
  }

  @Test
  void aLastBlockWithoutEvidenceIsStillTheLast() {
    AlignmentTable table = without("2");

    assertThat(table.blocks()).hasSize(3);
    assertThat(agreements(table, "fast_n100_s42", "final stage"))
        .containsExactly(.5, .6, Double.NaN);
    assertThat(agreements(table, "fast_n100_s42", "own stage"))
        .containsExactly(Double.NaN, .33, Double.NaN);
  }

  @Test
  void blocksWithoutAnyEvidenceAreATableOfNoNumbers() {
    AlignmentTable table = without("012");

    assertThat(table.columns()).isEmpty();
    assertThat(table.text().lines())
        .contains("  mean                              –        –        –");
  }

  @Test
  void alignmentsThatEndedEarlyAreNoTable() {
    Map<String, Double> metrics = new TreeMap<>();
    agreement(metrics, "unembedding", 1, .4);

    assertThat(AlignmentTable.of(metrics)).isNull();
  }
}
