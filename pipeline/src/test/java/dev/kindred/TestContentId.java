/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TestContentId {

  @Test
  void isTheBeginningOfSha256() {
    // FIPS 180-2, appendix B.1: the hash of "abc".
    assertThat(new ContentId().add("abc").id("m")).isEqualTo("m-ba7816bf8f01cfea");
    assertThat(new ContentId().add("abc").hash(4))
        .inHexadecimal()
        .containsExactly(0xBA, 0x78, 0x16, 0xBF);
    assertThat(new ContentId().add("abc").hash(32)).hasSize(32).endsWith(0xF2, 0x00, 0x15, 0xAD);
  }

  @Test
  void doesNotDependOnThePieces() {
    byte last = 'c';
    assertThat(new ContentId().add("a").add(new byte[] {'b'}).add(last).id("c"))
        .isEqualTo(new ContentId().add("abc").id("c"));
  }
}
