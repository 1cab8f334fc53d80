/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What is wrong with a JSON text, for people who do not know Jackson. */
public final class JsonProblem {
  private static final Pattern PLACE = Pattern.compile(" ?\\(start marker at \\[Source: .*?]\\)");
  private static final Pattern SETTING =
      Pattern.compile(": enable `JsonReadFeature\\.\\w+` to allow");
  private static final Pattern MISSING =
      Pattern.compile("Missing (?:required )?creator property '([^']+)'.*");

  private JsonProblem() {}

  /**
   * Describes a problem in one line, without Jackson's own settings and what it calls its source.
   */
  public static String line(JsonProcessingException thrown) {
    String line =
        String.valueOf(thrown.getOriginalMessage()).lines().findFirst().orElse("no value");
    line = PLACE.matcher(line).replaceAll("");
    line = SETTING.matcher(line).replaceAll("");
    Matcher missing = MISSING.matcher(line);
    return missing.matches() ? "field " + missing.group(1) + " is missing" : line;
  }
}
