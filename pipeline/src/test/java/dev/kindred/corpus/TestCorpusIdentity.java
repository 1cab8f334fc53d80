/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.LocalSpark;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Corpus ids as version 0.2 gave them: windows and activations of warehouses are found by them, so
 * they must not change for a corpus that does not.
 */
@ExtendWith(LocalSpark.class)
class TestCorpusIdentity {
  private static final String CHARACTERS = CharacterTokenizers.of("aé€😀bc \n");
  private static final String WORDS =
      """
      {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
       "normalizer": null, "pre_tokenizer": {"type": "Whitespace"}, "post_processor": null,
       "decoder": null,
       "model": {"type": "WordLevel", "vocab": {"[UNK]": 0, "my": 1, "noble": 2, "lord": 3},
                 "unk_token": "[UNK]"}}
      """;

  @TempDir Path folder;

  @Test
  void ofTextFiles(SparkSession spark) throws IOException {
    write("ab.txt", "abc abc\nabc");
    write("a b.txt", "\ufeffbca é€😀");
    write("a!b.txt", "");
    write("b/c/1.txt", "aé€😀\n".repeat(60_000));
    write("b.txt", "ccc");

    assertThat(scan(spark, CHARACTERS)).isEqualTo("c-36ce07506e77d757 5 300021 300017 7");
  }

  @Test
  void ofTextFilesInWords(SparkSession spark) throws IOException {
    write("1.txt", "my noble lord\nmy  noble");
    write("2.txt", "\ufefflord my noble lord");

    assertThat(scan(spark, WORDS)).isEqualTo("c-02a046869dea0fe4 2 9 7 2");
  }

  @Test
  void ofJsonLines(SparkSession spark) throws IOException {
    write("ab.jsonl", "{\"text\": \"abc abc\\nabc\", \"n\": [1, {\"text\": 2}], \"x\": NaN}\n");
    write(
        "a b.jsonl", "\ufeff{\"text\": \"bca \\u00e9€\\ud83d\\ude00\"}\r\n\r\n  \n{'text': 'ab'}");
    write("a!b.jsonl", "");
    write("b/c/1.jsonl", "{\"text\": \"" + "aé€😀\\n".repeat(60_000) + "\"}\r{\"text\": \"\"}\n");
    write("b/array.json", "[{\"text\": \"abca\"}, {\"id\": 1, \"text\": \"cab\"}]\n[]\n");
    Path zipped = folder.resolve("c.jsonl.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(zipped))) {
      out.write("{\"text\": \"ccc\"}\n{\"text\": \"bbb\"}\n".getBytes(StandardCharsets.UTF_8));
    }

    assertThat(scan(spark, CHARACTERS)).isEqualTo("c-da7506e3779947cc 9 300033 300025 11");
  }

  @Test
  void ofJsonLinesInWords(SparkSession spark) throws IOException {
    write("1.jsonl", "{\"text\": \"my noble lord\\nmy  noble\"}\n{\"text\": \"lord my\"}\n");

    assertThat(scan(spark, WORDS)).isEqualTo("c-c03f17767df0cebb 2 7 5 2");
  }

  @Test
  void ofParquet(SparkSession spark) throws IOException {
    writeParquet(spark, "ab", "abc abc\nabc", "bb");
    writeParquet(spark, "a b", "bca é€😀", "");
    writeParquet(spark, "a!b", "ccc");
    writeParquet(spark, "b", "aé€😀\n".repeat(60_000), "cab");

    assertThat(scan(spark, CHARACTERS)).isEqualTo("c-4daf80d0a5e3df07 7 300026 300020 9");
  }

  private void write(String name, String content) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
  }

  private void writeParquet(SparkSession spark, String name, String... documents)
      throws IOException {
    StructType schema =
        new StructType().add("id", DataTypes.LongType).add("text", DataTypes.StringType);
    Path written = Files.createTempDirectory("parquet").resolve("written");
    spark
        .createDataFrame(
            List.of(documents).stream().map(text -> RowFactory.create(1L, text)).toList(), schema)
        .coalesce(1)
        .write()
        .parquet(written.toString());
    try (var files = Files.newDirectoryStream(written, "*.parquet")) {
      Files.move(files.iterator().next(), folder.resolve(name + ".parquet"));
    }
  }

  private String scan(SparkSession spark, String tokenizer) {
    Corpus corpus = Corpus.open(spark, folder.toString(), Corpus.Format.AUTO, "text");
    CorpusScan scan = CorpusScan.scan(corpus, tokenizer, 2);
    return String.join(
        " ",
        scan.corpusId(),
        Long.toString(scan.documents()),
        Long.toString(scan.tokens()),
        Long.toString(scan.occurrences()),
        Integer.toString(scan.pieces()));
  }
}
