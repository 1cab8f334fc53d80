/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.corpus.CorpusScan;
import java.util.List;
import org.junit.jupiter.api.Test;

class TestDiskNeed {
  private static final byte[] NONE = {};

  /** A text of a billion places. */
  private static CorpusScan scan(long windows) {
    return new CorpusScan(
        "c", 1, 1_000_000_000, 1_000_000_000, windows, NONE, NONE, "", 0, List.of());
  }

  @Test
  void placesNeedRoomForThoseThatAreKeptOfEachWindow() {
    // 16 bytes a place, 4 a token, 200 a passage of 1,024 tokens
    long passages = 4_000_000_000L + 1_000_000_000 / 1024 * 200;

    assertThat(DiskNeed.ofPlaces(scan(1_000_000), 5)).isEqualTo(passages + 1_000_000 * 5 * 16);
    assertThat(DiskNeed.ofPlaces(scan(600_000_000), 5)).isEqualTo(passages + 16_000_000_000L);
    assertThat(DiskNeed.ofPlaces(scan(600_000_000), Integer.MAX_VALUE))
        .isEqualTo(passages + 16_000_000_000L);
  }
}
