/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.training;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import dev.kindred.ContentId;
import dev.kindred.InvalidInput;
import dev.kindred.JsonProblem;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.architecture.ConfigJson;
import dev.kindred.model.family.Architectures;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The content of {@code training.json}: how a model came about.
 *
 * @param corpus where it was read
 * @param corpusSha256 of its text
 * @param tokenizerSha256 of {@code tokenizer.json}
 * @param trainTokens the first of the corpus
 * @param validationTokens the rest
 * @param model the fields of its {@code config.json}
 * @param versions of what trained it
 * @param losses as evaluated, in the steps' order
 */
public record TrainingRecord(
    String corpus,
    String corpusSha256,
    String tokenizerSha256,
    int trainTokens,
    int validationTokens,
    Map<String, Object> model,
    Recipe recipe,
    Map<String, String> versions,
    List<Evaluation> losses) {
  private static final ObjectMapper JSON =
      new ObjectMapper().setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE);

  /**
   * Mean losses after a step, in nats a token.
   *
   * @param seconds spent on training until then, without pauses between two processes
   */
  public record Evaluation(int step, double trainLoss, double validationLoss, long seconds) {}

  /** The model that is trained. */
  public Blueprint blueprint() {
    return Architectures.read(config());
  }

  /** How it begins, by its recipe's seed. */
  public Map<String, float[]> initialWeights() {
    return blueprint()
        .initialWeights(Architectures.of(config()).initialization(config()), recipe.seed());
  }

  /** Its {@code config.json}. */
  public ConfigJson config() {
    return ConfigJson.of("model", model);
  }

  /** Reads what {@link #toJson} wrote. */
  public static TrainingRecord parse(String source, String json) {
    try {
      return JSON.readValue(json, TrainingRecord.class).completed();
    } catch (JsonProcessingException e) {
      throw new InvalidInput("%s: not a training of this version: %s", source, JsonProblem.line(e));
    }
  }

  /**
   * Returns the record with its architecture. Records of version 0.2 leave it out: there was one,
   * {@code gpt}.
   */
  private TrainingRecord completed() {
    Map<String, Object> fields = new LinkedHashMap<>();
    if (model == null || !Architectures.isNamed(config())) {
      fields.put("architecture", "gpt");
    }

    fields.putAll(model == null ? Map.of() : model);
    return with(fields, recipe, losses);
  }

  private TrainingRecord with(
      Map<String, Object> fields, Recipe other, List<Evaluation> evaluations) {
    return new TrainingRecord(
        corpus,
        corpusSha256,
        tokenizerSha256,
        trainTokens,
        validationTokens,
        fields,
        other,
        versions,
        evaluations);
  }

  /** As JSON, one line to a field. */
  public String toJson() {
    try {
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(this) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("texts and numbers are always JSON", e);
    }
  }

  /** The same with one more evaluation. */
  public TrainingRecord with(Evaluation evaluation) {
    List<Evaluation> more = new ArrayList<>(losses);
    more.add(evaluation);
    return with(model, recipe, more);
  }

  /**
   * Returns the losses after a step.
   *
   * @return none if it was not evaluated
   */
  public Optional<Evaluation> after(int step) {
    return losses.stream().filter(evaluated -> evaluated.step() == step).findFirst();
  }

  /** The same training with another seed, of which nothing has been evaluated. */
  public TrainingRecord withSeed(long seed) {
    return with(model, recipe.withSeed(seed), List.of());
  }

  /**
   * Returns an id: that of trainings which lead to the same weights, if the same versions run them.
   */
  public String id() {
    return new ContentId()
        .add(corpusSha256)
        .add(tokenizerSha256)
        .add(new TreeMap<>(model).toString())
        .add(recipe.toString())
        .id("t");
  }

  /** Whether both lead to the same weights, if the same versions run them. */
  public boolean isSameTraining(TrainingRecord other) {
    return corpusSha256.equals(other.corpusSha256)
        && tokenizerSha256.equals(other.tokenizerSha256)
        && blueprint().equals(other.blueprint())
        && recipe.equals(other.recipe);
  }
}
