/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindred.InvalidInput;
import dev.kindred.LocalSpark;
import dev.kindred.corpus.WindowOracle.Window;
import dev.kindred.table.Tables;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(LocalSpark.class)
class TestPrompts {
  private static final Configuration HADOOP = new Configuration();
  private static final List<String> DOCUMENTS =
      List.of("to be or not to be", "that is the question", "or not", "to be\nor not to be");
  private static final String CHARACTERS = String.join("", DOCUMENTS);
  private static final String TOKENIZER = CharacterTokenizers.of(CHARACTERS);
  private static final int LENGTH = 3;
  private static final Prompts.Lengths LENGTHS = Prompts.Lengths.ofWindows(LENGTH);

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(ints = {1, 7})
  void drawPicksByRankOfFirstOccurrence(int partitions, SparkSession spark) {
    List<Window> windows = WindowOracle.windows(DOCUMENTS, CHARACTERS, LENGTH);
    List<Row> expected = new ArrayList<>();
    for (long rank : RandomPermutation.first(windows.size(), 20, 5)) {
      Window window = windows.get((int) rank);
      expected.add(
          RowFactory.create(expected.size(), window.tokenIds(), window.text(), window.windowId()));
    }

    Dataset<Row> drawn =
        Prompts.draw(spark, table(spark).repartition(partitions), windows.size(), 20, 5);

    assertThat(drawn.collectAsList()).extracting(TestPrompts::comparable).isEqualTo(expected);
  }

  @Test
  void allWindowsCanBeDrawn(SparkSession spark) {
    List<Window> windows = WindowOracle.windows(DOCUMENTS, CHARACTERS, LENGTH);

    Dataset<Row> drawn = Prompts.draw(spark, table(spark), windows.size(), windows.size(), 1337);

    assertThat(drawn.collectAsList())
        .extracting(row -> row.getString(2))
        .containsExactlyInAnyOrderElementsOf(windows.stream().map(Window::text).toList());
  }

  @Test
  void drawnRowsConformToThePromptsTable(SparkSession spark) {
    Dataset<Row> drawn = Prompts.draw(spark, table(spark), 20, 3, 1337);

    assertThat(Tables.PROMPTS.conform(drawn).columns()).containsExactly(drawn.columns());
  }

