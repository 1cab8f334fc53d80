/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kindred.InvalidInput;
import dev.kindred.LocalSpark;
import dev.kindred.table.StoredVectors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
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
import org.junit.jupiter.params.provider.ValueSource;

/** Where windows stand, and the passages around them, against a search through the documents. */
@ExtendWith(LocalSpark.class)
class TestPlaces {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int LENGTH = 3;
  private static final String LETTERS = CharacterTokenizers.of("ab é");

  /** Byte pair encoding, which cannot be cut within a document. */
  private static final String BYTE_PAIRS =
      """
      {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
       "normalizer": null, "pre_tokenizer": null, "post_processor": null,
       "decoder": {"type": "Fuse"},
       "model": {"type": "BPE", "dropout": null, "unk_token": null,
                 "continuing_subword_prefix": null, "end_of_word_suffix": null, "fuse_unk": false,
                 "byte_fallback": false,
                 "vocab": {"a": 0, "b": 1, "é": 2, " ": 3, "ab": 4, "aba": 5},
                 "merges": ["a b", "ab a"]}}
      """;

  @TempDir Path folder;

  /** A text and what it is to be called. */
  private record Document(String name, String text) {}

  /** What is said of a corpus, in values that can be compared. */
  private record Places(Map<Long, List<Long>> occurrences, List<Passage> passages) {}

  private record Passage(long first, String document, long inDocument, List<Integer> tokens) {}

  @ParameterizedTest(name = "{0}, {1} places, {2} shuffle partitions, files split at {3} bytes")
  @CsvSource({
    "TEXT, 5, 1, 1000000",
    "TEXT, 1, 7, 1000000",
    "JSONL, 2, 7, 3000",
    "PARQUET, 3, 1, 2000"
  })
  void placesAreWhereASearchFindsThem(
      Corpus.Format format, int keep, int partitions, int bytes, SparkSession spark)
      throws IOException {
    List<Document> documents = documents(format, 200);
    write(spark, format, documents);

    for (String tokenizer : List.of(LETTERS, BYTE_PAIRS)) {
      assertThat(places(session(spark, partitions, bytes), format, tokenizer, null, keep))
          .isEqualTo(searched(documents, tokenizer, keep));
    }
  }

