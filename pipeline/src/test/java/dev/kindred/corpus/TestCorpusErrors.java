/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindred.InvalidInput;
import dev.kindred.LocalSpark;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import org.apache.spark.sql.SparkSession;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@ExtendWith(LocalSpark.class)
class TestCorpusErrors {
  private static final String TOKENIZER = CharacterTokenizers.of("aé€😀bc \n");

  @TempDir Path folder;

  @Test
  void aMissingPath(SparkSession spark) {
    Path missing = folder.resolve("missing");

    assertInvalid(spark, missing).hasMessage("--corpus %s: no such file or folder", missing);
  }

  @Test
  void aGlobThatMatchesNothing(SparkSession spark) {
    Path glob = folder.resolve("*.txt");

    assertInvalid(spark, glob).hasMessage("--corpus %s: no such file or folder", glob);
  }

  @Test
  void anUnknownScheme(SparkSession spark) {
    assertThatThrownBy(() -> Corpus.open(spark, "abacus://host/path", Corpus.Format.AUTO, "text"))
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith("--corpus abacus://host/path: cannot be listed: ");
  }

  @Test
  void aSchemeWhoseFileSystemIsNotOnTheClassPath(SparkSession spark) {
    assertThatThrownBy(() -> Corpus.open(spark, "s3a://bucket/path", Corpus.Format.AUTO, "text"))
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith("--corpus s3a://bucket/path: cannot be listed: ");
  }

  @Test
  void anEmptyFolder(SparkSession spark) {
    assertInvalid(spark, folder).hasMessage("--corpus %s: no files there", folder);
  }

  @Test
  void aFolderWithHiddenFilesOnly(SparkSession spark) throws IOException {
    Files.writeString(folder.resolve("_SUCCESS"), "abc");

    assertInvalid(spark, folder).hasMessage("--corpus %s: no files there", folder);
  }

  @Test
  void anEmptyFile(SparkSession spark) throws IOException {
    Files.writeString(folder.resolve("a.txt"), "");

    assertInvalid(spark, folder).hasMessage("--corpus: empty, there is no text in it");
  }

  @Test
  void aFileWithNothingButAByteOrderMark(SparkSession spark) throws IOException {
    Files.writeString(folder.resolve("a.txt"), "\ufeff");

    assertInvalid(spark, folder).hasMessage("--corpus: empty, there is no text in it");
  }

  @Test
  void documentsThatAreAllShorterThanAWindow(SparkSession spark) throws IOException {
    Files.writeString(folder.resolve("a.txt"), "ab");
    Files.writeString(folder.resolve("b.txt"), "ab");

    assertInvalid(spark, folder)
        .hasMessage(
            "--corpus: shorter than a window: no document has 3 tokens, see --window-length");
  }

  @ParameterizedTest(name = "{0} at byte {2}")
  @CsvSource({
    // What stands between "abc" and "abc", the byte that is named, its offset.
    "80, 0x80, 3",
    "e282, 0xE2, 3",
    "c0af, 0xC0, 3",
    "eda080, 0xED, 3",
    "ff, 0xFF, 3",
    "c3a9ff, 0xFF, 5",
  })
  void notUtf8(String hex, String named, int offset, SparkSession spark) throws IOException {
    Path file = Files.write(folder.resolve("a.txt"), bytes("abc", hex, "abc"));

    assertInvalid(spark, folder)
        .hasMessage(
            "--corpus: file:%s: not UTF-8: byte %s at byte offset %d; convert the file to UTF-8",
            file, named, offset);
  }

  @ParameterizedTest(name = "{1} after {0} bytes")
  @CsvSource({
    "300000, ff, 0xFF",
    "700000, ff, 0xFF",
    // At the cut, before it, and across it.
    "262144, ff, 0xFF",
    "262143, ff, 0xFF",
    "262144, 80, 0x80",
    "262145, 80, 0x80",
    "262143, e282, 0xE2",
    "262142, e282, 0xE2",
    "262141, f09f98, 0xF0",
  })
  void notUtf8InALongDocument(int before, String hex, String named, SparkSession spark)
      throws IOException {
    Path file = Files.write(folder.resolve("a.txt"), bytes("a".repeat(before), hex, "abcabc"));

    assertInvalid(spark, folder)
        .hasMessage(
            "--corpus: file:%s: not UTF-8: byte %s at byte offset %d; convert the file to UTF-8",
            file, named, before);
  }

  @Test
  void notUtf8AtTheEndOfAFile(SparkSession spark) throws IOException {
    Path file = Files.write(folder.resolve("a.txt"), bytes("abcabc", "e282", ""));

    assertInvalid(spark, folder)
        .hasMessage(
            "--corpus: file:%s: not UTF-8: byte 0xE2 at byte offset 6; convert the file to UTF-8",
            file);
  }

  @ParameterizedTest(name = "{1} after {0}")
  @CsvSource({
    "abc, ö, '\"ö\" (U+00F6)', 3",
    "aé€😀, ö, '\"ö\" (U+00F6)', 10",
    "abc, 😁, '\"😁\" (U+1F601)', 3",
    "abc, '\t', U+0009, 3",
  })
  void anUnknownCharacter(
      String before, String character, String described, int offset, SparkSession spark)
      throws IOException {
    Path file = Files.writeString(folder.resolve("a.txt"), before + character + "abc");

    assertInvalid(spark, folder)
        .hasMessage(
            "--corpus: file:%s: the model has no token for %s at byte offset %d; remove it from"
                + " the corpus, or use a model that knows it",
            file, described, offset);
  }

