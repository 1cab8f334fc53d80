/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindred.InvalidInput;
import dev.kindred.LocalSpark;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.apache.spark.sql.SparkSession;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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

    assertInvalid(spark, glob)
        .hasMessage(
            "--corpus %s: no such file or folder, and as a glob (* ? [] {} \\) it matches none",
            glob);
  }

  @Test
  void anUnknownScheme(SparkSession spark) {
    assertThatThrownBy(() -> Corpus.open(spark, "abacus://host/path", Corpus.Format.AUTO, "text"))
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith("--corpus abacus://host/path: there is no file system");
  }

  @Test
  void aSchemeWhoseFileSystemIsNotOnTheClassPath(SparkSession spark) {
    assertThatThrownBy(() -> Corpus.open(spark, "s3a://bucket/path", Corpus.Format.AUTO, "text"))
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith("--corpus s3a://bucket/path: reading s3a:// needs Hadoop's S3A;");
  }

  @Test
  void anEmptyFolder(SparkSession spark) {
    assertInvalid(spark, folder).hasMessage("--corpus %s: no files there", folder);
  }

  @Test
  void aFolderWithHiddenFilesOnly(SparkSession spark) throws IOException {
    Files.writeString(folder.resolve("_SUCCESS"), "abc");

    for (Path corpus : List.of(folder, folder.resolve("*"))) {
      assertInvalid(spark, corpus)
          .hasMessage(
              "--corpus %s: no files there but some whose names begin with _ or ., which are left"
                  + " out; rename them, or name one itself",
              corpus);
    }
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
            "--corpus: file:%s line 2: the model has no token for \"x\" (U+0078) at byte offset 3;"
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
        .hasMessageMatching(
            "--corpus: file:\\S+\\.parquet: no column text, its columns are id, body; see"
                + " --text-column");
  }

  @Test
  void theParquetFileThatLacksTheTextColumn(SparkSession spark) throws IOException {
    spark.range(3).selectExpr("'abc' as text").write().mode("append").parquet(uri());
    Path others = Files.createDirectory(folder.resolve("z"));
    spark.range(0, 3, 1, 1).selectExpr("id").write().mode("append").parquet(others.toString());

    assertInvalid(spark, folder)
        .hasMessageMatching(
            "--corpus: file:\\S+/z/\\S+: no column text, its columns are id; see --text-column");
  }

  @Test
  void parquetWithATextColumnThatIsNotText(SparkSession spark) {
    spark.range(3).selectExpr("array(id) as text").write().mode("append").parquet(uri());

    assertInvalid(spark, folder)
        .hasMessageMatching(
            "--corpus: file:\\S+: column text is of the type required group text \\(LIST\\) .*,"
                + " expected string; see --text-column")
        .message()
        .hasLineCount(1);
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

  @Test
  void parquetThatIsNotUtf8(SparkSession spark) {
    spark
        .range(0, 1, 1, 1)
        .selectExpr("cast(x'6162ff' as string) as text")
        .write()
        .mode("append")
        .parquet(uri());

    assertInvalid(spark, folder)
        .hasMessageContaining(" row 1: not UTF-8: byte 0xFF at byte offset 2;");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "{`text`: `abc                     | not a JSON object: ",
        "{                                 | not a JSON object: ",
        "abc abc                           | not a JSON object: ",
        "{`text`: `abc`} // why            | not a JSON object: ",
        "{`text`: `a`}{`text`: `b`}        | more than one JSON value; end the line after each",
        "{`text`: `a`} [{`text`: `b`}]     | more than one JSON value; end the line after each",
        "{`text`: `a`} 1                   | more than one JSON value; end the line after each",
        "{`text`: `a`, `text`: `b`}        | the column text twice in one object; remove one",
        "{`text`: null, `text`: `b`}       | the column text twice in one object; remove one",
        "{`body`: `abc`}                   | no text in column text; see --text-column",
        "{`b`: {`text`: `abc`}}            | no text in column text; see --text-column",
        "{`text`: null}                    | no text in column text; see --text-column",
        "{`text`: 1234567890123456}        | a number in column text, expected a string;",
        "{`text`: true}                    | a boolean in column text, expected a string;",
        "{`text`: [`abc`]}                 | an array in column text, expected a string;",
        "{`text`: {`a`: `abc`}}            | an object in column text, expected a string;",
        "[1, 2]                            | a number, not a JSON object;",
        "[{`text`: `abc`}, null]           | null, not a JSON object;",
        "`abc`                             | a string, not a JSON object;",
        "{`text`: `ab\\ud83dc`}             | half of a surrogate pair (\\ud83d) at character 3",
        "{`text`: `\\ude00\\ud83d`}         | half of a surrogate pair (\\ude00) at character 1",
      })
  void aLineThatIsNotAnObjectWithAText(String line, String problem) {
    JsonLines lines = new JsonLines("text", null);

    assertThatThrownBy(() -> lines.documents(line.replace('`', '"')))
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith(problem)
        .message()
        .hasLineCount(1);
  }

  @Test
  void aJsonTextMayHaveMoreThanTwentyMillionCharacters() throws IOException {
    String line = "{\"text\": \"" + "ab".repeat(10_500_000) + "\"}";

    assertThat(new JsonLines("text", null).documents(line))
        .singleElement()
        .satisfies(document -> assertThat(document.text().length()).isEqualTo(21_000_000));
  }

  @Test
  void theLineOfAFileThatTasksShare(SparkSession spark) throws IOException {
    String lines = "{\"text\": \"abc\"}\r\n\n".repeat(30_000);
    Path file = Files.writeString(folder.resolve("a.jsonl"), lines + "{'text': 5}\n" + lines);

    assertInvalid(spark, folder)
        .hasMessage(
            "--corpus: file:%s line 60001: a number in column text, expected a string; see"
                + " --text-column",
            file);
  }

  @Test
  void aJsonLineThatIsNotUtf8(SparkSession spark) throws IOException {
    Path file =
        Files.write(folder.resolve("a.jsonl"), bytes("{\"text\": \"a\"}\n{'b':'", "e9", "'}"));

    assertInvalid(spark, folder)
        .hasMessage(
            "--corpus: file:%s line 2: not UTF-8: byte 0xE9 at byte offset 20; convert the file to"
                + " UTF-8",
            file);
  }

  @Test
  void aParquetFileThatIsNone(SparkSession spark) throws IOException {
    Path file = Files.writeString(folder.resolve("a.parquet"), "plain text, whatever its name");

    assertInvalid(spark, folder)
        .hasMessageStartingWith("--corpus: file:%s: cannot be read as Parquet: ", file)
        .hasMessageContaining("is not a Parquet file")
        .message()
        .hasLineCount(1);
  }

  @ParameterizedTest(name = "{1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "1f8b0800             | is compressed by gzip; unpack it",
        "425a6839314159265359 | is compressed by bzip2; unpack it",
        "28b52ffd2400         | is compressed by Zstandard; unpack it",
        "fd377a585a000000     | is compressed by xz; unpack it",
        "504b03041400         | is a zip archive; unpack it",
        "504152311504         | is Parquet; read it with --corpus-format parquet",
        "fffe61006200         | is text in UTF-16; convert the file to UTF-8",
        "feff00610062         | is text in UTF-16; convert the file to UTF-8",
        "6100620063006400     | is text in UTF-16; convert the file to UTF-8",
        "0061006200630064     | is text in UTF-16; convert the file to UTF-8",
        "fffe000061000000     | is text in UTF-16; convert the file to UTF-8",
        "0000feff00000061     | is text in UTF-32; convert the file to UTF-8",
      })
  void whatIsNoTextIsNamed(String hex, String what) {
    assertThat(Content.otherThanText(HexFormat.of().parseHex(hex))).contains(what);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a", "PAR1", "PAR1 and more", "BZh9 text", "PK", "a\u0000b", "é€"})
  void textIsNotTakenForSomethingElse(String text) {
    assertThat(Content.otherThanText(text.getBytes(StandardCharsets.UTF_8))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.txt", "a.jsonl"})
  void aFileThatIsCompressedAsItsNameDoesNotSay(String name, SparkSession spark)
      throws IOException {
    Path file = Files.write(folder.resolve(name), bytes("", "1f8b0800000000000003", "abc"));

    assertInvalid(spark, folder)
        .hasMessage("--corpus: file:%s: is compressed by gzip; unpack it", file);
  }

  @Test
  void aCompressedFileThatEndsEarly(SparkSession spark) throws IOException {
    ByteArrayOutputStream zipped = new ByteArrayOutputStream();
    try (var out = new GZIPOutputStream(zipped)) {
      out.write("{\"text\": \"abc\"}\n".repeat(9).getBytes(StandardCharsets.UTF_8));
    }

    byte[] half = Arrays.copyOf(zipped.toByteArray(), zipped.size() - 12);
    Path file = Files.write(folder.resolve("a.jsonl.gz"), half);

    assertInvalid(spark, folder)
        .hasMessageMatching("--corpus: file:" + file + "( line \\d+)?: cannot be read: .+");
  }

  @Test
  void aPipe(SparkSession spark) throws IOException, InterruptedException {
    Path pipe = folder.resolve("pipe");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();

    for (Path corpus : List.of(pipe, folder, folder.resolve("*"))) {
      assertInvalid(spark, corpus)
          .hasMessage(
              "--corpus %s: %s is a pipe, socket or device; write its content to a file",
              corpus, pipe);
    }
  }

  @Test
  void aLinkToAFileOrFolderBesideIt(SparkSession spark) throws IOException {
    Path file = Files.writeString(Files.createDirectory(folder.resolve("b")).resolve("1"), "abc");
    for (Path from : List.of(folder.resolve("a"), folder.resolve("c"))) {
      for (Path to : List.of(file, file.getParent())) {
        Path link = Files.createSymbolicLink(from, to);
        Path again = to.equals(file) ? link : link.resolve("1");
        assertInvalid(spark, folder)
            .hasMessage(
                "--corpus %s: %s and %s are one file, by a link, whose text would count twice;"
                    + " remove the link",
                folder,
                again.compareTo(file) < 0 ? again : file,
                again.compareTo(file) < 0 ? file : again);
        Files.delete(link);
      }
    }
  }

  @Test
  void aLinkToAFolderAbove(SparkSession spark) throws IOException {
    Path below = Files.createDirectories(folder.resolve("a/b"));
    Files.writeString(folder.resolve("a.txt"), "abc");
    Path link = Files.createSymbolicLink(below.resolve("up"), Path.of("../.."));

    assertInvalid(spark, folder)
        .hasMessage(
            "--corpus %s: %s is a link to a folder above it, whose files would count again; remove"
                + " it",
            folder, link);
  }

  @Test
  void aLinkThatLeadsNowhere(SparkSession spark) throws IOException {
    Files.writeString(folder.resolve("a.txt"), "abc");
    Path link = Files.createSymbolicLink(folder.resolve("b.txt"), Path.of("nowhere"));

    assertInvalid(spark, folder)
        .hasMessage("--corpus %s: %s is a link that leads nowhere; remove it", folder, link);
  }

  @Test
  void aNameThatTheLocaleCannotWrite(SparkSession spark) throws IOException, InterruptedException {
    Files.writeString(folder.resolve("a.txt"), "abc");
    Process touch =
        new ProcessBuilder("bash", "-c", "echo abc > $'gr\\xf6\\xdfe.txt'")
            .directory(folder.toFile())
            .start();
    assertThat(touch.waitFor()).isZero();

    assertInvalid(spark, folder)
        .hasMessageStartingWith("--corpus %s: %s has a file whose name gr", folder, folder)
        .hasMessageEndingWith(
            " the locale cannot write; set LC_ALL to a UTF-8 locale such as C.UTF-8, or rename it");
  }

  @Test
  void twoAsterisks(SparkSession spark) {
    Path glob = folder.resolve("**/*.txt");

    assertInvalid(spark, glob)
        .hasMessage(
            "--corpus %s: ** is not known; a folder is read with all folders below it, and *"
                + " matches within one name",
            glob);
  }

  @Test
  void aGlobThatIsNone(SparkSession spark) {
    assertInvalid(spark, folder.resolve("[ab"))
        .hasMessageStartingWith("--corpus %s/[ab: no such file or folder, and no glob: ", folder);
  }

  @Test
  void anEscapedName(SparkSession spark) throws IOException {
    Path spaced = Files.createDirectory(folder.resolve("my folder"));
    String escaped = "file://" + spaced.toString().replace(" ", "%20");

    assertThatThrownBy(() -> Corpus.open(spark, escaped, Corpus.Format.AUTO, "text"))
        .isInstanceOf(InvalidInput.class)
        .hasMessage(
            "--corpus %s: no such file or folder; names are written as they are, with a blank for"
                + " %%20",
            escaped);
  }

  @ParameterizedTest
  @ValueSource(strings = {"abcabcabc", "ab", ""})
  void aFileWhoseLengthChangesAfterItWasListed(String later, SparkSession spark)
      throws IOException {
    Path file = Files.writeString(folder.resolve("a.txt"), "abcabc");
    Corpus corpus = Corpus.open(spark, folder.toString(), Corpus.Format.AUTO, "text");
    Files.writeString(file, later);

    assertThatThrownBy(() -> CorpusScan.scan(corpus, TOKENIZER, 3))
        .isInstanceOf(InvalidInput.class)
        .hasMessage(
            "--corpus: file:%s: cannot be read: it has %d bytes, and had 6 when it was listed; run"
                + " again when nothing writes to it",
            file, later.length());
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
