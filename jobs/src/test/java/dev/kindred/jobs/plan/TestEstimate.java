/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kindred.jobs.option.ActivationStore;
import dev.kindred.jobs.plan.Estimate.Rates;
import dev.kindred.jobs.plan.Estimate.Stage;
import dev.kindred.jobs.plan.Estimate.Work;
import dev.kindred.jobs.run.DiskNeed;
import dev.kindred.jobs.run.Reused;
import dev.kindred.jobs.run.TaskNeed;
import dev.kindred.model.ModelShape;
import java.util.Map;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Test;

class TestEstimate {
  private static final ModelShape SHAPE = new ModelShape(50, 100, 2, 16);
  private static final DiskNeed.Kept KEPT = new DiskNeed.Kept(SHAPE, ActivationStore.F32);
  private static final DiskNeed.Kept HALVES = new DiskNeed.Kept(SHAPE, ActivationStore.F16);
  private static final Work WORK = new Work(2_000_000, 1_000_000, 4e12, 1000, 2e10, 4e10, 2);
  private static final Rates RATES =
      new Rates(
          2,
          1e11,
          4e8,
          8e8,
          new double[] {1e-9, 3e-9},
          new double[] {20, 80},
          new double[] {.01, .03});
  private static final DiskNeed DISK = DiskNeed.of(WORK.windows(), WORK.prompts(), 2, KEPT, 10);
  private static final DiskNeed OF_HALVES =
      DiskNeed.of(WORK.windows(), WORK.prompts(), 2, HALVES, 10);
  private static final Reused NOTHING = new Reused(false, false, false, false, false);
  private static final Reused WINDOWS = new Reused(true, false, false, false, false);
  private static final Reused ALL = new Reused(true, true, true, true, true);

  @Test
  void diskIsWhatTheTablesTake() {
    // A vector is 4 * 100 + 32 bytes, two blocks 864; a distribution 12 * 50 = 600.
    assertThat(DISK.windows()).isEqualTo(400_000_000);
    assertThat(DISK.activations()).isEqualTo(864_000_000);
    assertThat(DISK.prompts()).isEqualTo(1000 * (864 + 200 + 200));
    assertThat(DISK.results()).isEqualTo(1000 * (2 * (120 + 600) + 1200 + 200));
    // Of each of the windows that n-grams are fitted to, and of each prompt by two other models.
    assertThat(DISK.fittingWindows()).isEqualTo(2500 * (200 + 200));
    assertThat(DISK.noiseFloor()).isEqualTo(2 * 1000 * (200 + 200));
    assertThat(DISK.total())
        .isEqualTo(400_000_000 + 864_000_000 + 1_264_000 + 1_000_000 + 800_000 + 2_840_000);
  }

  @Test
  void vectorsOfWindowsInBinary16TakeHalfOfTheNumbers() {
    assertThat(OF_HALVES.activations()).isEqualTo(1_000_000 * 2 * (2 * 100 + 32));
    assertThat(DISK.total() - OF_HALVES.total()).isEqualTo(1_000_000 * 2 * 2 * 100);
    // Half of the bytes are written by the model's stage, and read by the join.
    Estimate floats = Estimate.of(WORK, RATES, KEPT, DISK, NOTHING);
    Estimate halves = Estimate.of(WORK, RATES, HALVES, OF_HALVES, NOTHING);
    assertThat(floats.total().seconds() - halves.total().seconds())
        .isCloseTo(4e8 / 4e8 + 4e8 / 8e8, within(1e-9));
  }

  @Test
  void whereNothingIsKeptTheModelIsEvaluatedAllTheSameAndNoVectorsAreWritten() {
    DiskNeed.Kept none = new DiskNeed.Kept(SHAPE, ActivationStore.NONE);
    DiskNeed disk = DiskNeed.of(WORK.windows(), WORK.prompts(), 2, none, 10);
    // 8 pieces of 10 pairs of 16 bytes, for each prompt and block.
    assertThat(disk.activations()).isEqualTo(1000 * 2 * 8 * 10 * 16);
    Estimate floats = Estimate.of(WORK, RATES, KEPT, DISK, NOTHING);
    Estimate evaluated = Estimate.of(WORK, RATES, none, disk, NOTHING);
    assertThat(floats.total().seconds() - evaluated.total().seconds())
        .isCloseTo(8e8 / 4e8 + 8e8 / 8e8 + 2e6 * 6e-6 / 2, within(1e-9)); // and are not audited
    assertThat(evaluated.total().operations()).isEqualTo(floats.total().operations());
  }

