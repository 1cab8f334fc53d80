/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.head;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kindred.model.Models;
import dev.kindred.model.files.ModelDirectory;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/** What another implementation finds in double precision; see the README beside the files. */
record HeadReference(String model, JsonNode values) {
  static final double PATTERN = 2e-6;
  static final double LOSS = 1e-5;
  static final double LOSS_CHANGE = 5e-6;

  static HeadReference of(String model) {
    try (InputStream file = HeadReference.class.getResourceAsStream("/heads/" + model + ".json")) {
      return new HeadReference(model, new ObjectMapper().readTree(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  ModelDirectory directory() {
    return Models.directory(
        model.equals("dickens-small")
            ? "pipeline/src/test/resources/models/dickens-reference"
            : "models/" + model);
  }

  HeadModel heads() {
    return HeadModel.of(directory());
  }

  /** Of which the reference knows line breaks alone. */
  TokenKinds kinds() {
    Set<Integer> newlines = new HashSet<>();
    values.get("newline_tokens").forEach(token -> newlines.add(token.asInt()));
    return TokenKinds.of(
        directory().shape().vocabularySize(), id -> newlines.contains(id) ? "\n" : "");
  }

  List<String> stimuli() {
    List<String> names = new ArrayList<>();
    values.get("stimuli").fieldNames().forEachRemaining(names::add);
    return names;
  }

  Stimulus stimulus(String name) {
    Stimulus.Kind kind =
        name.startsWith("permutation")
            ? Stimulus.Kind.PERMUTATION
            : name.startsWith("text") ? Stimulus.Kind.TEXT : Stimulus.Kind.RANDOM;
    JsonNode tokens = values.at("/stimuli/" + name + "/token_ids");
    return new Stimulus(
        kind,
        IntStream.range(0, tokens.size()).mapToObj(i -> ints(tokens.get(i))).toArray(int[][]::new),
        name.endsWith("_bos") ? 1 : 0,
        kind == Stimulus.Kind.PERMUTATION ? values.get("L").asInt() : 0);
  }

  static int[] ints(JsonNode array) {
    return IntStream.range(0, array.size()).map(i -> array.get(i).asInt()).toArray();
  }

  static double[] doubles(JsonNode array) {
    return IntStream.range(0, array.size()).mapToDouble(i -> array.get(i).asDouble()).toArray();
  }
}
