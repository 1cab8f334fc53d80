/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.sql;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * All functions that {@link KindredCatalog} has, in the order in which {@code docs/sql.md} lists
 * them.
 *
 * <p>NULL as an argument gives NULL. A NULL, NaN or infinity inside of an array or map, and lengths
 * that differ, are errors.
 */
final class KindredFunctions {
  private static final String VALUES = "array or map<int, ..> of float, double, int or bigint";
  private static final String DISTRIBUTION = "array or map<int, ..> of float or double";

  static final List<String> NAMES =
      List.of(
          CosineSimilarityFunction.NAME,
          HellingerDistanceFunction.NAME,
          NormalizeCountsFunction.NAME,
          TopTokensFunction.NAME,
          EntropyFunction.NAME,
          TokenTextFunction.NAME,
          ProbabilityFunction.NAME,
          ProbabilitiesFunction.NAME,
          VectorFunction.NAME,
          ContextFunction.NAME,
          CorpusCountFunction.NAME);

  /**
   * A corpus's vocabulary.
   *
   * @param texts of tokens, by token id
   */
  record Vocabulary(String corpusId, Map<Integer, String> texts) {}

  private KindredFunctions() {}

  /**
   * The function of that name, or empty.
   *
   * @param vocabulary for {@code token_text} and {@code context}, which ask for it when they are
   *     used
   * @param model for functions of predictions, which ask for it when they are used
   * @param corpus for {@code corpus_count}, likewise
   */
  static Optional<DeclaredFunction> find(
      String name,
      Supplier<Vocabulary> vocabulary,
      Supplier<RunModel> model,
      Supplier<RunCorpus> corpus) {
    return Optional.ofNullable(
        switch (name) {
          case CosineSimilarityFunction.NAME ->
              new DeclaredFunction(
                  name,
                  "array<float>, array<float>",
                  "cosine of two vectors of the same length, a double in [-1, 1]; 0 if one is all"
                      + " zeros",
                  CosineSimilarityFunction::bind);
          case HellingerDistanceFunction.NAME ->
              new DeclaredFunction(
                  name,
                  DISTRIBUTION + ", " + DISTRIBUTION,
                  "Hellinger distance of two distributions over tokens, a double in [0, 1]; 1 if"
                      + " one is empty",
                  HellingerDistanceFunction::bind);
          case NormalizeCountsFunction.NAME ->
              new DeclaredFunction(
                  name,
                  "map<int, int or bigint>",
                  "each count's share of all, a map<int, double> that sums to 1; empty if there is"
                      + " nothing to count",
                  NormalizeCountsFunction::bind);
          case TopTokensFunction.NAME ->
              new DeclaredFunction(
                  name,
                  VALUES + ", int k",
                  "the k tokens with the largest values, an array<struct<token_id: int, value:"
                      + " double>>; largest first, equal ones by token_id",
                  TopTokensFunction::bind);
          case EntropyFunction.NAME ->
              new DeclaredFunction(
                  name,
                  VALUES,
                  "entropy of the values divided by their sum, in bits, a double; NULL if they sum"
                      + " to 0",
                  EntropyFunction::bind);
          case TokenTextFunction.NAME ->
              new DeclaredFunction(
                  name,
                  "int token_id",
                  "a token of the run's corpus as text; NULL if the vocabulary has no such token",
                  arguments -> {
                    Vocabulary words = vocabulary.get();
                    return TokenTextFunction.bind(words.corpusId(), words.texts(), arguments);
                  });
          case ProbabilityFunction.NAME ->
              new DeclaredFunction(
                  name,
                  StoredPrediction.ARGUMENTS + ", int token_id",
                  "the token's probability by a row of predictions, a double in [0, 1]; where that"
                      + " has vectors it reads the run's model",
                  arguments -> ProbabilityFunction.bind(model.get(), arguments));
          case ProbabilitiesFunction.NAME ->
              new DeclaredFunction(
                  name,
                  StoredPrediction.ARGUMENTS,
                  "all probabilities of a row of predictions, an array<float>; where that has"
                      + " vectors it reads the run's model",
                  arguments -> ProbabilitiesFunction.bind(model.get(), arguments));
          case VectorFunction.NAME ->
              new DeclaredFunction(
                  name,
                  "binary",
                  "the numbers of a vector that is stored in binary16, little-endian: an array<float>",
                  VectorFunction::bind);
          case ContextFunction.NAME ->
              new DeclaredFunction(
                  name,
                  "array<struct<bigint first_position, array<int> token_ids>>, bigint position, int"
                      + " length, int around",
                  "the text of a document at a place of the run's corpus, a struct<before: string,"
                      + " string: string, after: string>; NULL if these passages do not have it",
                  arguments -> {
                    Vocabulary words = vocabulary.get();
                    return ContextFunction.bind(words.corpusId(), words.texts(), arguments);
                  });
          case CorpusCountFunction.NAME ->
              new DeclaredFunction(
                  name,
                  "string text",
                  "how often a text of any length stands in the run's corpus, by its tokens and"
                      + " within documents, a bigint; each process that asks indexes the corpus"
                      + " once",
                  arguments -> CorpusCountFunction.bind(corpus.get(), arguments));
          default -> null;
        });
  }
}
