/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.locality;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kindred.corpus.Tokenizer;
import dev.kindred.model.Blocks;
import dev.kindred.model.LanguageModel;
import dev.kindred.model.Models;
import dev.kindred.model.ResidualStream;
import dev.kindred.model.files.Bos;
import dev.kindred.model.files.ModelDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is measured, against values that numpy computed in double precision. */
class TestLocalityReference {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Map<String, Case> CASES = new HashMap<>();

  /** Of cosines in single precision. */
  private static final double TOLERANCE = 1e-4;

  /** The same of those above .5. */
  private static final double CLOSE = 2e-5;

  private static final int OF_A_TEXT = 8; // of the places that have values of their own

  /** What summaries are made of here: all would take minutes, and single places have them all. */
  private static final List<Integer> SUMMARIZED = List.of(1, 10, 40);

  private static final List<String> SUMMARIZED_PROTOCOLS =
      List.of("none rebased", "newline kept", "bos kept");

  private record Case(
      JsonNode json,
      ModelDirectory directory,
      LanguageModel model,
      List<int[]> texts,
      List<Integer> lengths,
      List<Place> sample,
      Map<Integer, double[][]> means) {

    static Case of(String name) {
      return CASES.computeIfAbsent(name, Case::read);
    }

    private static Case read(String name) {
      JsonNode json = reference(name + ".json");
      ModelDirectory directory =
          // The values are of an earlier dickens-small than the one that Kindred brings.
          name.equals("dickens-small")
              ? ModelDirectory.read(
                  "--model",
                  resource("/models/dickens-reference").toUri().toString(),
                  Bos.NO,
                  Blocks.ALL,
                  new Configuration(false))
              : ModelDirectory.read(
                  "--model",
                  Models.folder("models/" + name).toUri().toString(),
                  Bos.NO,
                  Blocks.ALL,
                  new Configuration(false));
      List<int[]> texts = new ArrayList<>();
      json.at("/contexts/token_ids").forEach(ids -> texts.add(ints(ids)));
      List<Place> sample = new ArrayList<>();
      JsonNode positions = json.at("/large_sample/positions");
      for (int i = 0; i < positions.size(); i++) {
        sample.add(new Place(texts.get(i / 10), positions.get(i).asInt()));
      }

      return new Case(
          json,
          directory,
          directory.load(Device.cpu()),
          texts,
          IntStream.of(ints(json.get("ks"))).boxed().toList(),
          sample,
          new HashMap<>());
    }

    double[][] means(int firstToken) {
      return means.computeIfAbsent(
          firstToken,
          token ->
              texts.stream()
                  .map(text -> StreamSums.of(model, token, behind(token, text)))
                  .reduce(StreamSums::plus)
                  .orElseThrow()
                  .means());
    }

    /** As much of a text as there is room for behind a first token. */
    private static int[] behind(int firstToken, int[] text) {
      return firstToken == Protocol.NONE ? text : Arrays.copyOf(text, text.length - 1);
    }

    List<Place> behind(int firstToken, List<Place> places) {
      return places.stream()
          .map(place -> new Place(behind(firstToken, place.text()), place.index()))
          .toList();
    }

    List<Place> raw() {
      List<Place> places = new ArrayList<>();
      json.get("raw_positions")
          .forEach(at -> places.add(new Place(texts.get(at.get(0).asInt()), at.get(1).asInt())));
      return places;
    }

    int layers() {
      return json.get("layers").size();
    }
  }