  @Test
  void whoHasTooLittleDiskIsToldWhatWouldFit() {
    LongFunction<String> fitting =
        DiskNeed.fitting(
            ActivationStore.F32, store -> store == ActivationStore.F16 ? OF_HALVES : DISK);
    assertThat(fitting.apply(OF_HALVES.total()))
        .isEqualTo("it would need 870 MB with --store-activations f16");
    assertThat(fitting.apply(OF_HALVES.total() - 1))
        .isEqualTo("fewer --blocks or another --warehouse would fit");
  }

  @Test
  void whatIsThereNeedsNoDisk() {
    assertThat(DISK.without(ALL).total()).isEqualTo(DISK.results());
    assertThat(DISK.without(new Reused(false, true, false, false, false)).total())
        .isEqualTo(DISK.total() - DISK.activations());
  }

  @Test
  void keepingAllSimilarStringsHasNoBound() {
    assertThat(DiskNeed.of(1_000_000, 1000, 2, KEPT, Integer.MAX_VALUE).results())
        .isEqualTo(1000 * (2 * 600 + 1200 + 200));
  }

  @Test
  void similarStringsAreKeptOfWindowsWhoseActivationsAreThereToo() {
    DiskNeed need = DiskNeed.of(1_000_000, 0, 1000, 2, KEPT, 10);

    assertThat(need.activations()).isZero();
    assertThat(need.results()).isEqualTo(DISK.results());
  }

  @Test
  void whatIsExpectedGoesByTheWindowsThatAreSimilar() {
    DiskNeed need = DiskNeed.expected(1_000_000, 1000, 2, KEPT, 10, new double[] {3, 40});

    // 3 and 10 strings of 12 bytes, 3 and 40 tokens of 12, and twice all tokens in the mixture.
    assertThat(need.results()).isEqualTo(1000 * (13 * 12 + 43 * 12 + 2 * 43 * 12 + 200));
    assertThat(need.activations()).isEqualTo(DISK.activations());
  }

  @Test
  void noMoreSimilarStringsAreKeptThanThereAreWindows() {
    assertThat(DiskNeed.of(3, 1000, 2, KEPT, 10).results())
        .isEqualTo(1000 * (2 * (36 + 600) + 1200 + 200));
  }

  @Test
  void stagesTakeWhatTheirWorkTakesAtTheRates() {
    Estimate estimate = Estimate.of(WORK, RATES, KEPT, DISK, NOTHING);

    // 7 + 50 tokens * 2e-4 + 2e6 * 1e-5 / 2
    check(estimate.stages().get(0), "windows", 0, 400_000_000, 17.01);
    // 5 + 1e6 * 1e-5 / 2 + 4e12 / 1e11 + 8e8 bytes / 4e8
    check(estimate.stages().get(1), "activations", 4e12, 864_000_000, 5 + 5 + 40 + 2);
    // 5 + 2e10 / 1e11 + 8e5 bytes / 4e8
    check(estimate.stages().get(2), "predictions", 2e10, 1_264_000, 5.202);
    // 5 + 4e10 / 1e11
    check(estimate.stages().get(3), "fitting windows", 4e10, 1_000_000, 5.4);
    // twice what the prompts take: 2 * (5 + 2e10 / 1e11)
    check(estimate.stages().get(4), "noise floor", 4e10, 800_000, 10.4);
    // 1e9 pairs * 4e-9 / 2 + 8e8 bytes / 8e8 + 2000 * 4.5e-4 / 2 + 2 blocks * 2
    check(estimate.stages().get(5), "join", 1e11, 2_840_000, 2 + 1 + .45 + 4);
    // 15 + (1e6 * 7e-5 + 1000 * (2.6e-4 + 50 tokens * 4e-7)) / 2
    check(estimate.stages().get(6), "evaluation", 0, 0, 50.14);
    // 12 + 2e6 vectors * 6e-6 / 2
    check(estimate.stages().get(7), "audit", 0, 0, 18);
    check(
        estimate.total(),
        "total",
        4e12 + 2e10 + 4e10 + 4e10 + 1e11,
        DISK.total(),
        17.01 + 52 + 5.202 + 5.4 + 10.4 + 7.45 + 50.14 + 18);
  }

