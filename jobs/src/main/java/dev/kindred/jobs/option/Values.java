/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.option;

import dev.kindred.InvalidInput;
import dev.kindred.corpus.Corpus;
import dev.kindred.kernel.TileKernels;
import dev.kindred.model.BlockVector;
import dev.kindred.model.files.Bos;
import dev.kindred.prediction.Rings;
import dev.kindred.similarity.JoinSettings;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.TypeConversionException;

/**
 * What options can have for values. Each converter takes the text of the command line or of a
 * settings file, and refuses another one by saying what it expects; the program puts option and
 * value before that.
 */
public final class Values {
  /** The least number by which counts of next tokens can be multiplied and not be lost as 0. */
  public static final double LEAST_FACTOR = 1e-9;

  private static final String AUTO = "auto";
  private static final double GREATEST_SATURATION = 1e15;

  private Values() {}

  private static TypeConversionException expected(String format, Object... arguments) {
    return new TypeConversionException("expected " + String.format(Locale.ROOT, format, arguments));
  }

  /** A whole number from 1 on. */
  public static final class Positive extends WholeInRange {
    public Positive() {
      super(1, Integer.MAX_VALUE);
    }
  }

  /** A whole number from 1 to 9,999,999. */
  public static final class Count extends WholeInRange {
    public Count() {
      super(1, 9_999_999);
    }
  }

  /** A whole number from 1 to 1e15, also as 1e9. */
  public static final class Amount implements ITypeConverter<Long> {
    private static final long MOST = 1_000_000_000_000_000L;

    @Override
    public Long convert(String text) {
      try {
        long value = new BigDecimal(text).longValueExact();
        if (value >= 1 && value <= MOST) {
          return value;
        }
      } catch (ArithmeticException | NumberFormatException e) {
        // The message below serves all.
      }

      throw expected("a whole number from 1 to 1e15, such as 1000000 or 1e6");
    }
  }

  /** Parses a whole number of a range. */
  static int whole(String text, int least, int most) {
    try {
      int value = Integer.parseInt(text);
      if (value >= least && value <= most) {
        return value;
      }
    } catch (NumberFormatException e) {
      // The message below serves both.
    }

    throw expected("a whole number from %d to %d", least, most);
  }

  /** Any whole number. */
  public static final class Whole implements ITypeConverter<Long> {
    @Override
    public Long convert(String text) {
      try {
        return Long.parseLong(text);
      } catch (NumberFormatException e) {
        throw expected("a whole number");
      }
    }
  }

  /** Any number. */
  public static final class Real implements ITypeConverter<Double> {
    @Override
    public Double convert(String text) {
      try {
        return Double.parseDouble(text);
      } catch (NumberFormatException e) {
        throw expected("a number");
      }
    }
  }

  /**
   * One number for each block.
   *
   * @param text as it was given, with commas between them
   * @param numbers null for auto
   */
  public record PerBlock(String text, double[] numbers) {
    static PerBlock of(double[] numbers) {
      return new PerBlock(Values.text(numbers), numbers);
    }
  }

  /** Numbers as options take them. */
  public static String text(double... numbers) {
    return Arrays.stream(numbers).mapToObj(Double::toString).collect(Collectors.joining(","));
  }

  /** A whole number of a range. */
  public abstract static class WholeInRange implements ITypeConverter<Integer> {
    private final int least;
    private final int most;

    protected WholeInRange(int least, int most) {
      this.least = least;
      this.most = most;
    }

    @Override
    public Integer convert(String text) {
      return whole(text, least, most);
    }
  }

  /** A number of a range. */
  public abstract static class RealInRange implements ITypeConverter<Double> {
    private final double least;
    private final double most;

    protected RealInRange(double least, double most) {
      this.least = least;
      this.most = most;
    }

    @Override
    public Double convert(String text) {
      double value = new Real().convert(text);
      if (!(value >= least && value <= most)) {
        throw expected("a number from %s to %s", least, most);
      }

      return value;
    }
  }

