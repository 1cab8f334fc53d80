/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.locality;

import dev.kindred.corpus.Tokenizer;
import dev.kindred.model.LanguageModel;
import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.function.LongConsumer;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** What one task finds at the tokens of its texts, some texts at a time. */
final class Measured implements Iterator<Row> {
  /** Columns of which a row has one: of a token of the sample, of some counts, of a stream. */
  static final StructType SCHEMA =
      new StructType()
          .add("similarity", Tables.TRUNCATION_SIMILARITIES.fileColumns())
          .add("counted", Counted.SCHEMA)
          .add(
              "stream",
              new StructType()
                  .add("first_token", DataTypes.IntegerType)
                  .add("text", DataTypes.LongType)
                  .add("place", DataTypes.IntegerType)
                  .add("token_ids", DataTypes.createArrayType(DataTypes.IntegerType))
                  .add("layers", DataTypes.createArrayType(DataTypes.FloatType))
                  .add("count", DataTypes.IntegerType));

  private static final int BEFORE = 40; // tokens that are shown before one

  private final LanguageModel model;
  private final Tokenizer tokenizer;
  private final LocalityQuestion question;
  private final Means means;
  private final List<Long> sample;
  private final int textsAtOnce;
  private final Iterator<Row> texts;
  private final LongConsumer work;
  private final int[] indexes; // that are looked at in each text
  private final int[] sampledIndexes; // those of them that the sample has, ascending
  private Iterator<Row> some = List.<Row>of().iterator();

  Measured(
      LanguageModel model,
      Tokenizer tokenizer,
      LocalityQuestion question,
      Means means,
      List<Long> sample,
      int textsAtOnce,
      Iterator<Row> texts,
      LongConsumer work) {
    this.model = model;
    this.tokenizer = tokenizer;
    this.question = question;
    this.means = means;
    this.sample = sample;
    this.texts = texts;
    this.work = work;
    this.textsAtOnce = textsAtOnce;
    this.indexes = question.indexes();
    this.sampledIndexes = question.sampledIndexes();
  }

  @Override
  public boolean hasNext() {
    while (!some.hasNext() && texts.hasNext()) {
      List<Text> batch = new ArrayList<>();
      while (batch.size() < textsAtOnce && texts.hasNext()) {
        batch.add(text(texts.next()));
      }

      some = rows(batch).iterator();
    }

    return some.hasNext();
  }

