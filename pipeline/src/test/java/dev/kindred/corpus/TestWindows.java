/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kindred.InvalidInput;
import dev.kindred.LocalSpark;
import dev.kindred.corpus.WindowOracle.Window;
import dev.kindred.table.Tables;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.SimpleGroup;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.parquet.io.LocalOutputFile;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(LocalSpark.class)
class TestWindows {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final StructType TEXT =
      new StructType().add("title", DataTypes.StringType).add("text", DataTypes.StringType);

  /** One character of each length in UTF-8, and a line break. */
  private static final String MIXED = "aé€😀\n";

  @TempDir Path folder;

  @Test
  void aRepeatedWindowCountsItsOccurrencesAndNextTokens(SparkSession spark) throws IOException {
    writeTexts(List.of("abcabcc"));

    assertThat(extract(spark, Corpus.Format.AUTO, "abc", 2))
        .containsExactly(
            new Window(0, List.of(0, 1), "ab", 2, Map.of(2, 2L)),
            new Window(1, List.of(1, 2), "bc", 2, Map.of(0, 1L, 2, 1L)),
            new Window(2, List.of(2, 0), "ca", 1, Map.of(1, 1L)),
            new Window(5, List.of(2, 2), "cc", 1, Map.of()));
  }

  @Test
  void tokensAreCountedAtTheEndsOfWindows(SparkSession spark) throws IOException {
    writeTexts(List.of("abcabcc", "b", "ba"));
    String tokenizer = CharacterTokenizers.of("abcd");
    Corpus corpus = Corpus.open(spark, folder.toString(), Corpus.Format.AUTO, "text");
    CorpusScan scan = CorpusScan.scan(corpus, tokenizer, 2);

    // All but the first of each document: b c a b c c, and a.
    assertThat(Windows.tokenCounts(Windows.extract(spark, corpus, scan, tokenizer, 2), 4))
        .containsExactly(2, 2, 3, 0);
  }