  /**
   * Token ids.
   *
   * @param text as it was given
   */
  public record Ids(String text, List<Integer> numbers) {}

  /** Token ids with commas between them. */
  public static final class TokenIds implements ITypeConverter<Ids> {
    @Override
    public Ids convert(String text) {
      if (!text.matches("\\d{1,9}(\\s*,\\s*\\d{1,9})*")) {
        throw expected("whole numbers with commas between them, such as 12,7");
      }

      return new Ids(text, Arrays.stream(text.split("\\s*,\\s*")).map(Integer::valueOf).toList());
    }
  }

  /** Whether a model reads the token that begins texts. */
  public static final class BosChoice extends OneOf<Bos> {
    public BosChoice() {
      super(Bos.class);
    }
  }

  /** What is compared of a block. */
  public static final class BlockVectors extends OneOf<BlockVector> {
    public BlockVectors() {
      super(BlockVector.class);
    }
  }

  /** How activations are kept. */
  public static final class Store extends OneOf<ActivationStore> {
    public Store() {
      super(ActivationStore.class);
    }
  }

  /** Numbers with commas between them, one for each block, or auto. */
  public static final class Numbers implements ITypeConverter<PerBlock> {
    @Override
    public PerBlock convert(String text) {
      if (text.equalsIgnoreCase(AUTO)) {
        return new PerBlock(AUTO, null);
      }

      String[] parts = text.split(",", -1);
      double[] numbers = new double[parts.length];
      for (int i = 0; i < parts.length; i++) {
        try {
          numbers[i] = Double.parseDouble(parts[i].trim());
        } catch (NumberFormatException e) {
          throw new TypeConversionException("\"" + parts[i].trim() + "\" is not a number");
        }
      }

      return new PerBlock(text, numbers);
    }
  }

  /**
   * Rings, or how they are come by.
   *
   * @param text as it was given
   * @param rings null for a word
   */
  public record RingChoice(String text, Rings rings) {
    static final String FIT = "fit";
    static final String NONE = "none";
  }

  /** Rings as text, or a word. */
  public static final class RingsOf implements ITypeConverter<RingChoice> {
    @Override
    public RingChoice convert(String text) {
      String word = text.toLowerCase(Locale.ROOT);
      if (List.of(AUTO, RingChoice.FIT, RingChoice.NONE).contains(word)) {
        return new RingChoice(word, null);
      }

      try {
        return new RingChoice(text, Rings.parse(text));
      } catch (NumberFormatException e) {
        throw expected(
            "auto, fit, none, or rings such as .8/20/.05/0,.9/5/.1/.01: not a number in it");
      } catch (IllegalArgumentException e) {
        throw expected(
            "auto, fit, none, or rings such as .8/20/.05/0,.9/5/.1/.01: %s", e.getMessage());
      }
    }
  }