  @Test
  void withoutOtherModelsThereIsNoNoiseFloor() {
    Work work = new Work(2_000_000, 1_000_000, 4e12, 1000, 2e10, 4e10, 0);

    assertThat(Estimate.of(work, RATES, KEPT, DISK, NOTHING).stages())
        .extracting(Stage::name)
        .doesNotContain("noise floor");
  }

  private static void check(
      Stage stage, String name, double operations, long diskBytes, double seconds) {
    assertThat(stage.name()).isEqualTo(name);
    assertThat(stage.operations()).isCloseTo(operations, within(1.));
    assertThat(stage.diskBytes()).isEqualTo(diskBytes);
    assertThat(stage.seconds()).isCloseTo(seconds, within(1e-9));
  }

  @Test
  void whatIsThereTakesNothing() {
    Estimate estimate = Estimate.of(WORK, RATES, KEPT, DISK.without(ALL), ALL);

    for (Stage stage : estimate.stages().subList(0, 5)) {
      assertThat(stage.reused()).isTrue();
      check(stage, stage.name(), 0, 0, 0);
    }

    assertThat(estimate.total().seconds()).isCloseTo(7.45 + 50.14 + 18, within(1e-9));
  }

  @Test
  void drawnWindowsHaveNoMorePrefixesThanTheyAreOrTheCorpusHas() {
    assertThat(Estimate.prefixesOf(new long[] {65, 1400, 90_000}, 2000))
        .containsExactly(65, 1400, 2000);
  }

  @Test
  void aCutRepeatsAPath() {
    // 10 windows in batches of 4 are cut twice.
    assertThat(Estimate.nodes(new long[] {3, 7, 10}, 4)).containsExactly(5, 9, 10);
    assertThat(Estimate.nodes(new long[] {3, 7, 10}, 10)).containsExactly(3, 7, 10);
    assertThat(Estimate.nodes(new long[] {3, 9, 10}, 1)).containsExactly(10, 10, 10);
  }

  @Test
  void aPlanIsReadIn100ColumnsAndByScripts() {
    String text =
        new PlanText(
                WORK,
                RATES,
                Map.of(
                    ActivationStore.F32,
                    Estimate.of(WORK, RATES, KEPT, DISK.without(WINDOWS), WINDOWS),
                    ActivationStore.F16,
                    Estimate.of(WORK, RATES, HALVES, OF_HALVES.without(WINDOWS), WINDOWS)),
                ActivationStore.F32,
                new TaskNeed(300_000_000, 0, 2_000_000_000),
                new TaskNeed(200_000_000, 0, 0),
                .016,
                false,
                true,
                DISK.without(WINDOWS).total(),
                50_000_000)
            .text();

    assertThat(text.lines()).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(100));
    assertThat(text)
        .contains("about 1,000,000 distinct windows (+- 3 %) in 2,000,000 places")
        .contains("Block 0's network reads the last token alone")
        .contains("windows         reused: its tables are there")
        .contains("activations      4.00e+12       300 MB       2.0 GB       864 MB       52.0 s")
        .containsPattern("\nf32, as chosen above {20,}864 MB +870 MB +2:29 min\n")
        .containsPattern("\nf16 {36,}464 MB +470 MB +2:27 min\n")
        .contains("The warehouse's disk is too small")
        .endsWith(
            "kindred: plan windows=1000000 flop=4.200e+12 disk_bytes=869904000 seconds=149\n");
  }
}
