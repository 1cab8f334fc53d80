/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.LocalSpark;
import dev.kindred.corpus.Tokenizer;
import dev.kindred.explanation.CorpusPlaces;
import dev.kindred.table.Part;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Parts of texts in a corpus of several documents, beside a plain search. */
@ExtendWith(LocalSpark.class)
class TestCorpusText {
  @TempDir Path folder;

  /** A part of a text, from a token to another. */
  private record Reach(int from, int to) {}

  @Test
  void theLongestPartsOfATextAreFound(SparkSession spark) throws Exception {
    String tokenizerJson =
        Files.readString(
            Path.of(System.getProperty("kindred.home"), "models/dickens-small/tokenizer.json"));
    Random random = new Random(1);
    List<String> documents = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      documents.add(text(random, 60));
    }

    CorpusText corpus =
        new CorpusText("r-1", Optional.of(places(spark, documents, tokenizerJson)), tokenizerJson);
    for (int trial = 0; trial < 100; trial++) {
      String text =
          trial % 10 == 0
              ? documents.get(trial % 3).substring(5, 45)
              : text(random, 1 + random.nextInt(30));

      CorpusText.Trace trace = corpus.trace(text);

      assertThat(
              trace.spans().stream()
                  .map(span -> new Reach(span.from(), span.from() + span.tokens()))
                  .toList())
          .as(text)
          .isEqualTo(parts(documents, text));
      for (CorpusText.Span span : trace.spans()) {
        assertThat(span.text()).isEqualTo(text.substring(span.from(), span.from() + span.tokens()));
        String document = documents.get(Integer.parseInt(span.first().document()));
        int at = (int) span.first().position();
        assertThat(document.substring(at)).startsWith(span.text());
        assertThat(document.substring(0, at)).endsWith(span.first().before());
        assertThat(document.substring(at + span.tokens())).startsWith(span.first().after());
      }
    }
  }

  /** Few letters, so that much is repeated, and one that no document has. */
  private static String text(Random random, int length) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < length; i++) {
      text.append("abcd".charAt(random.nextInt(i % 7 == 6 ? 4 : 3)));
    }

    return text.toString();
  }

  private static List<Reach> parts(List<String> documents, String text) {
    List<Reach> all = new ArrayList<>();
    for (int from = 0; from < text.length(); from++) {
      for (int to = text.length(); to > from; to--) {
        String part = text.substring(from, to);
        if (documents.stream().anyMatch(document -> document.contains(part))) {
          all.add(new Reach(from, to));
          break;
        }
      }
    }

    return all.stream()
        .filter(
            part ->
                all.stream()
                    .noneMatch(
                        other ->
                            other != part
                                && other.from() <= part.from()
                                && other.to() >= part.to()))
        .sorted(
            Comparator.comparingInt((Reach part) -> part.from() - part.to())
                .thenComparingInt(Reach::from))
        .toList();
  }

  private CorpusPlaces places(SparkSession spark, List<String> documents, String tokenizerJson) {
    List<Row> passages = new ArrayList<>();
    long first = 0;
    for (int i = 0; i < documents.size(); i++) {
      int[] ids = Tokenizer.of(tokenizerJson).encodeWithin(documents.get(i));
      for (int from = 0; from < ids.length; from += 25) { // in several passages
        int[] some = Arrays.copyOfRange(ids, from, Math.min(ids.length, from + 25));
        passages.add(
            RowFactory.create(
                (first + from) / 1024, first + from, Integer.toString(i), (long) from, some));
      }

      first += ids.length;
    }

    Warehouse warehouse = new Warehouse(spark, folder.toString());
    Part occurrences = warehouse.part(Tables.OCCURRENCES, "c-1", "p-1");
    occurrences.write(spark.createDataFrame(List.of(), Tables.OCCURRENCES.fileColumns()));
    Part written = warehouse.part(Tables.PASSAGES, "c-1", "p-1");
    StructType columns = Tables.PASSAGES.fileColumns();
    written.write(spark.createDataFrame(passages, columns).repartition(2));
    return CorpusPlaces.read(warehouse, "c-1", "p-1", 10, tokenizerJson);
  }
}