  /** A number of seconds. */
  public static final class Seconds implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String text) {
      if (!text.matches("\\d{1,9}")) {
        throw expected("a whole number of seconds, 0 or more");
      }

      return Duration.ofSeconds(Long.parseLong(text));
    }
  }

  /** A number of things to keep, from 0 on; {@link Integer#MAX_VALUE} for all. */
  public static final class Kept implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String text) {
      if (text.equalsIgnoreCase("all")) {
        return Integer.MAX_VALUE;
      }

      if (!text.matches("\\d{1,9}")) {
        throw expected("a whole number of 0 or more, or all");
      }

      return Integer.parseInt(text);
    }
  }

  /**
   * The next tokens at which a block has half of its greatest share; infinite for none, NaN for
   * auto.
   */
  public static final class Saturation implements ITypeConverter<Double> {
    @Override
    public Double convert(String text) {
      if (text.equalsIgnoreCase("none")) {
        return Double.POSITIVE_INFINITY;
      }

      if (text.equalsIgnoreCase(AUTO)) {
        return Double.NaN;
      }

      try {
        double saturation = Double.parseDouble(text);
        if (isSaturation(saturation)) {
          return saturation;
        }
      } catch (NumberFormatException e) {
        // The message below serves both.
      }

      throw expected("auto, a number from %s to %s, or none", LEAST_FACTOR, GREATEST_SATURATION);
    }

    private static boolean isSaturation(double value) {
      return value >= LEAST_FACTOR && value <= GREATEST_SATURATION;
    }

    /** Refuses a number of a file, named by the setting, which is not a saturation. */
    static double checked(String setting, double value) {
      if (!isSaturation(value)) {
        throw invalid(
            setting,
            value,
            expected("a number from %s to %s, or null", LEAST_FACTOR, GREATEST_SATURATION)
                .getMessage());
      }

      return value;
    }
  }

  /** Axes of the join's first bound; {@link JoinSettings#AUTO_AXES} for a plan a block. */
  public static final class Axes implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String text) {
      if (text.equalsIgnoreCase(AUTO)) {
        return JoinSettings.AUTO_AXES;
      }

      if (!text.matches("\\d{1,2}") || Integer.parseInt(text) > JoinSettings.MAX_AXES) {
        throw expected("auto, or a whole number from 0 to %d", JoinSettings.MAX_AXES);
      }

      return Integer.parseInt(text);
    }
  }

  /** One of some names, in upper or lower case. */
  public abstract static class OneOf<E extends Enum<E>> implements ITypeConverter<E> {
    private final E[] choices;
    private final Function<E, String> name;

    protected OneOf(Class<E> choices) {
      this(choices, choice -> choice.toString().toLowerCase(Locale.ROOT));
    }

    /**
     * Of names that are not those of the enum.
     *
     * @param name in lower case
     */
    protected OneOf(Class<E> choices, Function<E, String> name) {
      this.choices = choices.getEnumConstants();
      this.name = name;
    }

    @Override
    public E convert(String text) {
      for (E choice : choices) {
        if (name.apply(choice).equalsIgnoreCase(text)) {
          return choice;
        }
      }

      throw expected("one of %s", Arrays.stream(choices).map(name).toList());
    }
  }

  /** How corpus files are read. */
  public static final class CorpusFormat extends OneOf<Corpus.Format> {
    public CorpusFormat() {
      super(Corpus.Format.class);
    }
  }

  /** An implementation of the similarity kernel that this machine has. */
  public static final class Kernel extends OneOf<TileKernels.Choice> {
    public Kernel() {
      super(TileKernels.Choice.class);
    }
  }

  /** A URI, or several with commas between them, without a password: logs and tables name it. */
  public static final class Uri implements ITypeConverter<String> {
    private static final String PASSWORD = "(.*,)?\\s*[A-Za-z0-9+.-]+://[^/@,]*:[^/@,]*@.*";

    @Override
    public String convert(String text) {
      if (text.matches(PASSWORD)) {
        throw new Secret();
      }

      return text;
    }
  }

  /** A value that must not be repeated in a message. */
  static final class Secret extends TypeConversionException {
    private static final long serialVersionUID = 1L;

    private Secret() {
      super("has a password in it; give credentials to Spark's Hadoop settings instead");
    }
  }

  /** Says what is wrong with an option's value that a converter here has refused. */
  public static InvalidInput invalid(
      ArgSpec argument, String value, TypeConversionException remedy) {
    String name =
        argument instanceof OptionSpec option ? option.longestName() : argument.paramLabel();
    return remedy instanceof Secret
        ? new InvalidInput("%s: %s", name, remedy.getMessage())
        : invalid(name, value, remedy.getMessage());
  }

  /**
   * Refuses a value that only fails beside others.
   *
   * @param option with its dashes
   * @param value as it was given
   */
  public static InvalidInput invalid(String option, Object value, String remedy) {
    return new InvalidInput("%s %s: %s", option, value, remedy);
  }
}
