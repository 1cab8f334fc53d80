/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.serve;

import dev.kindred.InvalidInput;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a request asks.
 *
 * @param path names between slashes, decoded, without the ending of a kind
 * @param isJson whether the last name ended with {@code .json}
 * @param parameters by name; of several the last
 */
record Question(List<String> path, boolean isJson, Map<String, String> parameters) {
  private static final String JSON = ".json";

  /**
   * Reads a request's address.
   *
   * @throws IllegalArgumentException if something in it is not encoded as it must be
   */
  static Question of(URI address) {
    String path = address.getRawPath();
    boolean isJson = path.endsWith(JSON);
    String names = isJson ? path.substring(0, path.length() - JSON.length()) : path;
    Map<String, String> parameters = new LinkedHashMap<>();
    String query = address.getRawQuery();
    if (query != null) {
      for (String pair : query.split("&")) {
        int equal = pair.indexOf('=');
        if (equal > 0) {
          parameters.put(decoded(pair.substring(0, equal)), decoded(pair.substring(equal + 1)));
        }
      }
    }

    return new Question(
        Stream.of(names.split("/")).filter(name -> !name.isEmpty()).map(Question::decoded).toList(),
        isJson,
        parameters);
  }

  private static String decoded(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }

  /** Returns a text as it stands in an address. */
  static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** Returns a parameter, if it is there and not empty. */
  Optional<String> parameter(String name) {
    return Optional.ofNullable(parameters.get(name)).filter(value -> !value.isEmpty());
  }

  /**
   * Returns a whole number.
   *
   * @throws InvalidInput if it is none, or outside of [least, most]
   */
  int number(String name, int otherwise, int least, int most) {
    String value = parameter(name).orElse(Integer.toString(otherwise));
    if (!value.matches("\\d{1,9}")
        || Integer.parseInt(value) < least
        || Integer.parseInt(value) > most) {
      throw new InvalidInput(
          "%s=%s: expected a whole number from %d to %d", name, value, least, most);
    }

    return Integer.parseInt(value);
  }

  /** Returns the same question's address as JSON. */
  String asJson() {
    return "/"
        + path.stream().map(Question::encoded).collect(Collectors.joining("/"))
        + JSON
        + (parameters.isEmpty() ? "" : "?" + query());
  }

  private String query() {
    return parameters.entrySet().stream()
        .map(one -> encoded(one.getKey()) + "=" + encoded(one.getValue()))
        .collect(Collectors.joining("&"));
  }
}