  @Test
  void morePromptsThanWindowsCannotBeDrawn(SparkSession spark) {
    assertThatThrownBy(() -> Prompts.draw(spark, table(spark), 27, 28, 1337))
        .isInstanceOf(InvalidInput.class)
        .hasMessage("--prompts 28: the corpus has only 27 distinct windows; ask for 27 or fewer");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7})
  void drawBesideGoesOnWhereTheDrawOfTheOthersEnded(int partitions, SparkSession spark) {
    Dataset<Row> windows = table(spark).repartition(partitions);
    Dataset<Row> others = Prompts.draw(spark, windows, 27, 12, 1337);
    List<String> all = texts(Prompts.draw(spark, windows, 27, 20, 1337));

    Dataset<Row> beside = Prompts.drawBeside(spark, windows, 27, others, 8, 1337);

    assertThat(texts(beside)).isEqualTo(all.subList(12, 20));
    assertThat(Tables.PROMPTS.conform(beside).select("prompt_id").collectAsList())
        .extracting(row -> row.getInt(0))
        .containsExactly(0, 1, 2, 3, 4, 5, 6, 7);
  }

  @Test
  void drawBesideLeavesOutPromptsThatAreWindows(SparkSession spark) {
    Dataset<Row> given = Prompts.find(spark, table(spark), prompts("not", "eee"));

    assertThat(texts(Prompts.drawBeside(spark, table(spark), 27, given, 25, 1337)))
        .hasSize(25)
        .doesNotHaveDuplicates()
        .doesNotContain("not");
  }

  @Test
  void thereAreNotMoreOthersThanWindowsLeft(SparkSession spark) {
    Dataset<Row> others = Prompts.draw(spark, table(spark), 27, 12, 1337);
    assertThatThrownBy(() -> Prompts.drawBeside(spark, table(spark), 27, others, 16, 1337))
        .isInstanceOf(InvalidInput.class)
        .hasMessage(
            "--tuning-prompts 16: the corpus has only 27 distinct windows, 12 of them may be"
                + " prompts already; ask for fewer");
  }

  private static List<String> texts(Dataset<Row> prompts) {
    return prompts.sort("prompt_id").select("text").collectAsList().stream()
        .map(row -> row.getString(0))
        .toList();
  }

  @Test
  void findGivesTheWindowOfEachPromptInTheFilesOrder(SparkSession spark) {
    List<Prompt> prompts =
        Prompts.parse(
            List.of("be\n", "zzz", "to ", "not", "to ", "eee"),
            CharacterTokenizers.of(CHARACTERS + "z"),
            LENGTHS);
    String characters = CHARACTERS + "z";

    Dataset<Row> found = Prompts.find(spark, table(spark, characters), prompts);

    assertThat(found.select("prompt_id", "text", "window_id").collectAsList())
        .containsExactly(
            RowFactory.create(0, "be\n", 47L),
            RowFactory.create(1, "zzz", null),
            RowFactory.create(2, "to ", 0L),
            RowFactory.create(3, "not", 9L),
            RowFactory.create(4, "to ", 0L),
            RowFactory.create(5, "eee", null));
  }

  @Test
  void foundRowsConformToThePromptsTable(SparkSession spark) {
    Dataset<Row> found = Prompts.find(spark, table(spark), prompts("to ", "eee"));

    assertThat(Tables.PROMPTS.conform(found).columns()).containsExactly(found.columns());
  }

  @Test
  void foundPromptsHaveTheirTokens(SparkSession spark) {
    Dataset<Row> found = Prompts.find(spark, table(spark), prompts("not", "eee"));

    assertThat(found.collectAsList())
        .extracting(row -> row.getList(1))
        .containsExactly(
            List.of(
                Tokenizer.of(TOKENIZER).encode("n")[0],
                Tokenizer.of(TOKENIZER).encode("o")[0],
                Tokenizer.of(TOKENIZER).encode("t")[0]),
            java.util.Collections.nCopies(3, Tokenizer.of(TOKENIZER).encode("e")[0]));
  }

  @Test
  void aDrawnSetsIdChangesWithCorpusCountAndSeed() {
    assertThat(
            List.of(
                Prompts.drawnSet("c-1", 20, 1337),
                Prompts.drawnSet("c-2", 20, 1337),
                Prompts.drawnSet("c-1", 21, 1337),
                Prompts.drawnSet("c-1", 20, 1338)))
        .doesNotHaveDuplicates();
  }

  @Test
  void aGivenSetsIdChangesWithCorpusPromptsAndTheirOrder() {
    assertThat(
            List.of(
                Prompts.givenSet("c-1", lettersOf("ab", "c")),
                Prompts.givenSet("c-2", lettersOf("ab", "c")),
                Prompts.givenSet("c-1", lettersOf("a", "bc")),
                Prompts.givenSet("c-1", lettersOf("c", "ab"))))
        .doesNotHaveDuplicates();
  }

  private static List<Prompt> lettersOf(String... texts) {
    return Prompts.parse(List.of(texts), CharacterTokenizers.of("abc"), Prompts.Lengths.any());
  }

  private static List<Prompt> prompts(String... texts) {
    return Prompts.parse(List.of(texts), TOKENIZER, LENGTHS);
  }

  @Test
  void promptsCanBeTokenIds() throws IOException {
    Tokenizer tokenizer = Tokenizer.of(TOKENIZER);
    int[] ids = tokenizer.encode("not");
    assertThat(read("prompts.jsonl", Arrays.toString(ids) + "\n")).containsExactly("not");
    Prompt prompt =
        Prompts.ofTokens("--token-ids", Arrays.stream(ids).boxed().toList(), TOKENIZER, LENGTHS);
    assertThat(prompt.tokenIds()).isEqualTo(ids);
    assertThatThrownBy(() -> Prompts.ofTokens("--token-ids 99", List.of(99), TOKENIZER, LENGTHS))
        .isInstanceOf(InvalidInput.class)
        .hasMessage("--token-ids 99: token id 99 is outside [0, %d)", tokenizer.vocabularySize());
  }

  @Test
  void ofAPromptThatIsLongerThanWindowsTheEndIsTaken() throws IOException {
    assertThat(read("prompts.jsonl", "\"to be\\nor\"\n")).containsExactly("\nor");
  }

  @Test
  void aTextFileHasAPromptALine() throws IOException {
    assertThat(read("prompts.txt", "to \nnot\nto \n")).containsExactly("to ", "not", "to ");
  }

  @Test
  void linesMayEndAsOnWindowsAndTheLastOneNotAtAll() throws IOException {
    assertThat(read("prompts.txt", "to \r\n\r\nnot")).containsExactly("to ", "not");
  }

  @Test
  void jsonLinesHoldPromptsWithLineBreaks() throws IOException {
    assertThat(read("prompts.jsonl", "\"be\\n\"\n\"\\u006eot\"\n")).containsExactly("be\n", "not");
  }

  @Test
  void aByteOrderMarkIsNotPartOfAPrompt() throws IOException {
    assertThat(read("prompts.txt", "\ufeffto \nnot\n")).containsExactly("to ", "not");
    assertThat(read("prompts.jsonl", "\ufeff\"not\"\n")).containsExactly("not");
  }

  @Test
  void aStaleChecksumFileDoesNotMatter() throws IOException {
    Files.writeString(folder.resolve(".10:30.txt.crc"), "crc\0\0\0\2\0\1\2\3\4");

    assertThat(read("10:30.txt", "not\n")).containsExactly("not");
  }

  @Test
  void aCompressedFileIsInvalid() throws IOException {
    Path file = Files.write(folder.resolve("p.txt"), new byte[] {0x1f, (byte) 0x8b, 8, 0, 0, 0});

    assertThatThrownBy(() -> Prompts.read(HADOOP, file.toString(), TOKENIZER, LENGTHS))
        .isInstanceOf(InvalidInput.class)
        .hasMessage("--prompts %s: is compressed by gzip; unpack it", file);
  }

  @Test
  void halfOfASurrogatePairIsInvalid() {
    assertInvalid("prompts.jsonl", "\"no\\ud83d\"\n")
        .hasMessage(
            "--prompts %s: line 1: half of a surrogate pair, U+D83D, at character 3; write the whole"
                + " character",
            folder.resolve("prompts.jsonl"));
  }

  @Test
  void aPromptThatIsTooShortIsToldWhatIsMissing() {
    assertInvalid("prompts.txt", "not\n\nto\n")
        .hasMessage(
            "--prompts %s: line 3: \"to\" has 2 tokens, windows have 3 (--window-length); add 1 at"
                + " its start",
            folder.resolve("prompts.txt"));
  }

  @Test
  void aPromptWithALineBreakStaysOneLineInTheMessage() {
    assertInvalid("prompts.jsonl", "\"\\nr\"\n")
        .hasMessage(
            "--prompts %s: line 1: \"\\nr\" has 2 tokens, windows have 3 (--window-length); add 1 at"
                + " its start",
            folder.resolve("prompts.jsonl"));
  }

  @ParameterizedTest
  @CsvSource({"noé, '\"é\" (U+00E9)', 3", "😀no, '\"😀\" (U+1F600)', 1"})
  void anUnknownCharacterIsInvalid(String prompt, String described, int character) {
    assertInvalid("prompts.txt", "not\n" + prompt + "\n")
        .hasMessage(
            "--prompts %s: line 2: the model has no token for %s at character %d",
            folder.resolve("prompts.txt"), described, character);
  }

  @ParameterizedTest
  @ValueSource(strings = {"not", "\"not", "3", "[\"not\"]", "\"not\" \"to \""})
  void aLineThatIsNotAJsonStringIsInvalid(String line) {
    assertInvalid("prompts.jsonl", "\"not\"\n" + line + "\n")
        .hasMessage(
            "--prompts %s: line 2: not a JSON string such as \"And only l\", or a list of token ids"
                + " such as [1, 2]",
            folder.resolve("prompts.jsonl"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n", "\r\n\n"})
  void aFileWithoutPromptsIsInvalid(String content) {
    assertInvalid("prompts.txt", content)
        .hasMessage("--prompts %s: no prompts in it", folder.resolve("prompts.txt"));
  }

  @Test
  void aMissingFileIsInvalid() {
    Path missing = folder.resolve("missing.txt");

    assertThatThrownBy(() -> Prompts.read(HADOOP, missing.toString(), TOKENIZER, LENGTHS))
        .isInstanceOf(InvalidInput.class)
        .hasMessage("--prompts %s: neither a number nor a file", missing);
  }

  @Test
  void aSchemeWhoseFileSystemIsNotOnTheClassPathIsInvalid() {
    assertThatThrownBy(() -> Prompts.read(HADOOP, "s3a://bucket/prompts.txt", TOKENIZER, LENGTHS))
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith("--prompts s3a://bucket/prompts.txt: reading s3a:// needs");
  }

  @Test
  void aFileThatIsNotUtf8IsInvalid() throws IOException {
    Path file = folder.resolve("prompts.txt");
    Files.write(file, "not\nn\u00f6t\n".getBytes(StandardCharsets.ISO_8859_1));

    assertThatThrownBy(() -> Prompts.read(HADOOP, file.toString(), TOKENIZER, LENGTHS))
        .isInstanceOf(InvalidInput.class)
        .hasMessage(
            "--prompts %s: not UTF-8: byte 0xF6 at byte offset 5; convert the file to UTF-8", file);
  }

  @Test
  void aPromptThatIsLongerThanTheModelReadsIsInvalid() {
    Prompts.Lengths lengths = Prompts.Lengths.upTo(3);

    assertThat(Prompts.parse(List.of("n", "not"), TOKENIZER, lengths))
        .extracting(Prompt::text)
        .containsExactly("n", "not");
    assertThatThrownBy(() -> Prompts.parse(List.of("not", "noto"), TOKENIZER, lengths))
        .isInstanceOf(InvalidInput.class)
        .hasMessage("prompt 2: \"noto\" has 4 tokens, the model reads 1 to 3");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "prompts.txt | noto@not@tonot@ton | 2",
        "prompts.jsonl | \"noto\"@\"not\"@[0, 1, 2, 0] | 2",
        "prompts.txt | not@ton | 0"
      })
  void promptsThatAreLongerThanWindowsAreCounted(String name, String lines, int longer)
      throws IOException {
    Path file = Files.writeString(folder.resolve(name), lines.replace('@', '\n'));
    List<Integer> counted = new ArrayList<>();

    List<Prompt> prompts =
        Prompts.read(
            HADOOP, file.toString(), TOKENIZER, Prompts.Lengths.ofWindows(3), counted::add);

    assertThat(prompts).allMatch(prompt -> prompt.tokenIds().length == 3);
    assertThat(counted).isEqualTo(longer == 0 ? List.of() : List.of(longer));
  }

  @Test
  void anEmptyPromptIsInvalid() {
    assertThatThrownBy(() -> Prompts.parse(List.of(""), TOKENIZER, Prompts.Lengths.upTo(3)))
        .isInstanceOf(InvalidInput.class)
        .hasMessage("prompt 1: \"\" has 0 tokens, the model reads 1 to 3");
  }

  private List<String> read(String name, String content) throws IOException {
    Path file = Files.writeString(folder.resolve(name), content);
    return Prompts.read(HADOOP, file.toString(), TOKENIZER, LENGTHS).stream()
        .map(Prompt::text)
        .toList();
  }

  private AbstractThrowableAssert<?, ? extends Throwable> assertInvalid(
      String name, String content) {
    return assertThatThrownBy(() -> read(name, content)).isInstanceOf(InvalidInput.class);
  }

  private static Dataset<Row> table(SparkSession spark) {
    return table(spark, CHARACTERS);
  }

  private static Dataset<Row> table(SparkSession spark, String characters) {
    List<Row> rows =
        WindowOracle.windows(DOCUMENTS, characters, LENGTH).stream()
            .map(
                window ->
                    RowFactory.create(
                        "c-1",
                        window.windowId(),
                        window.tokenIds(),
                        window.text(),
                        window.occurrences(),
                        window.nextTokens()))
            .toList();
    return spark.createDataFrame(rows, Tables.WINDOWS.columns());
  }

  private static Row comparable(Row row) {
    return RowFactory.create(
        row.get(0), List.copyOf(row.<Integer>getList(1)), row.get(2), row.get(3));
  }
}
