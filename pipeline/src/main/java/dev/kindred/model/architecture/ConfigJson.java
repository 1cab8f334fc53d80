/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.architecture;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kindred.InvalidInput;
import dev.kindred.JsonProblem;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A model directory's {@code config.json}; whatever is missing or wrong is {@link InvalidInput}.
 */
public final class ConfigJson {
  private static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY);

  private final String source;
  private final JsonNode fields;

  private ConfigJson(String source, JsonNode fields) {
    this.source = source;
    this.fields = fields;
  }

  /**
   * @param source the file's name, for messages
   * @param text its content
   */
  public static ConfigJson parse(String source, String text) {
    try {
      JsonNode fields = JSON.readTree(text);
      if (!fields.isObject()) {
        throw new InvalidInput("%s: not a JSON object", source);
      }

      return new ConfigJson(source, fields);
    } catch (JsonProcessingException e) {
      throw new InvalidInput("%s: not JSON: %s", source, JsonProblem.line(e));
    }
  }

  /**
   * A configuration of these fields.
   *
   * @param source where they come from, for messages
   */
  public static ConfigJson of(String source, Map<String, Object> fields) {
    return new ConfigJson(source, JSON.valueToTree(fields));
  }

  /** The fields, in their order. */
  public Map<String, Object> fields() {
    return JSON.convertValue(fields, new TypeReference<LinkedHashMap<String, Object>>() {});
  }

  /**
   * Some of the fields, in this order.
   *
   * @param optional those that come after them where they are there
   */
  public ConfigJson only(List<String> names, List<String> optional) {
    ObjectNode some = JSON.createObjectNode();
    for (String name : names) {
      some.set(name, required(name));
    }

    optional.stream().filter(this::has).forEach(name -> some.set(name, fields.get(name)));

    return new ConfigJson(source, some);
  }

  /** The text of such a file. */
  public String text() {
    try {
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(fields) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("texts, numbers and booleans are always JSON", e);
    }
  }

  public String string(String field) {
    return required(field, required(field).isTextual(), "a string").asText();
  }

  public boolean bool(String field) {
    return required(field, required(field).isBoolean(), "true or false").asBoolean();
  }

  public int positiveInt(String field) {
    JsonNode value = required(field);
    return required(field, value.isInt() && value.asInt() > 0, "a positive whole number").asInt();
  }

  /** A number that is not lost as a float: neither 0 nor infinite there. */
  public float positive(String field) {
    JsonNode value = required(field);
    float number = (float) value.asDouble();
    boolean valid = value.isNumber() && number >= Float.MIN_NORMAL && number <= Float.MAX_VALUE;
    required(field, valid, "a positive number from " + Float.MIN_NORMAL + " to " + Float.MAX_VALUE);
    return number;
  }

  /** Whether a field is there, and not null. */
  public boolean has(String field) {
    return fields.hasNonNull(field);
  }

  /** Whether a field is there, be it null. */
  public boolean isPresent(String field) {
    return fields.has(field);
  }

  /** The names of all fields, in their order. */
  public List<String> names() {
    List<String> names = new ArrayList<>();
    fields.fieldNames().forEachRemaining(names::add);
    return names;
  }

  /** A positive whole number; for a field that is missing or null, another. */
  public int positiveInt(String field, int otherwise) {
    return has(field) ? positiveInt(field) : otherwise;
  }

  /** A whole number of 0 or more; for a field that is missing or null, another. */
  public int wholeNumber(String field, int otherwise) {
    if (!has(field)) {
      return otherwise;
    }

    JsonNode value = required(field);
    return required(field, value.isInt() && value.asInt() >= 0, "a whole number of 0 or more")
        .asInt();
  }

  /** A whole number, which may be negative. */
  public int integer(String field) {
    JsonNode value = required(field);
    return required(field, value.isInt(), "a whole number").asInt();
  }

  /** Returns true or false as a field says; {@code otherwise} if it is missing or null. */
  public boolean bool(String field, boolean otherwise) {
    return has(field) ? bool(field) : otherwise;
  }

  /** Returns the positive number of a field; {@code otherwise} if it is missing or null. */
  public double positive(String field, double otherwise) {
    if (!has(field)) {
      return otherwise;
    }

    positive(field); // checks its range
    return fields.get(field).asDouble();
  }

  /** A text; for a field that is missing or null, another. */
  public String string(String field, String otherwise) {
    return has(field) ? string(field) : otherwise;
  }

  /** The texts of a list. */
  public List<String> strings(String field) {
    List<String> texts = new ArrayList<>();
    for (JsonNode element : list(field)) {
      required(field, element.isTextual(), "a list of texts");
      texts.add(element.asText());
    }

    return texts;
  }

  /** The positive numbers of a list. */
  public List<Double> positives(String field) {
    List<Double> numbers = new ArrayList<>();
    for (JsonNode element : list(field)) {
      required(field, element.isNumber() && element.asDouble() > 0, "a list of positive numbers");
      numbers.add(element.asDouble());
    }

    return numbers;
  }

  /** The elements of a list. */
  public JsonNode list(String field) {
    return required(field, required(field).isArray(), "a list");
  }

  /** The fields of an object in a field; none where that is missing or null. */
  public Optional<ConfigJson> object(String field) {
    if (!has(field)) {
      return Optional.empty();
    }

    JsonNode object = required(field, required(field).isObject(), "an object");
    return Optional.of(new ConfigJson(source + ": " + field, object));
  }

  /** The one of some enum constants whose name is the field's text in capitals. */
  public <E extends Enum<E>> E oneOf(String field, List<E> choices) {
    String value = string(field);
    for (E choice : choices) {
      if (choice.name().equals(value.toUpperCase(Locale.ROOT))) {
        return choice;
      }
    }

    throw invalid(
        "%s is \"%s\", supported are %s",
        field, value, choices.toString().toLowerCase(Locale.ROOT));
  }

  /** The one of some texts that a field has. */
  public String oneOfTexts(String field, List<String> choices) {
    String value = string(field);
    if (!choices.contains(value)) {
      throw invalid("%s is \"%s\", supported are %s", field, value, String.join(", ", choices));
    }

    return value;
  }

  /** An error about this file. */
  public InvalidInput invalid(String format, Object... arguments) {
    return new InvalidInput("%s: %s", source, String.format(Locale.ROOT, format, arguments));
  }

  private JsonNode required(String field) {
    JsonNode value = fields.get(field);
    if (value == null || value.isNull()) {
      throw invalid("field \"%s\" is missing", field);
    }

    return value;
  }

  private JsonNode required(String field, boolean valid, String expected) {
    JsonNode value = required(field);
    if (!valid) {
      throw invalid("%s is %s, expected %s", field, value, expected);
    }

    return value;
  }
}
