/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.workspace;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What a step that is going on says, at times that are made up. */
class TestWorkDone {
  private static Duration at(long seconds) {
    return Duration.ofSeconds(seconds);
  }

  @Test
  void aFewWindowsReadBeforeManyAreEvaluatedDoNotCountAsHalf() {
    // A first stage of two tasks reads windows; only those that the model has evaluated count.
    WorkDone work = new WorkDone(1);
    work.count(at(19), 0, 150_000);
    assertThat(work.text(at(19))).isEqualTo("  0 %  0:19");
    work.count(at(62), 37_500, 150_000);
    assertThat(work.text(at(62))).isEqualTo(" 25 %  1:02, about 3 min left");
    work.count(at(105), 75_000, 150_000);
    assertThat(work.text(at(105))).isEqualTo(" 50 %  1:45, about 1 min left");
  }

  @Test
  void sixBlocksAndWhatFollowsThemNeverExceed99Percent() {
    WorkDone work = new WorkDone(10, 10, 10, 10, 10, 10, 2, 2);
    for (int part = 0; part < 8; part++) {
      work.count(at(10 * part + 5), 19_000, 19_000);
      work.count(at(10 * part + 6), 20_000, 19_000); // a task was repeated
      assertThat(work.share().orElseThrow()).isLessThanOrEqualTo(WorkDone.MOST);
      work.partDone(at(10 * part + 10));
    }

    work.partDone(at(90));
    work.count(at(95), 1, 1);
    assertThat(work.text(at(95))).isEqualTo(" 99 %  1:35");
  }

  @Test
  void halfOfSixBlocksIsHalf() {
    WorkDone work = new WorkDone(1, 1, 1, 1, 1, 1);
    for (int part = 0; part < 3; part++) {
      work.partDone(at(20 * part + 20));
    }

    assertThat(work.share()).hasValue(0.5);
    assertThat(work.left(at(60))).hasValue(at(60));
  }

  @Test
  void aPartThatWeighsMoreCountsMore() {
    WorkDone work = new WorkDone(9, 1);
    work.count(at(10), 1, 2);
    assertThat(work.share()).hasValue(0.45);
  }

  @Test
  void aStepOfOneTaskSaysItsTimeOnly() {
    assertThat(new WorkDone(1).text(at(72))).isEqualTo("1:12");
    assertThat(new WorkDone(1).share()).isEmpty();
  }

  @Test
  void workOfWhichNobodyKnowsHowMuchThereIsSaysNothing() {
    WorkDone work = new WorkDone(1);
    work.count(at(20), 5, 0);
    assertThat(work.text(at(20))).isEqualTo("0:20");
  }

  @Test
  void thereIsNoEstimateFromOnePercent() {
    WorkDone work = new WorkDone(1);
    work.count(at(31), 1, 100);
    assertThat(work.text(at(31))).isEqualTo("  1 %  0:31");
  }

  @Test
  void thereIsNoEstimateBeforeTenSeconds() {
    WorkDone work = new WorkDone(1);
    work.count(at(9), 50, 100);
    assertThat(work.left(at(9))).isEmpty();
    assertThat(work.left(at(10))).isPresent();
  }

  @Test
  void theShareNeverGoesBack() {
    WorkDone work = new WorkDone(1, 1);
    work.count(at(5), 80, 100);
    work.count(at(6), 20, 100); // a task has failed
    assertThat(work.share()).hasValue(0.4);
    work.count(at(7), -3, 100);
    assertThat(work.share()).hasValue(0.4);
  }

  @Test
  void anEstimateIsOfTheLastWhileNotOfTheBeginning() {
    WorkDone work = new WorkDone(1);
    work.count(at(100), 10, 100); // it was slow to begin with
    for (int second = 101; second <= 180; second++) {
      work.count(at(second), 10 + (second - 100), 100);
    }

    assertThat(work.left(at(180)).orElseThrow()).isBetween(at(8), at(13)); // at 1 % a second
  }

  @Test
  void betweenTwoCountsTheTimeLeftRunsDown() {
    WorkDone work = new WorkDone(1);
    work.count(at(60), 25, 100);
    assertThat(work.left(at(60))).hasValue(at(180));
    assertThat(work.left(at(90))).hasValue(at(150));
  }

  @Test
  void whatStallsHasNoEstimateAndNeverOneBelowZero() {
    WorkDone work = new WorkDone(1);
    work.count(at(20), 90, 100);
    assertThat(work.left(at(22))).isPresent();
    for (int second = 23; second < 600; second++) {
      work.count(at(second), 90, 100);
      assertThat(work.left(at(second)).orElse(Duration.ZERO)).isGreaterThanOrEqualTo(Duration.ZERO);
    }

    assertThat(work.text(at(140))).isEqualTo(" 90 %  2:20");
  }

  @Test
  void partsThatWeighNothingAreNoWork() {
    WorkDone work = new WorkDone(0, 0);
    work.partDone(at(3));
    assertThat(work.text(at(3))).isEqualTo("0:03");
  }

  @Test
  void timesAreNoMoreExactThanTheyAre() {
    assertThat(WorkDone.about(at(4))).isEqualTo("a few seconds left");
    assertThat(WorkDone.about(at(17))).isEqualTo("about 20 s left");
    assertThat(WorkDone.about(at(58))).isEqualTo("about 1 min left");
    assertThat(WorkDone.about(at(118))).isEqualTo("about 2 min left");
    assertThat(WorkDone.about(at(6_000))).isEqualTo("about 1 h 40 min left");
    assertThat(WorkDone.about(at(10_790))).isEqualTo("about 3 h left");
    assertThat(WorkDone.clock(at(3_723))).isEqualTo("1:02:03");
  }
}
