/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TestCorpusText {
  @TempDir Path folder;

  @Test
  void aPartEndsWithItsLastWholeLine() throws IOException {
    assertThat(first("one\ntwo\nthree\n", 2)).isEqualTo("one\n"); // 7 bytes, in "two"
    assertThat(first("one\ntwo\nsix\nten\n", 2)).isEqualTo("one\ntwo\n");
  }

  @Test
  void aPartWithoutLinesNeverEndsInsideOfACharacter() throws IOException {
    assertThat(first("abcdef", 2)).isEqualTo("abc");
    assertThat(first("aéé!", 2)).isEqualTo("aé"); // 6 bytes: 3 is a boundary
    assertThat(first("ééé", 2)).isEqualTo("é"); // 6 bytes: 3 is inside of the second
    assertThat(first("€", 2)).isEmpty();
  }

  @Test
  void theWholeTextStaysAsItIs() throws IOException {
    assertThat(first("one\ntwo, without a line's end", 1))
        .isEqualTo("one\ntwo, without a line's end");
  }

  @Test
  void aPartOfAPartIsCutTheSameWay() throws IOException {
    CorpusText text = CorpusText.of("a\nb\nc\nd\ne\nf\ng\nh\n".getBytes(StandardCharsets.UTF_8));
    assertThat(text.first(2).first(2).bytes()).isEqualTo(text.first(4).bytes()).isEqualTo(4);
  }

  @Test
  void readsTheEmbeddedTextAndFiles() throws IOException {
    assertThat(CorpusText.read(CorpusText.EMBEDDED).bytes()).isGreaterThan(1_000_000);
    Path file = Files.writeString(folder.resolve("corpus.txt"), "And only l");
    assertThat(CorpusText.read(file.toString()).bytes()).isEqualTo(10);
  }

  private String first(String text, int divisor) throws IOException {
    Path file = folder.resolve("part.txt");
    CorpusText.of(text.getBytes(StandardCharsets.UTF_8)).first(divisor).write(file);
    return Files.readString(file);
  }
}