  @Override
  public Row next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }

    return some.next();
  }

  /**
   * A text.
   *
   * @param position of its first token
   * @param rank among the texts of the sample; -1 if it is not in it
   */
  private record Text(long position, int[] tokens, TokenClasses classes, int rank) {}

  private Text text(Row row) {
    int[] tokens = row.<Integer>getList(1).stream().mapToInt(Integer::intValue).toArray();
    return new Text(
        row.getLong(0), tokens, TokenClasses.of(tokenizer, tokens), sample.indexOf(row.getLong(0)));
  }

  private List<Row> rows(List<Text> batch) {
    List<Place> places = new ArrayList<>();
    for (Text text : batch) {
      for (int index : indexes) {
        places.add(new Place(text.tokens(), index));
      }
    }

    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < question.firstTokens().size(); i++) {
      int firstToken = question.firstTokens().get(i);
      double[][] mean = means.ofFirstTokens().get(i);
      Streams whole =
          Streams.whole(
              model, firstToken, places, tokens -> work.accept(LocalityQuestion.OF_WHOLE * tokens));
      rows.addAll(streams(batch, places, whole, firstToken, mean));
      for (Protocol.Places where : question.places()) {
        Counts counts = new Counts(batch, places, new Protocol(firstToken, where));
        Truncations.compare(
            model, counts.protocol, places, whole, mean, question.lengths(), counts, work);
        rows.addAll(counts.rows());
      }
    }

    return rows;
  }

  private boolean isSampled(Text text, int index) {
    return text.rank() >= 0 && Arrays.binarySearch(sampledIndexes, index) >= 0;
  }

  /** Whole streams, less their means, of the first texts of the sample: to be compared. */
  private List<Row> streams(
      List<Text> batch, List<Place> places, Streams whole, int firstToken, double[][] mean) {
    int most = question.comparedTexts(model.shape());
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < places.size(); i++) {
      Text text = batch.get(i / indexes.length);
      if (text.rank() < most && isSampled(text, places.get(i).index())) {
        int d = whole.dimension();
        float[] layers = new float[whole.layers() * d];
        for (int k = 0; k < layers.length; k++) {
          layers[k] = (float) (whole.values()[k / d][i * d + k % d] - mean[k / d][k % d]);
        }

        rows.add(
            RowFactory.create(
                null,
                null,
                RowFactory.create(
                    firstToken,
                    text.position(),
                    places.get(i).index(),
                    text.tokens(),
                    layers,
                    whole.layers())));
      }
    }

    return rows;
  }

  /** Counts what is found of one protocol, and keeps what is found in the sample. */
  private final class Counts implements Truncations.Sink {
    private final List<Text> batch;
    private final List<Place> places;
    private final Protocol protocol;
    private final Map<String, CosineCounts[][]> ofSlices = new LinkedHashMap<>(); // layer, length
    private final List<Row> kept = new ArrayList<>();
    private List<CosineCounts[][]> slices = List.of(); // of the place and the length below
    private int slicedPlace = -1;
    private int slicedLength = -1;

    private Counts(List<Text> batch, List<Place> places, Protocol protocol) {
      this.batch = batch;
      this.places = places;
      this.protocol = protocol;
    }

    private Text text(int place) {
      return batch.get(place / indexes.length);
    }

    @Override
    public void found(
        int place, int layer, int length, double cosine, double normWhole, double normTruncated) {
      if (place != slicedPlace || length != slicedLength) {
        slices = slices(place, length);
        slicedPlace = place;
        slicedLength = length;
      }

      int number = question.lengths().indexOf(length);
      for (CosineCounts[][] counts : slices) {
        if (counts[layer][number] == null) {
          counts[layer][number] = new CosineCounts();
        }

        counts[layer][number].add(cosine);
      }

      int index = places.get(place).index();
      if (isSampled(text(place), index)) {
        keep(text(place), index, layer, length, cosine, normWhole, normTruncated);
      }
    }

    private List<CosineCounts[][]> slices(int place, int length) {
      return Slices.of(text(place).classes(), places.get(place).index(), length).stream()
          .map(
              slice ->
                  ofSlices.computeIfAbsent(
                      slice,
                      absent ->
                          new CosineCounts[model.shape().blocks() + 1][question.lengths().size()]))
          .toList();
    }

    private void keep(
        Text text,
        int index,
        int layer,
        int length,
        double cosine,
        double normWhole,
        double normTruncated) {
      kept.add(
          RowFactory.create(
              Tables.TRUNCATION_SIMILARITIES.row(
                  text.position() + index,
                  index,
                  text.tokens()[index],
                  text.classes().classes()[index],
                  Slices.coversWord(text.classes(), index, length),
                  tokenizer.text(
                      Arrays.copyOfRange(text.tokens(), Math.max(0, index - BEFORE), index)),
                  Protocol.shown(protocol.firstToken()),
                  protocol.places().text(),
                  layer,
                  length,
                  cosine,
                  normWhole,
                  normTruncated),
              null,
              null));
    }

    private List<Row> rows() {
      List<Row> rows = new ArrayList<>(kept);
      ofSlices.forEach(
          (slice, counts) -> {
            for (int layer = 0; layer < counts.length; layer++) {
              for (int number = 0; number < counts[layer].length; number++) {
                if (counts[layer][number] != null) {
                  Counted key =
                      new Counted(
                          Counted.LAST_TOKENS,
                          protocol.firstToken(),
                          protocol.places().text(),
                          layer,
                          question.lengths().get(number),
                          slice);
                  rows.add(RowFactory.create(null, key.some(counts[layer][number]), null));
                }
              }
            }
          });
      return rows;
    }
  }
}