  @Test
  void rowsConformToTheWindowsTable(SparkSession spark) throws IOException {
    writeTexts(List.of("abcabcc"));
    String tokenizer = CharacterTokenizers.of("abc");
    Corpus corpus = Corpus.open(spark, folder.toString(), Corpus.Format.AUTO, "text");
    CorpusScan scan = CorpusScan.scan(corpus, tokenizer, 2);

    Dataset<Row> windows = Windows.extract(spark, corpus, scan, tokenizer, 2);

    assertThat(windows.columns()).containsExactly(Tables.WINDOWS.columns().fieldNames());
    assertThat(Tables.WINDOWS.conform(windows).columns())
        .containsExactly(Tables.WINDOWS.fileColumns().fieldNames());
    assertThat(windows.select("corpus_id").distinct().collectAsList())
        .containsExactly(RowFactory.create(scan.corpusId()));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5, 9})
  void windowsNeverCrossDocuments(int windowLength, @TempDir Path other, SparkSession spark)
      throws IOException {
    List<String> documents = List.of("abcab", "bcabc", "", "ab", "a", "abcabcabc");
    folder = other;
    writeTexts(documents);

    assertThat(extract(spark, Corpus.Format.AUTO, "abc", windowLength))
        .isEqualTo(WindowOracle.windows(documents, "abc", windowLength));
  }

  @Test
  void theScanCountsTokensAndOccurrences(SparkSession spark) throws IOException {
    writeTexts(List.of("abcab", "ab", "", "abc"));

    CorpusScan scan = scan(spark, Corpus.Format.AUTO, CharacterTokenizers.of("abc"), 3);

    assertThat(scan.tokens()).as("tokens").isEqualTo(10);
    assertThat(scan.windows()).as("windows").isEqualTo(3);
    assertThat(scan.occurrences()).as("windows of three tokens").isEqualTo(4);
  }

  @Test
  void aByteOrderMarkAtAFilesStartIsNotText(SparkSession spark) throws IOException {
    Files.writeString(folder.resolve("1.txt"), "abca");
    Files.writeString(folder.resolve("2.txt"), "\ufeffabcb");

    assertThat(extract(spark, Corpus.Format.AUTO, "abc", 2))
        .isEqualTo(WindowOracle.windows(List.of("abca", "abcb"), "abc", 2));
  }

  @Test
  void hiddenFilesAreNotPartOfACorpus(SparkSession spark) throws IOException {
    Files.writeString(folder.resolve("1.txt"), "abca");
    Files.writeString(folder.resolve("_SUCCESS"), "");
    Files.writeString(folder.resolve(".1.txt.crc"), "unknown characters");
    Files.createDirectory(folder.resolve("_temporary"));
    Files.writeString(folder.resolve("_temporary/2.txt"), "bbbb");

    assertThat(extract(spark, Corpus.Format.AUTO, "abc", 2))
        .isEqualTo(WindowOracle.windows(List.of("abca"), "abc", 2));
  }

  @Test
  void foldersAreReadWithAllBelowThemInTheOrderOfPaths(SparkSession spark) throws IOException {
    Files.createDirectories(folder.resolve("b/c"));
    Files.writeString(folder.resolve("b/c/1.txt"), "abca");
    Files.writeString(folder.resolve("a.txt"), "bbb");
    Files.writeString(folder.resolve("c.txt"), "ccc");

    assertThat(extract(spark, Corpus.Format.AUTO, "abc", 2))
        .isEqualTo(WindowOracle.windows(List.of("bbb", "abca", "ccc"), "abc", 2));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a b%20", "a[1]", "{a}*?", "a~b", "10:30", "a\\b"})
  void aFileNameMayHaveSpacesAndSpecialCharacters(
      String name, @TempDir Path texts, @TempDir Path lines, SparkSession spark)
      throws IOException {
    List<Window> expected = WindowOracle.windows(List.of("abca"), "abc", 2);
    folder = texts;
    Files.writeString(folder.resolve(name + ".txt"), "abca");
    assertThat(extract(spark, Corpus.Format.AUTO, "abc", 2)).as("text").isEqualTo(expected);
    folder = lines;
    Files.writeString(folder.resolve(name + ".jsonl"), "{\"text\": \"abca\"}");
    assertThat(extract(spark, Corpus.Format.AUTO, "abc", 2)).as("JSON lines").isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"set[1]", "{a,b}", "a*?", "10:30", "back\\slash"})
  void aPathThatIsThereIsNotAGlob(String name, @TempDir Path other, SparkSession spark)
      throws IOException {
    folder = Files.createDirectory(other.resolve(name));
    writeTexts(List.of("abca"));

    assertThat(extract(spark, Corpus.Format.AUTO, "abc", 2))
        .isEqualTo(WindowOracle.windows(List.of("abca"), "abc", 2));
  }

  @Test
  void parquetNamesMayHaveColonsAndBrackets(@TempDir Path other, SparkSession spark)
      throws IOException {
    writeParquet(spark, List.of("abca"));
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(one -> one.toString().endsWith(".parquet")).toList()) {
        Files.copy(file, other.resolve("10:30 [1].parquet"));
      }
    }

    folder = other;
    assertThat(extract(spark, Corpus.Format.AUTO, "abc", 2))
        .isEqualTo(WindowOracle.windows(List.of("abca"), "abc", 2));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "*            | abc bcb ccc",
        "*.txt        | abc",
        "[ab]*        | abc bcb",
        "{a.txt,b/*}  | abc bcb",
        "{b,b/1.txt}  | bcb",
        "_*           | aa",
        ".*           | bb",
        "?/*          | bcb",
        "*/[1]*       | bcb ccc",
        "b/../a.*     | abc",
        "_old.txt     | aa",
      })
  void aGlobMatchesWhatAFoldersListingHas(String glob, String documents, SparkSession spark)
      throws IOException {
    Files.createDirectories(folder.resolve("b"));
    Files.createDirectories(folder.resolve("10:30"));
    Files.createDirectories(folder.resolve(".hidden"));
    Files.writeString(folder.resolve("a.txt"), "abc");
    Files.writeString(folder.resolve("b/1.txt"), "bcb");
    Files.writeString(folder.resolve("10:30/1:1.txt"), "ccc");
    Files.writeString(folder.resolve("_old.txt"), "aa");
    Files.writeString(folder.resolve(".hidden/a.txt"), "bb");
    Corpus corpus = Corpus.open(spark, folder + "/" + glob, Corpus.Format.AUTO, "text");

    assertThat(corpus.pieces(CutPlaces.CHARACTERS, 0).map(Piece::text).collect())
        .containsExactlyInAnyOrder(documents.split(" "));
  }

  @Test
  void aStaleChecksumFileDoesNotMatter(SparkSession spark) throws IOException {
    writeTexts(List.of("abca"));
    Files.write(
        folder.resolve(".00000.txt.crc"), new byte[] {'c', 'r', 'c', 0, 0, 0, 2, 0, 1, 2, 3, 4});

    assertThat(extract(spark, Corpus.Format.AUTO, "abc", 2))
        .isEqualTo(WindowOracle.windows(List.of("abca"), "abc", 2));
  }

  @ParameterizedTest
  @ValueSource(strings = {"_metadata", "_corrupt_record", "Text", "file_path"})
  void aTextColumnMayHaveAnyName(String column, @TempDir Path parquet, SparkSession spark)
      throws IOException {
    Files.writeString(folder.resolve("a.jsonl"), "{\"" + column + "\": \"abca\", \"text\": 1}");
    spark
        .range(0, 1, 1, 1)
        .selectExpr("'abca' as `" + column + "`", "1 as other")
        .write()
        .mode("append")
        .parquet(parquet.toString());
    for (Path corpus : List.of(folder, parquet)) {
      assertThat(
              Corpus.open(spark, corpus.toString(), Corpus.Format.AUTO, column)
                  .pieces(CutPlaces.CHARACTERS, 0)
                  .map(Piece::text)
                  .collect())
          .containsExactly("abca");
    }
  }

  @Test
  void onlyTheTypeOfParquetsTextColumnMatters(SparkSession spark) throws IOException {
    MessageType schema =
        MessageTypeParser.parseMessageType(
            "message m { optional binary text (STRING); optional binary Text (STRING);"
                + " optional int64 at (TIMESTAMP(NANOS,true)); optional int32 _metadata; }");
    Path file = folder.resolve("a.parquet");
    try (ParquetWriter<Group> writer =
        ExampleParquetWriter.builder(new LocalOutputFile(file)).withType(schema).build()) {
      Group row = new SimpleGroup(schema);
      row.append("text", "abca").append("Text", "bbb").append("at", 5L).append("_metadata", 1);
      writer.write(row);
    }

    assertThat(extract(spark, Corpus.Format.AUTO, "abc", 2))
        .isEqualTo(WindowOracle.windows(List.of("abca"), "abc", 2));
  }

  @ParameterizedTest
  @EnumSource(
      value = Corpus.Format.class,
      names = {"TEXT", "PARQUET", "JSONL"})
  void aCorpusThatChangesAfterTheScanIsNotCut(
      Corpus.Format format, @TempDir Path original, @TempDir Path changed, SparkSession spark)
      throws IOException {
    List<String> documents = List.of("abcab", "bbbbb");
    folder = changed;
    write(spark, format, List.of("abcab", "bbbbc"));
    folder = original;
    write(spark, format, documents);
    List<Window> expected = WindowOracle.windows(documents, "abc", 3);
    String tokenizer = CharacterTokenizers.of("abc");
    Corpus corpus = Corpus.open(spark, folder.toString(), format, "text");
    CorpusScan scan = CorpusScan.scan(corpus, tokenizer, 3);
    Map<Path, byte[]> before = contents(original);

    overwrite(before.keySet(), contents(changed));
    assertThatThrownBy(() -> Windows.extract(spark, corpus, scan, tokenizer, 3).collectAsList())
        .satisfies(
            thrown ->
                assertThat(InvalidInput.findIn(thrown))
                    .hasMessageMatching(
                        "--corpus: file:\\S+: (changed while the corpus was read|cannot be read: it"
                            + " has \\d+ bytes, and had \\d+ when it was listed); run again when"
                            + " nothing writes to it"));

    overwrite(before.keySet(), before);
    assertThat(WindowOracle.collect(Windows.extract(spark, corpus, scan, tokenizer, 3)))
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"\n\n", "{'text': 'abca'}\n{'text': 'cab'}\n", "{'text': 'abca'}\n"})
  void linesThatAreGoneOrNewAfterTheScanAreMissed(
      String later, @TempDir Path other, SparkSession spark) throws IOException {
    String all = "{'text': 'abca'}\n{'text': 'ca'}\n";
    String tokenizer = CharacterTokenizers.of("abc");
    Path file = Files.writeString(other.resolve("a.jsonl"), all + " ".repeat(50));
    Corpus corpus = Corpus.open(spark, other.toString(), Corpus.Format.AUTO, "text");
    CorpusScan scan = CorpusScan.scan(corpus, tokenizer, 2);
    Files.writeString(file, later + " ".repeat(50 + all.length() - later.length()));

    assertThatThrownBy(() -> Windows.extract(spark, corpus, scan, tokenizer, 2).collectAsList())
        .satisfies(
            thrown ->
                assertThat(InvalidInput.findIn(thrown))
                    .hasMessageContaining("a.jsonl: changed while the corpus was read;"));
  }

  private static Map<Path, byte[]> contents(Path folder) throws IOException {
    Map<Path, byte[]> contents = new TreeMap<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file :
          files.filter(one -> !one.getFileName().toString().matches("[_.].*")).toList()) {
        contents.put(file, Files.readAllBytes(file));
      }
    }

    return contents;
  }

  /** Each file gets the content that has its place, in the order of names. */
  private static void overwrite(Set<Path> files, Map<Path, byte[]> contents) throws IOException {
    Iterator<byte[]> next = contents.values().iterator();
    for (Path file : new TreeSet<>(files)) {
      Files.write(file, next.next());
    }
  }

  @Test
  void aTextColumnMayHaveADotInItsName(SparkSession spark) throws IOException {
    Files.writeString(folder.resolve("a.jsonl"), "{\"a.b`c\": \"abca\"}");
    Corpus corpus = Corpus.open(spark, folder.toString(), Corpus.Format.AUTO, "a.b`c");

    assertThat(CorpusScan.scan(corpus, CharacterTokenizers.of("abc"), 2).tokens()).isEqualTo(4);
  }

  @ParameterizedTest
  @EnumSource(
      value = Corpus.Format.class,
      names = {"TEXT", "PARQUET", "JSONL"})
  void longDocumentsHaveTheSameWindowsAsIfTheyWereNotCut(
      Corpus.Format format, @TempDir Path other, SparkSession spark) throws IOException {
    folder = other;
    Random random = new Random(5);
    String text = textWithCutsInCharacters(random);
    List<String> documents = List.of(text, "aé€", randomText(random, 100, 100));
    write(spark, format, documents);

    assertThat(extract(spark, format, MIXED, 7))
        .isEqualTo(WindowOracle.windows(documents, MIXED, 7));
  }

  @Test
  void aDocumentMayEndWithinAPiecesLastCharacter(SparkSession spark) throws IOException {
    String text = "a".repeat(CutPlaces.CHARACTERS.step() - 1) + "😀";
    writeTexts(List.of(text));

    assertThat(extract(spark, Corpus.Format.AUTO, MIXED, 3))
        .isEqualTo(WindowOracle.windows(List.of(text), MIXED, 3));
  }

  @Test
  void aWindowMayBeLongerThanALongDocumentsLastPiece(SparkSession spark) throws IOException {
    String text = "ab".repeat(CutPlaces.CHARACTERS.step() / 2) + "cab";
    writeTexts(List.of(text));

    assertThat(extract(spark, Corpus.Format.AUTO, "abc", 10))
        .isEqualTo(WindowOracle.windows(List.of(text), "abc", 10));
  }

  @Test
  void thousandsOfSmallFilesAreThousandsOfDocuments(SparkSession spark) throws IOException {
    Random random = new Random(7);
    List<String> documents =
        Stream.generate(() -> randomText(random, 0, 9)).limit(4500).collect(Collectors.toList());
    writeTexts(documents);

    assertThat(extract(spark, Corpus.Format.AUTO, MIXED, 3))
        .isEqualTo(WindowOracle.windows(documents, MIXED, 3));
  }

  @ParameterizedTest
  @EnumSource(
      value = Corpus.Format.class,
      names = {"TEXT", "PARQUET", "JSONL"})
  void everyFormatHasTheSameWindows(Corpus.Format format, @TempDir Path other, SparkSession spark)
      throws IOException {
    folder = other;
    List<String> documents = List.of("a€é\na€", "", "é", "a€é😀", "\n\na€é");
    write(spark, format, documents);

    assertThat(extract(spark, Corpus.Format.AUTO, MIXED, 3))
        .isEqualTo(WindowOracle.windows(documents, MIXED, 3));
  }

  @Test
  void everyFormatHasTheSameCorpusId(
      @TempDir Path texts, @TempDir Path parquet, @TempDir Path jsonl, SparkSession spark)
      throws IOException {
    Random random = new Random(8);
    List<String> documents =
        List.of("a€é\na€", "", randomText(random, 150_000, 150_000), "\n\na€é");
    String tokenizer = CharacterTokenizers.of(MIXED);
    List<String> ids = new ArrayList<>();
    for (var corpus :
        List.of(
            Map.entry(texts, Corpus.Format.TEXT),
            Map.entry(parquet, Corpus.Format.PARQUET),
            Map.entry(jsonl, Corpus.Format.JSONL))) {
      folder = corpus.getKey();
      write(spark, corpus.getValue(), documents);
      ids.add(scan(spark, Corpus.Format.AUTO, tokenizer, 3).corpusId());
    }

    assertThat(ids).containsOnly(ids.get(0)).hasSize(3);
  }

  @ParameterizedTest
  @EnumSource(
      value = Corpus.Format.class,
      names = {"PARQUET", "JSONL"})
  void windowsDoNotDependOnHowFilesAreSplit(
      Corpus.Format format, @TempDir Path other, SparkSession spark) throws IOException {
    folder = other;
    List<String> documents = manyDocuments();
    write(spark, format, documents);
    SparkSession split = splitting(spark);
    long partitions =
        Corpus.open(split, folder.toString(), format, "text")
            .pieces(CutPlaces.CHARACTERS, 3)
            .getNumPartitions();
    assertThat(partitions).as("partitions").isGreaterThan(10);

    assertThat(extract(split, format, MIXED, 3))
        .isEqualTo(WindowOracle.windows(documents, MIXED, 3));
  }

  @Test
  void linesMayEndInEveryWayWhereverTasksMeet(SparkSession spark) throws IOException {
    List<String> documents = List.of("a", "", "abca", "b", "cc", "abc", "", "ba");
    List<String> ends = List.of("\n", "\r", "\r\n", "\n\n", "\r\r\n", "\n\r", " \n", "");
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < documents.size(); i++) {
      lines.append("{'text':'").append(documents.get(i)).append("'}").append(ends.get(i));
    }

    Files.writeString(folder.resolve("a.jsonl"), lines);
    SparkSession session = spark.newSession();
    for (int bytes : new int[] {1, 2, 5, 13}) {
      session.conf().set("spark.sql.files.maxPartitionBytes", Integer.toString(bytes));

      assertThat(
              Corpus.open(session, folder.toString(), Corpus.Format.AUTO, "text")
                  .pieces(CutPlaces.CHARACTERS, 0)
                  .map(Piece::text)
                  .collect())
          .as("split at each %d bytes", bytes)
          .isEqualTo(documents);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Corpus.Format.class,
      names = {"PARQUET", "JSONL"})
  void theCorpusIdDoesNotDependOnHowFilesAreSplit(
      Corpus.Format format, @TempDir Path other, SparkSession spark) throws IOException {
    folder = other;
    write(spark, format, manyDocuments());
    String tokenizer = CharacterTokenizers.of(MIXED);

    assertThat(scan(splitting(spark), format, tokenizer, 3).corpusId())
        .isEqualTo(scan(spark, format, tokenizer, 3).corpusId());
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "7"})
  void windowsDoNotDependOnShufflePartitions(
      String partitions, @TempDir Path other, SparkSession spark) throws IOException {
    folder = other;
    List<String> documents = manyDocuments();
    writeJsonLines(documents);
    SparkSession session = spark.newSession();
    session.conf().set("spark.sql.shuffle.partitions", partitions);

    assertThat(extract(session, Corpus.Format.AUTO, MIXED, 3))
        .isEqualTo(WindowOracle.windows(documents, MIXED, 3));
  }

  @Test
  void theCorpusIdIsThatOfItsContent(@TempDir Path other, SparkSession spark) throws IOException {
    String tokenizer = CharacterTokenizers.of("abc");
    writeTexts(List.of("abc", "bca"));
    String id = scan(spark, Corpus.Format.AUTO, tokenizer, 2).corpusId();
    folder = other;
    Files.writeString(folder.resolve("x.txt"), "abc");
    Files.writeString(folder.resolve("y.txt"), "bca");

    assertThat(scan(spark, Corpus.Format.AUTO, tokenizer, 2).corpusId()).isEqualTo(id);
  }

  @Test
  void theCorpusIdChangesWithADocumentsText(@TempDir Path other, SparkSession spark)
      throws IOException {
    assertThat(idOf(spark, folder, List.of("abc", "bca"), 2))
        .isNotEqualTo(idOf(spark, other, List.of("abc", "bcb"), 2));
  }

  @Test
  void theCorpusIdChangesWithTheOrderOfDocuments(@TempDir Path other, SparkSession spark)
      throws IOException {
    assertThat(idOf(spark, folder, List.of("abc", "bca"), 2))
        .isNotEqualTo(idOf(spark, other, List.of("bca", "abc"), 2));
  }

  @Test
  void theCorpusIdChangesWithTheWindowLength(@TempDir Path other, SparkSession spark)
      throws IOException {
    assertThat(idOf(spark, folder, List.of("abc", "bca"), 2))
        .isNotEqualTo(idOf(spark, other, List.of("abc", "bca"), 3));
  }

  @Test
  void theCorpusIdChangesWhenDocumentsAreSplitDifferently(@TempDir Path other, SparkSession spark)
      throws IOException {
    assertThat(idOf(spark, folder, List.of("ab", "c"), 1))
        .isNotEqualTo(idOf(spark, other, List.of("a", "bc"), 1));
  }

  @Test
  void theCorpusIdChangesWhenALongDocumentIsSplitWhereItsPiecesMeet(
      @TempDir Path other, SparkSession spark) throws IOException {
    String piece = "ab".repeat(CutPlaces.CHARACTERS.step() / 2);

    assertThat(idOf(spark, folder, List.of(piece + "c"), 1))
        .isNotEqualTo(idOf(spark, other, List.of(piece, "c"), 1));
  }

  @Test
  void theCorpusIdChangesWithTheTokenizer(SparkSession spark) throws IOException {
    writeTexts(List.of("abc"));

    assertThat(scan(spark, Corpus.Format.AUTO, CharacterTokenizers.of("abc"), 2).corpusId())
        .isNotEqualTo(
            scan(spark, Corpus.Format.AUTO, CharacterTokenizers.of("abcd"), 2).corpusId());
  }

  @Test
  void aDocumentThatSortsLastLeavesWindowIdsAsTheyWere(SparkSession spark) throws IOException {
    Random random = new Random(9);
    writeTexts(
        Stream.generate(() -> randomText(random, 0, 60)).limit(20).collect(Collectors.toList()));
    Map<String, Long> before = idsByText(extract(spark, Corpus.Format.AUTO, MIXED, 3));
    Files.writeString(folder.resolve("last.txt"), randomText(random, 5000, 5000));

    Map<String, Long> after = idsByText(extract(spark, Corpus.Format.AUTO, MIXED, 3));

    assertThat(after).hasSizeGreaterThan(before.size()).containsAllEntriesOf(before);
  }

  @Test
  void withATokenizerOfWordsAWindowIsARunOfWords(SparkSession spark) throws IOException {
    String words =
        """
        {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
         "normalizer": null, "pre_tokenizer": {"type": "Whitespace"}, "post_processor": null,
         "decoder": null,
         "model": {"type": "WordLevel", "vocab": {"[UNK]": 0, "my": 1, "noble": 2, "lord": 3},
                   "unk_token": "[UNK]"}}
        """;
    writeTexts(List.of("my noble lord\nmy noble", "lord my"));
    Corpus corpus = Corpus.open(spark, folder.toString(), Corpus.Format.AUTO, "text");
    CorpusScan scan = CorpusScan.scan(corpus, words, 2);

    assertThat(WindowOracle.collect(Windows.extract(spark, corpus, scan, words, 2)))
        .containsExactly(
            new Window(0, List.of(1, 2), "my noble", 2, Map.of(3, 1L)),
            new Window(1, List.of(2, 3), "noble lord", 1, Map.of(1, 1L)),
            new Window(2, List.of(3, 1), "lord my", 2, Map.of(2, 1L)));
  }

  private List<Window> extract(
      SparkSession spark, Corpus.Format format, String characters, int windowLength) {
    String tokenizer = CharacterTokenizers.of(characters);
    Corpus corpus = Corpus.open(spark, folder.toString(), format, "text");
    CorpusScan scan = CorpusScan.scan(corpus, tokenizer, windowLength);
    return WindowOracle.collect(Windows.extract(spark, corpus, scan, tokenizer, windowLength));
  }

  private CorpusScan scan(
      SparkSession spark, Corpus.Format format, String tokenizer, int windowLength) {
    Corpus corpus = Corpus.open(spark, folder.toString(), format, "text");
    return CorpusScan.scan(corpus, tokenizer, windowLength);
  }

  private String idOf(SparkSession spark, Path where, List<String> documents, int windowLength)
      throws IOException {
    folder = where;
    writeTexts(documents);
    return scan(spark, Corpus.Format.AUTO, CharacterTokenizers.of("abc"), windowLength).corpusId();
  }

  private static Map<String, Long> idsByText(List<Window> windows) {
    return windows.stream().collect(Collectors.toMap(Window::text, Window::windowId));
  }

  private static SparkSession splitting(SparkSession spark) {
    SparkSession session = spark.newSession();
    session.conf().set("spark.sql.files.maxPartitionBytes", "2000");
    session.conf().set("spark.sql.files.openCostInBytes", "1");
    return session;
  }

  private void write(SparkSession spark, Corpus.Format format, List<String> documents)
      throws IOException {
    switch (format) {
      case TEXT -> writeTexts(documents);
      case PARQUET -> writeParquet(spark, documents);
      case JSONL -> writeJsonLines(documents);
      case AUTO -> throw new IllegalArgumentException("AUTO is not a format of files");
    }
  }

  private void writeTexts(List<String> documents) throws IOException {
    for (int i = 0; i < documents.size(); i++) {
      Files.writeString(folder.resolve(String.format("%05d.txt", i)), documents.get(i));
    }
  }

  private void writeParquet(SparkSession spark, List<String> documents) {
    List<Row> rows =
        documents.stream().map(document -> RowFactory.create("untitled", document)).toList();
    // Small row groups, so that there is something to split.
    spark
        .createDataFrame(rows, TEXT)
        .coalesce(1)
        .write()
        .option("parquet.block.size", "2000")
        .mode("append")
        .parquet(folder.toString());
  }

  private void writeJsonLines(List<String> documents) throws IOException {
    StringBuilder lines = new StringBuilder();
    for (String document : documents) {
      lines.append(JSON.writeValueAsString(Map.of("title", "untitled", "text", document)));
      lines.append('\n');
    }

    Files.writeString(folder.resolve("documents.jsonl"), lines);
  }

  private static List<String> manyDocuments() {
    Random random = new Random(10);
    return Stream.generate(() -> randomText(random, 0, 60))
        .limit(1000)
        .collect(Collectors.toList());
  }

  /** Three pieces long; both cuts fall within a character of four bytes. */
  private static String textWithCutsInCharacters(Random random) {
    StringBuilder text = new StringBuilder();
    for (int cut = CutPlaces.CHARACTERS.step();
        cut <= 2 * CutPlaces.CHARACTERS.step();
        cut += CutPlaces.CHARACTERS.step()) {
      int bytes = text.toString().getBytes(StandardCharsets.UTF_8).length;
      String filling = randomText(random, 50_000, 50_000);
      text.append(filling);
      bytes += filling.getBytes(StandardCharsets.UTF_8).length;
      text.append("a".repeat(cut - 2 - bytes)).append("😀");
    }

    return text.append(randomText(random, 50_000, 50_000)).toString();
  }

  private static String randomText(Random random, int shortest, int longest) {
    int[] alphabet = MIXED.codePoints().toArray();
    int length = shortest + random.nextInt(longest - shortest + 1);
    int[] text = random.ints(length, 0, alphabet.length).map(i -> alphabet[i]).toArray();
    return new String(text, 0, length);
  }
}
