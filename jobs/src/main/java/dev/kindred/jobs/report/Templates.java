/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import gg.jte.ContentType;
import gg.jte.TemplateEngine;
import gg.jte.output.StringOutput;
import java.util.Map;

/** The pages' templates. Texts are taken as they are: markup in them shows as text. */
public final class Templates {
  private static final TemplateEngine ENGINE =
      TemplateEngine.createPrecompiled(
          null,
          ContentType.Html,
          Templates.class.getClassLoader(),
          Templates.class.getPackageName());

  private Templates() {}

  /**
   * Renders a template.
   *
   * @param name file below {@code src/main/jte}
   * @param parameters that it declares
   * @return to be stored as UTF-8
   */
  public static String render(String name, Map<String, Object> parameters) {
    StringOutput output = new StringOutput();
    ENGINE.render(name, parameters, output);
    return output.toString();
  }
}