  @Test
  void anUnknownCharacterAfterAByteOrderMark(SparkSession spark) throws IOException {
    Files.writeString(folder.resolve("a.txt"), "\ufeffaxa");

    assertInvalid(spark, folder)
        .hasMessageContaining("no token for \"x\" (U+0078) at byte offset 4;");
  }

  @ParameterizedTest
  @CsvSource({"262143", "262144", "262145", "600000"})
  void anUnknownCharacterInALongDocument(int before, SparkSession spark) throws IOException {
    Files.writeString(folder.resolve("a.txt"), "a".repeat(before) + "ö" + "a".repeat(100));

    assertInvalid(spark, folder)
        .hasMessageContaining("no token for \"ö\" (U+00F6) at byte offset " + before + ";");
  }

  @Test
  void theFirstOfSeveralUnknownCharacters(SparkSession spark) throws IOException {
    Files.writeString(folder.resolve("a.txt"), "abc");
    Path first = Files.writeString(folder.resolve("b.txt"), "a".repeat(600_000) + "xy");
    Files.writeString(folder.resolve("c.txt"), "z");

    assertInvalid(spark, folder)
        .hasMessageContaining(first + ": the model has no token for \"x\" (U+0078)");
  }

  @Test
  void anUnknownCharacterInAJsonLine(SparkSession spark) throws IOException {
    Path file =
        Files.writeString(folder.resolve("a.jsonl"), "{\"text\": \"abc\"}\n{\"text\": \"aéx\"}\n");

    assertInvalid(spark, folder)
        .hasMessage(
            "--corpus: file:%s row 2: the model has no token for \"x\" (U+0078) at byte offset 3;"
                + " remove it from the corpus, or use a model that knows it",
            file);
  }

  @Test
  void anUnknownCharacterFarInALongJsonLine(SparkSession spark) throws IOException {
    Files.writeString(
        folder.resolve("a.jsonl"), "{\"text\": \"" + "aé".repeat(150_000) + "xa\"}\n");

    assertInvalid(spark, folder)
        .hasMessageContaining("no token for \"x\" (U+0078) at byte offset 450000;");
  }

  @Test
  void parquetWithoutTheTextColumn(SparkSession spark) {
    spark.range(3).selectExpr("id", "'abc' as body").write().mode("append").parquet(uri());

    assertInvalid(spark, folder)
        .hasMessage("--text-column text: not a column of %s; its columns are id, body", folder);
  }

  @Test
  void parquetWithATextColumnThatIsNotText(SparkSession spark) {
    spark.range(3).selectExpr("array(id) as text").write().mode("append").parquet(uri());

    assertInvalid(spark, folder)
        .hasMessage("--text-column text: of type array<bigint>, expected string");
  }

  @Test
  void parquetWithARowWithoutText(SparkSession spark) {
    spark
        .range(0, 3, 1, 1)
        .selectExpr("if(id = 1, null, 'abc') as text")
        .write()
        .mode("append")
        .parquet(uri());

    assertInvalid(spark, folder)
        .hasMessageMatching(
            "--corpus: file:\\S+\\.parquet row 2: no text in column text; see --text-column");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"{\"text\": \"abc", "abc abc", "{\"body\": \"abc\"}", "{\"text\": null}", "[1, 2]"})
  void aJsonLineWithoutText(String line, SparkSession spark) throws IOException {
    Path file = Files.writeString(folder.resolve("a.jsonl"), "{\"text\": \"abc\"}\n" + line + "\n");

    assertInvalid(spark, folder)
        .hasMessage("--corpus: file:%s row 2: no text in column text; see --text-column", file);
  }

  @Test
  void aParquetFileThatIsNone(SparkSession spark) throws IOException {
    Files.writeString(folder.resolve("a.parquet"), "plain text, whatever its name says");

    assertInvalid(spark, folder)
        .hasMessageStartingWith("--corpus %s: cannot be read as Parquet: ", folder)
        .message()
        .contains("a.parquet is not a Parquet file")
        .hasLineCount(1);
  }

  @Test
  void aFileNameThatHadoopCannotRead(SparkSession spark) throws IOException {
    Path file = Files.writeString(folder.resolve("a:b.txt"), "abc");

    assertInvalid(spark, folder)
        .hasMessageStartingWith("--corpus: file:%s: cannot be read: ", file);
  }

  @Test
  void mixedKindsOfFiles(SparkSession spark) throws IOException {
    Files.writeString(folder.resolve("a.jsonl"), "{\"text\": \"abc\"}\n");
    Files.writeString(folder.resolve("b.txt"), "abc");

    assertInvalid(spark, folder)
        .hasMessage(
            "--corpus %s mixes kinds of files (a.jsonl, b.txt); name one kind with --corpus-format",
            folder);
  }

  private String uri() {
    return folder.toString();
  }

  private static byte[] bytes(String before, String hex, String after) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.write(before.getBytes(StandardCharsets.UTF_8));
    bytes.write(HexFormat.of().parseHex(hex));
    bytes.write(after.getBytes(StandardCharsets.UTF_8));
    return bytes.toByteArray();
  }

  private static AbstractThrowableAssert<?, ? extends Throwable> assertInvalid(
      SparkSession spark, Path path) {
    return assertThatThrownBy(
            () ->
                CorpusScan.scan(
                    Corpus.open(spark, path.toString(), Corpus.Format.AUTO, "text"), TOKENIZER, 3))
        .isInstanceOf(InvalidInput.class);
  }
}