  private static JsonNode reference(String file) {
    try {
      return JSON.readTree(resource("/locality/" + file).toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path resource(String name) {
    try {
      return Path.of(TestLocalityReference.class.getResource(name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static int[] ints(JsonNode list) {
    return IntStream.range(0, list.size()).map(i -> list.get(i).asInt()).toArray();
  }

  private static double[] doubles(JsonNode list) {
    return IntStream.range(0, list.size()).mapToDouble(i -> list.get(i).asDouble()).toArray();
  }

  private static Protocol protocol(String name, JsonNode json) {
    return new Protocol(
        json.get("prefix_token").isNull() ? Protocol.NONE : json.get("prefix_token").asInt(),
        name.endsWith("kept") ? Protocol.Places.KEPT : Protocol.Places.REBASED);
  }

  @AfterAll
  static void closeModels() {
    CASES.values().forEach(model -> model.model().close());
    CASES.clear();
  }

  @ParameterizedTest
  @ValueSource(strings = {"dickens-small", "llama-shakespeare"})
  void meansAreThoseOfAllTextsFromPosition32On(String name) {
    Case model = Case.of(name);
    model
        .json()
        .get("means")
        .properties()
        .forEach(
            field -> {
              int token =
                  field.getKey().equals("none") ? Protocol.NONE : Integer.parseInt(field.getKey());
              for (int layer = 0; layer < model.layers(); layer++) {
                assertThat(model.means(token)[layer])
                    .containsExactly(doubles(field.getValue().get(layer)), within(TOLERANCE));
              }
            });
  }

  @ParameterizedTest
  @ValueSource(strings = {"dickens-small", "llama-shakespeare"})
  void cosinesAndNormsAreThoseOfEachPlace(String name) {
    Case model = Case.of(name);
    model
        .json()
        .get("protocols")
        .properties()
        .forEach(field -> assertPlaces(model, protocol(field.getKey(), field.getValue()), field));
  }

  private static void assertPlaces(
      Case model, Protocol protocol, Map.Entry<String, JsonNode> expected) {
    List<Place> places = model.behind(protocol.firstToken(), model.raw());
    Streams whole = Streams.whole(model.model(), protocol.firstToken(), places);
    TreeSet<String> seen = new TreeSet<>();
    JsonNode json = expected.getValue();
    Truncations.compare(
        model.model(),
        protocol,
        places,
        whole,
        model.means(protocol.firstToken()),
        model.lengths(),
        (place, layer, k, cosine, normWhole, normTruncated) -> {
          String what = expected.getKey() + ", place " + place + ", layer " + layer + ", k " + k;
          int length = model.lengths().indexOf(k);
          JsonNode known = json.at("/raw_cosines/" + layer + "/" + length + "/" + place);
          if (known.isNull()) {
            return; // all of the text behind a first token: the same as the whole
          }

          assertThat(cosine)
              .as(what)
              .isEqualTo(known.asDouble(), within(known.asDouble() > .5 ? CLOSE : TOLERANCE));
          assertThat(normWhole)
              .as("norm, " + what)
              .isCloseTo(json.at("/raw_norms_full/" + layer + "/" + place).asDouble(), relative());
          JsonNode norms = json.get("raw_norms_truncated");
          if (norms != null) {
            assertThat(normTruncated)
                .as("norm of the last, " + what)
                .isCloseTo(
                    norms.at("/" + layer + "/" + length + "/" + place).asDouble(), relative());
          }

          seen.add(what);
        },
        tokens -> {});
    long values = 0;
    for (JsonNode layer : json.get("raw_cosines")) {
      for (JsonNode ofLength : layer) {
        for (JsonNode value : ofLength) {
          values += value.isNull() ? 0 : 1;
        }
      }
    }

    assertThat((long) seen.size()).isEqualTo(values);
  }

  private static org.assertj.core.data.Percentage relative() {
    return org.assertj.core.data.Percentage.withPercentage(.01);
  }

  @ParameterizedTest
  @ValueSource(strings = {"dickens-small", "llama-shakespeare"})
  void summariesAreThoseOfTheWholeSample(String name) {
    Case model = Case.of(name);
    TokenClasses[] classes = classes(model);
    model
        .json()
        .get("protocols")
        .properties()
        .forEach(
            field -> {
              if (!SUMMARIZED_PROTOCOLS.contains(field.getKey())) {
                return;
              }

              Protocol protocol = protocol(field.getKey(), field.getValue());
              List<Place> places = model.behind(protocol.firstToken(), model.sample());
              Map<List<Integer>, CosineCounts> counts = new HashMap<>();
              Map<String, CosineCounts> ofClasses = new HashMap<>();
              Truncations.compare(
                  model.model(),
                  protocol,
                  places,
                  Streams.whole(model.model(), protocol.firstToken(), places),
                  model.means(protocol.firstToken()),
                  SUMMARIZED,
                  (place, layer, k, cosine, normWhole, normTruncated) -> {
                    counts
                        .computeIfAbsent(List.of(layer, k), key -> new CosineCounts())
                        .add(cosine);
                    if (layer == 1 && k == 10) {
                      ofClasses
                          .computeIfAbsent(
                              classes[place / 10].classes()[places.get(place).index()],
                              key -> new CosineCounts())
                          .add(cosine);
                    }
                  },
                  tokens -> {});
              counts.forEach(
                  (key, found) ->
                      assertSummary(
                          field.getKey() + " " + key,
                          found,
                          field
                              .getValue()
                              .at(
                                  "/summary/"
                                      + key.get(0)
                                      + "/"
                                      + model.lengths().indexOf(key.get(1)))));
              JsonNode expected = field.getValue().get("classes_block_0_k_10");
              assertThat(ofClasses.keySet())
                  .containsExactlyInAnyOrderElementsOf(() -> expected.fieldNames());
              ofClasses.forEach(
                  (kind, found) ->
                      assertSummary(field.getKey() + " " + kind, found, expected.get(kind)));
            });
  }

  private static TokenClasses[] classes(Case model) {
    Tokenizer tokenizer = Tokenizer.of(model.directory().tokenizerJson());
    return model.texts().stream()
        .map(text -> TokenClasses.of(tokenizer, text))
        .toArray(TokenClasses[]::new);
  }

  private static void assertSummary(String what, CosineCounts found, JsonNode expected) {
    assertThat(found.count()).as(what).isEqualTo(expected.get("n").asLong());
    assertThat(found.mean()).as(what).isEqualTo(expected.get("mean").asDouble(), within(2e-5));
    assertThat(found.meanSquare())
        .as(what)
        .isEqualTo(expected.get("mean_square").asDouble(), within(5e-5));
    assertThat(found.negativeShare())
        .as(what)
        .isEqualTo(expected.get("negative").asDouble(), within(1e-9));
    // To a bin: what lies between two cosines is read from their bins.
    assertThat(found.quantile(.5))
        .as("median, " + what)
        .isEqualTo(expected.get("median").asDouble(), within(1.1e-3));
    double[] shares = {.01, .05, .25, .75, .95, .99};
    for (int i = 0; i < shares.length; i++) {
      assertThat(found.quantile(shares[i]))
          .as("quantile " + shares[i] + ", " + what)
          .isEqualTo(expected.get("quantiles").get(i).asDouble(), within(1.1e-3));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"dickens-small", "llama-shakespeare"})
  void otherTokensAreAsNearAsTheReferenceSays(String name) {
    Case model = Case.of(name);
    List<Place> places = model.sample();
    long[] texts = IntStream.range(0, places.size()).mapToLong(i -> i / 10).toArray();
    Streams whole = Streams.whole(model.model(), Protocol.NONE, places);
    for (int last = 0; last <= 3; last++) {
      JsonNode expected =
          model.json().get("baselines").get(last == 0 ? "random_pair" : "same_last_" + last);
      for (int layer = 0; layer < model.layers(); layer++) {
        CosineCounts counts = new CosineCounts();
        for (int i = 0; i < places.size(); i++) {
          OptionalInt other =
              last == 0
                  ? OptionalInt.of(Neighbours.next(i, places.size()))
                  : Neighbours.withSameLast(i, places, texts, last);
          if (other.isPresent()) {
            counts.add(
                Truncations.Pair.of(
                        whole.values()[layer],
                        i,
                        whole.values()[layer],
                        other.getAsInt(),
                        model.means(Protocol.NONE)[layer])
                    .cosine());
          }
        }

        assertSummary("last " + last + ", layer " + layer, counts, expected.get(layer));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"dickens-small", "llama-shakespeare"})
  void cutsOfOneBlockAreThoseOfTheReference(String name) {
    Case model = Case.of(name);
    int[] windows = new int[model.layers()];
    Arrays.fill(windows, Integer.MAX_VALUE);
    try (ResidualStream stream = model.directory().loadStream(Device.cpu())) {
      model
          .json()
          .get("one_block_cut")
          .properties()
          .forEach(
              field -> {
                int token =
                    field.getKey().equals("none")
                        ? Protocol.NONE
                        : name.equals("dickens-small") ? 0 : 1;
                List<Place> places = model.behind(token, model.raw());
                for (int from = 0; from < places.size(); from += OF_A_TEXT) {
                  int first = from;
                  BlockCut.of(
                      stream,
                      token,
                      places.get(from).text(),
                      places.subList(from, from + OF_A_TEXT).stream().map(Place::index).toList(),
                      model.means(token),
                      windows,
                      model.lengths(),
                      (i, block, k, cut) -> {
                        String at = block + "/" + model.lengths().indexOf(k) + "/" + (first + i);
                        assertThat(cut.cosine())
                            .as("cosine " + at)
                            .isEqualTo(
                                field.getValue().at("/cosine/" + at).asDouble(), within(TOLERANCE));
                        assertThat(cut.change())
                            .as("change " + at)
                            .isEqualTo(
                                field.getValue().at("/relative_change/" + at).asDouble(),
                                within(TOLERANCE));
                      });
                }
              });
    }
  }

  @Test
  void stringsBehindOthersAreThoseOfTheReference() {
    for (JsonNode ofModel : reference("prefix-cases.json")) {
      Case model = Case.of(ofModel.get("model").asText());
      for (JsonNode expected : ofModel.get("cases")) {
        for (Protocol.Places places : Protocol.Places.values()) {
          assertThat(
                  PrefixEffect.cosines(
                      model.model(),
                      Protocol.NONE,
                      ints(expected.get("prefix")),
                      ints(expected.get("string")),
                      places,
                      model.means(Protocol.NONE)))
              .containsExactly(doubles(expected.get(places.text())), within(TOLERANCE));
        }
      }
    }
  }

  @Test
  void classesAreThoseOfTheReference() {
    JsonNode json = reference("token-classes.json");
    JsonNode texts = json.at("/llama_shakespeare/texts");
    Tokenizer tokenizer = Tokenizer.of(Case.of("llama-shakespeare").directory().tokenizerJson());
    for (int id = 0; id < texts.size(); id++) {
      assertThat(TokenClasses.ofToken(tokenizer.text(id)))
          .as(texts.get(id).asText())
          .isEqualTo(json.at("/llama_shakespeare/classes/" + id).asText());
    }
  }
}
