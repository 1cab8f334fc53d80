/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.option;

import dev.kindred.jobs.option.Values.Uri;
import java.util.OptionalInt;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;

/** Which prompts. */
public final class PromptOptions {
  @Option(
      names = "--prompts",
      paramLabel = "N|FILE",
      converter = SourceConverter.class,
      description =
          "windows to draw as prompts, or a file with one prompt a line (${DEFAULT-VALUE})")
  private Source prompts;

  @Option(
      names = "--prompt-seed",
      paramLabel = "S",
      converter = Values.Whole.class,
      description = "seed of the draw (${DEFAULT-VALUE})")
  private long seed;

  /** Where prompts come from: a number of windows that are drawn, or else a file. */
  private record Source(OptionalInt count, String file) {}

  /** Takes a number, also as 1e6, or what else can be a file's name. */
  static final class SourceConverter implements ITypeConverter<Source> {
    @Override
    public Source convert(String text) {
      if (text.matches("\\d+(\\.\\d+)?[eE]\\d+")) {
        return convert(Long.toString(new Values.Amount().convert(text)));
      }

      return text.matches("-?\\d+")
          ? new Source(OptionalInt.of(Values.whole(text, 1, Integer.MAX_VALUE)), text)
          : new Source(OptionalInt.empty(), new Uri().convert(text));
    }
  }

  /** Returns how many prompts to draw, or none if {@link #file} names them. */
  public OptionalInt count() {
    return prompts.count();
  }

  /** Returns the text that was given: the URI of a file, unless prompts are drawn. */
  public String file() {
    return prompts.file();
  }

  public long seed() {
    return seed;
  }
}
