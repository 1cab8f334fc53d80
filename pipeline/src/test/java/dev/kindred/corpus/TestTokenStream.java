/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindred.InvalidInput;
import dev.kindred.LocalSpark;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Random;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(LocalSpark.class)
class TestTokenStream {
  private static final String ALPHABET = "aé€😀bc \n";

  @TempDir Path folder;

  @Test
  void theVocabularyIsTheCorpussCharactersByCodePoint(SparkSession spark) throws IOException {
    Files.writeString(folder.resolve("one.txt"), "b€a\n");
    Files.writeString(folder.resolve("two.txt"), "😀éa");
    Tokenizer tokenizer = Tokenizer.of(CharacterVocabulary.tokenizerJson(corpus(spark)));

    assertThat(tokenizer.isCharacterLevel()).isTrue();
    assertThat(tokenizer.vocabularySize()).isEqualTo(6);
    assertThat(tokenizer.encode("\nabé€😀")).containsExactly(0, 1, 2, 3, 4, 5);
    assertThat(tokenizer.decode(0, 1, 2, 3, 4, 5)).isEqualTo("\nabé€😀");
  }

  @Test
  void documentsFollowEachOtherInTheOrderOfTheirNames(SparkSession spark) throws IOException {
    Files.writeString(folder.resolve("b.txt"), "cab");
    Files.writeString(folder.resolve("a.txt"), "bac");
    TokenStream stream = TokenStream.read(corpus(spark), CharacterTokenizers.of("abc"));

    assertThat(stream.tokens()).containsExactly(1, 0, 2, 2, 0, 1);
  }

  @Test
  void aLongFileIsReadWholeAndHashedAsItIs(SparkSession spark) throws Exception {
    String text = text(600_000); // cut in pieces, between bytes of a character too
    Files.writeString(folder.resolve("long.txt"), text);
    String tokenizerJson = CharacterTokenizers.of(ALPHABET);
    TokenStream stream = TokenStream.read(corpus(spark), tokenizerJson);

    assertThat(stream.tokens()).isEqualTo(Tokenizer.of(tokenizerJson).encode(text));
    assertThat(stream.sha256()).isEqualTo(sha256(text));
  }

  private static String text(int characters) {
    int[] alphabet = ALPHABET.codePoints().toArray();
    StringBuilder text = new StringBuilder();
    new Random(1)
        .ints(characters, 0, alphabet.length)
        .forEach(draw -> text.appendCodePoint(alphabet[draw]));
    return text.toString();
  }

  private static String sha256(String text) throws NoSuchAlgorithmException {
    return HexFormat.of()
        .formatHex(
            MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void rowsAreDocumentsInTheirOrder(SparkSession spark) throws IOException {
    Files.writeString(
        folder.resolve("rows.jsonl"), "{\"text\":\"ab\"}\n{\"text\":\"ca\"}\n{\"text\":\"b\"}\n");
    TokenStream stream = TokenStream.read(corpus(spark), CharacterTokenizers.of("abc"));

    assertThat(stream.tokens()).containsExactly(0, 1, 2, 0, 1);
  }

  @Test
  void aCharacterWithoutATokenIsNamedWithItsPlace(SparkSession spark) throws IOException {
    Files.writeString(folder.resolve("a.txt"), "ab€x");

    assertThatThrownBy(() -> TokenStream.read(corpus(spark), CharacterTokenizers.of("ab€")))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("a.txt: the model has no token for")
        .hasMessageContaining("at byte offset 5");
  }

  @Test
  void anEmptyCorpusHasNoVocabulary(SparkSession spark) throws IOException {
    Files.writeString(folder.resolve("a.txt"), "");

    assertThatThrownBy(() -> CharacterVocabulary.tokenizerJson(corpus(spark)))
        .isInstanceOf(InvalidInput.class)
        .hasMessage("--corpus: empty, there is no text in it");
  }

  private Corpus corpus(SparkSession spark) {
    return Corpus.open(spark, folder.toUri().toString(), Corpus.Format.AUTO, "text");
  }
}