  @Test
  void aLongDocumentIsOneWhereverTasksReadIt(SparkSession spark) throws IOException {
    Random random = new Random(3);
    List<Document> documents =
        List.of(
            new Document("00000.txt", text(random, 50)),
            new Document("00001.txt", text(random, 500_000)),
            new Document("00002.txt", text(random, 40)));
    write(spark, Corpus.Format.TEXT, documents);

    assertThat(places(spark, Corpus.Format.TEXT, LETTERS, null, 4))
        .isEqualTo(searched(documents, LETTERS, 4));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 2, 700})
  void aWindowStandsBetweenWhatIsAroundIt(int around, SparkSession spark) throws IOException {
    List<Document> documents = documents(Corpus.Format.TEXT, 60);
    write(spark, Corpus.Format.TEXT, documents);
    Corpus corpus = Corpus.open(spark, folder.toString(), Corpus.Format.AUTO, "text");
    CorpusScan scan = CorpusScan.scan(corpus, LETTERS, LENGTH);
    Dataset<Row> counts = WindowCounts.of(spark, corpus, scan, LETTERS, LENGTH, 5).cache();
    Tokenizer tokenizer = Tokenizer.of(LETTERS);
    List<String> contexts = new ArrayList<>();
    for (Row row :
        Contexts.of(
                counts.selectExpr("positions[0] as window_id"),
                Occurrences.of(counts, scan),
                Passages.of(spark, corpus, scan, LETTERS, LENGTH),
                LENGTH,
                around,
                2)
            .collectAsList()) {
      contexts.add(
          String.join(
              "|",
              Long.toString(row.getAs("window_id")),
              Long.toString(row.getAs("position")),
              row.getAs("document"),
              Long.toString(row.getAs("document_position")),
              tokenizer.text(StoredVectors.ints(row, row.fieldIndex("before"))),
              tokenizer.text(StoredVectors.ints(row, row.fieldIndex("after")))));
    }

    assertThat(contexts).containsExactlyInAnyOrderElementsOf(contexts(documents, around));
  }

  /** The first two places of each window, by a search through the documents. */
  private static List<String> contexts(List<Document> documents, int around) {
    Map<String, List<Long>> places = new TreeMap<>();
    List<String> contexts = new ArrayList<>();
    long start = 0;
    for (Document document : documents) {
      String text = document.text();
      for (int i = 0; i + LENGTH <= text.length(); i++) {
        List<Long> there =
            places.computeIfAbsent(text.substring(i, i + LENGTH), window -> new ArrayList<>());
        there.add(start + i);
        if (there.size() <= 2) {
          contexts.add(
              String.join(
                  "|",
                  Long.toString(there.get(0)),
                  Long.toString(start + i),
                  document.name(),
                  Integer.toString(i),
                  text.substring(Math.max(0, i - around), i),
                  text.substring(i + LENGTH, Math.min(text.length(), i + LENGTH + around))));
        }
      }

      start += text.length();
    }

    return contexts;
  }

  @Test
  void rowsMayBeNamedByAColumn(@TempDir Path parquet, SparkSession spark) throws IOException {
    List<Document> documents =
        documents(Corpus.Format.JSONL, 30).stream()
            .map(document -> new Document("n° " + document.name().hashCode(), document.text()))
            .toList();
    write(spark, Corpus.Format.JSONL, documents);
    Places expected = searched(documents, LETTERS, 2);

    assertThat(places(spark, Corpus.Format.JSONL, LETTERS, "id", 2)).isEqualTo(expected);
    folder = parquet;
    write(spark, Corpus.Format.PARQUET, documents);
    assertThat(places(session(spark, 3, 2000), Corpus.Format.PARQUET, LETTERS, "id", 2))
        .isEqualTo(expected);
  }

  @Test
  void wholeNumbersNameRows(@TempDir Path parquet, SparkSession spark) throws IOException {
    Files.writeString(
        folder.resolve("a.jsonl"), "{'id': 7, 'text': 'aba'}\n{'id': -12, 'text': 'bab'}\n");
    spark
        .sql("select 7L as id, 'aba' as text union all select -12L, 'bab'")
        .coalesce(1)
        .write()
        .mode("append")
        .parquet(parquet.toString());

    assertThat(names(spark, folder, Corpus.Format.JSONL)).containsExactly("7", "-12");
    assertThat(names(spark, parquet, Corpus.Format.PARQUET)).containsExactly("7", "-12");
  }

  private static List<String> names(SparkSession spark, Path where, Corpus.Format format) {
    Corpus corpus = Corpus.open(spark, where.toString(), format, "text", "id");
    CorpusScan scan = CorpusScan.scan(corpus, LETTERS, LENGTH);
    return Passages.of(spark, corpus, scan, LETTERS, LENGTH).collectAsList().stream()
        .map(row -> row.<String>getAs("document"))
        .toList();
  }

  @Test
  void namesAreBelowTheFolderThatAllFilesAreIn(SparkSession spark) throws IOException {
    Files.createDirectories(folder.resolve("all/b/c"));
    Files.createDirectories(folder.resolve("all/bb"));
    Files.writeString(folder.resolve("all/b/c/1 [%20].txt"), "aba");
    Files.writeString(folder.resolve("all/bb/2.txt"), "bab");

    Corpus corpus = Corpus.open(spark, folder.toString(), Corpus.Format.AUTO, "text");
    CorpusScan scan = CorpusScan.scan(corpus, LETTERS, LENGTH);
    assertThat(
            Passages.of(spark, corpus, scan, LETTERS, LENGTH).collectAsList().stream()
                .map(row -> row.<String>getAs("document")))
        .containsExactly("b/c/1 [%20].txt", "bb/2.txt");
  }

  @Test
  void theirIdIsOfNamesAndNumber(@TempDir Path moved, @TempDir Path renamed, SparkSession spark)
      throws IOException {
    List<Document> documents = documents(Corpus.Format.JSONL, 100);
    write(spark, Corpus.Format.JSONL, documents);
    String id = id(spark, folder, null, 5);
    Path file = folder.resolve("documents.jsonl");
    Files.copy(file, moved.resolve("documents.jsonl"));
    Files.copy(file, renamed.resolve("other.jsonl"));

    assertThat(id).matches("o-[0-9a-f]{16}");
    assertThat(id(spark, moved, null, 5)).as("moved").isEqualTo(id);
    assertThat(id(session(spark, 2, 500), folder, null, 5)).as("split").isEqualTo(id);
    assertThat(id(spark, renamed, null, 5)).as("renamed").isNotEqualTo(id);
    assertThat(id(spark, folder, "id", 5)).as("by ids").isNotEqualTo(id);
    assertThat(id(spark, folder, null, 4)).as("fewer").isNotEqualTo(id);
    String byIds = id(spark, folder, "id", 5);
    assertThat(id(session(spark, 2, 500), folder, "id", 5)).as("ids, split").isEqualTo(byIds);
    assertThat(id(spark, renamed, "id", 5)).as("ids, renamed").isEqualTo(byIds);
    String swapped =
        Files.readString(file)
            .replace("\"" + documents.get(3).name() + "\"", "\"?\"")
            .replace("\"" + documents.get(4).name() + "\"", "\"" + documents.get(3).name() + "\"")
            .replace("\"?\"", "\"" + documents.get(4).name() + "\"");
    Files.writeString(file, swapped);
    assertThat(id(spark, folder, "id", 5)).as("ids, swapped").isNotEqualTo(byIds);
  }

  private static String id(SparkSession spark, Path where, String idColumn, int keep) {
    Corpus corpus = Corpus.open(spark, where.toString(), Corpus.Format.AUTO, "text", idColumn);
    return CorpusScan.scan(corpus, LETTERS, LENGTH).placesId(keep);
  }

  @ParameterizedTest(name = "{1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "{'text': 'abab'}                | line 1: no id in column id; see --id-column",
        "{'text': 'abab', 'id': null}    | line 1: no id in column id; see --id-column",
        "{'text': 'abab', 'id': 1.5}     | line 1: a number in column id, expected a string or a",
        "{'text': 'abab', 'id': [1]}     | line 1: an array in column id, expected a string or a",
        "{'id': 'x', 'text': 'abab', 'id': 'y'} | line 1: the column id twice in one object;",
        "[{'text': 'abab', 'id': 3}, {'text': 'bb', 'id': '3'}] | line 1: has the id 3 of a row",
      })
  void aLineWithoutAnIdOfItsOwnIsRefused(String line, String problem, SparkSession spark)
      throws IOException {
    Files.writeString(folder.resolve("a.jsonl"), line);

    assertRefused(spark, "a.jsonl " + problem);
  }

  @ParameterizedTest(name = "{1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "1 as other            | a.parquet: no column id, its columns are text, other; see --id-column",
        "cast(null as int) as id | row 1: no id in column id; see --id-column",
        "1.5d as id            | a.parquet: column id is of the type required double id, expected",
        "date'2026-01-01' as id | a.parquet: column id is of the type required int32 id (DATE),",
        "'x' as id             | row 2: has the id x of a row before it; give --id-column a column",
      })
  void aRowWithoutAnIdOfItsOwnIsRefused(
      String column, String problem, @TempDir Path written, SparkSession spark) throws IOException {
    spark
        .sql("select 'abab' as text, " + column + " from range(0, 2, 1, 1)")
        .write()
        .mode("append")
        .parquet(written.toString());
    try (var files = Files.list(written)) {
      Path part = files.filter(file -> file.toString().endsWith(".parquet")).findFirst().get();
      Files.copy(part, folder.resolve("a.parquet"));
    }

    assertRefused(spark, problem);
  }

  private void assertRefused(SparkSession spark, String problem) {
    assertThatThrownBy(() -> id(spark, folder, "id", 5))
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith("--corpus: file:" + folder + "/a.")
        .hasMessageContaining(problem)
        .message()
        .hasLineCount(1);
  }

  @Test
  void aColumnOfIdsIsAnotherThanThatOfTexts(SparkSession spark) throws IOException {
    Files.writeString(folder.resolve("a.txt"), "abab");
    assertThatThrownBy(() -> id(spark, folder, "id", 5))
        .isInstanceOf(InvalidInput.class)
        .hasMessage(
            "--id-column id: files of text have no columns, and are named by their paths; leave it"
                + " out");
    Files.move(folder.resolve("a.txt"), folder.resolve("a.jsonl"));
    assertThatThrownBy(() -> id(spark, folder, "text", 5))
        .isInstanceOf(InvalidInput.class)
        .hasMessage("--id-column text: is the column with the text; name another one");
  }

  @Test
  void idsThatChangeAfterTheScanAreMissed(SparkSession spark) throws IOException {
    Path file = Files.writeString(folder.resolve("a.jsonl"), "{'id': 1, 'text': 'abab'}");
    Corpus corpus = Corpus.open(spark, folder.toString(), Corpus.Format.AUTO, "text", "id");
    CorpusScan scan = CorpusScan.scan(corpus, LETTERS, LENGTH);
    Files.writeString(file, "{'id': 2, 'text': 'abab'}");

    assertThatThrownBy(() -> Passages.of(spark, corpus, scan, LETTERS, LENGTH).collectAsList())
        .satisfies(
            thrown ->
                assertThat(InvalidInput.findIn(thrown))
                    .hasMessageContaining("a.jsonl: changed while the corpus was read;"));
  }

  // The oracle

  private static Places searched(List<Document> documents, String tokenizerJson, int keep) {
    Tokenizer tokenizer = Tokenizer.of(tokenizerJson);
    Map<List<Integer>, List<Long>> places =
        new TreeMap<>((a, b) -> a.toString().compareTo(b.toString()));
    List<Passage> passages = new ArrayList<>();
    long position = 0;
    for (Document document : documents) {
      List<Integer> tokens = Arrays.stream(tokenizer.encode(document.text())).boxed().toList();
      for (int i = 0; i + LENGTH <= tokens.size(); i++) {
        places
            .computeIfAbsent(tokens.subList(i, i + LENGTH), window -> new ArrayList<>())
            .add(position + i);
      }

      Set<Integer> starts = pieceStarts(document.text(), tokenizer);
      for (int i = 0; i < tokens.size(); i++) {
        if ((position + i) % 1024 == 0 || starts.contains(i)) {
          passages.add(new Passage(position + i, document.name(), i, new ArrayList<>()));
        }

        passages.get(passages.size() - 1).tokens().add(tokens.get(i));
      }

      position += tokens.size();
    }

    Map<Long, List<Long>> kept = new TreeMap<>();
    places
        .values()
        .forEach(
            all -> {
              if (Math.min(keep, all.size()) > 1) {
                kept.put(all.get(0), all.subList(0, Math.min(keep, all.size())));
              }
            });
    return new Places(kept, passages);
  }

  /** Characters that long documents are cut before: the first ones at every so many bytes. */
  private static Set<Integer> pieceStarts(String text, Tokenizer tokenizer) {
    Set<Integer> starts = new TreeSet<>(Set.of(0));
    long bytes = 0;
    for (int i = 0; i < text.length() && tokenizer.isCharacterLevel(); i++) {
      long after = bytes + (text.charAt(i) == 'é' ? 2 : 1);
      if (bytes / CutPlaces.CHARACTERS.step() < after / CutPlaces.CHARACTERS.step()) {
        starts.add(i + 1);
      }

      bytes = after;
    }

    return starts;
  }

  private Places places(
      SparkSession spark, Corpus.Format format, String tokenizer, String idColumn, int keep) {
    Corpus corpus = Corpus.open(spark, folder.toString(), format, "text", idColumn);
    CorpusScan scan = CorpusScan.scan(corpus, tokenizer, LENGTH);
    Dataset<Row> counts = WindowCounts.of(spark, corpus, scan, tokenizer, LENGTH, keep);
    Map<Long, List<Long>> occurrences = new TreeMap<>();
    for (Row row : Occurrences.of(counts, scan).collectAsList()) {
      occurrences.put(row.getLong(0), List.copyOf(row.<Long>getList(1)));
    }

    List<Passage> passages = new ArrayList<>();
    for (Row row : Passages.of(spark, corpus, scan, tokenizer, LENGTH).collectAsList()) {
      assertThat(row.getLong(0)).isEqualTo(row.getLong(1) / 1024);
      passages.add(
          new Passage(
              row.getLong(1), row.getString(2), row.getLong(3), List.copyOf(row.getList(4))));
    }

    return new Places(occurrences, passages);
  }

  private static SparkSession session(SparkSession spark, int partitions, int bytes) {
    SparkSession session = spark.newSession();
    session.conf().set("spark.sql.shuffle.partitions", partitions);
    session.conf().set("spark.sql.files.maxPartitionBytes", Integer.toString(bytes));
    return session;
  }

  private static List<Document> documents(Corpus.Format format, int count) {
    Random random = new Random(count);
    String pattern = format == Corpus.Format.TEXT ? "%05d.txt" : "documents.%2$s row %1$d";
    return IntStream.range(0, count)
        .mapToObj(
            i ->
                new Document(
                    String.format(
                        Locale.ROOT,
                        pattern,
                        format == Corpus.Format.TEXT ? i : i + 1,
                        format.name().toLowerCase(Locale.ROOT)),
                    text(random, random.nextInt(4) * random.nextInt(60))))
        .toList();
  }

  private static String text(Random random, int length) {
    StringBuilder text = new StringBuilder();
    random.ints(length, 0, 4).forEach(i -> text.append("ab é".charAt(i)));
    return text.toString();
  }

  private void write(SparkSession spark, Corpus.Format format, List<Document> documents)
      throws IOException {
    if (format == Corpus.Format.PARQUET) {
      writeParquet(spark, documents);
      return;
    }

    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < documents.size(); i++) {
      Document document = documents.get(i);
      if (format == Corpus.Format.TEXT) {
        Files.writeString(folder.resolve(String.format("%05d.txt", i)), document.text());
      }

      lines
          .append(JSON.writeValueAsString(Map.of("id", document.name(), "text", document.text())))
          .append(i % 3 == 0 ? "\n\n" : "\n"); // blank lines are no rows
    }

    if (format == Corpus.Format.JSONL) {
      Files.writeString(folder.resolve("documents.jsonl"), lines);
    }
  }

  private void writeParquet(SparkSession spark, List<Document> documents) throws IOException {
    StructType columns =
        new StructType().add("id", DataTypes.StringType).add("text", DataTypes.StringType);
    List<Row> rows =
        documents.stream()
            .map(document -> RowFactory.create(document.name(), document.text()))
            .toList();
    Path written = folder.resolve("_written");
    spark
        .createDataFrame(rows, columns)
        .coalesce(1)
        .write()
        .option("parquet.block.size", "2000")
        .parquet(written.toString());
    try (var files = Files.list(written)) {
      Path part = files.filter(file -> file.toString().endsWith(".parquet")).findFirst().get();
      Files.move(part, folder.resolve("documents.parquet"));
    }
  }
}
