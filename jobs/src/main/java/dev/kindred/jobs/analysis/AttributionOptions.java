/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.InvalidInput;
import dev.kindred.attribution.Attribution.Question;
import dev.kindred.attribution.Objective;
import dev.kindred.attribution.Replacement;
import dev.kindred.attribution.Score.Method;
import dev.kindred.jobs.option.Values;
import dev.kindred.model.ResidualStream;
import dev.kindred.model.files.ModelDirectory;
import java.util.EnumSet;
import java.util.Set;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** What is attributed, and how. */
final class AttributionOptions {
  private static final String MARGINAL = "marginal";
  private static final String UNIFORM = "uniform";
  private static final String TOKEN = "token:";
  private static final String LOG_PROBABILITY = "log-probability";
  private static final String GIVEN = "log-probability-of:";

  @Option(
      names = "--method",
      paramLabel = "gradient|occlusion|integrated|combined|all",
      converter = MethodConverter.class,
      defaultValue = "all",
      description = "how (${DEFAULT-VALUE})")
  private Set<Method> methods;

  @Option(
      names = "--replacement",
      paramLabel = "marginal|uniform|mean|zero|token:TEXT|delete",
      converter = ReplacementConverter.class,
      description =
          "what stands where occlusion takes a token away: all tokens in turn, as frequent as in the"
              + " corpus of --run-id; all alike; their mean; nothing; one token; or the next token of"
              + " the prompt (marginal up to 256 tokens of vocabulary, else mean)")
  private String replacement;

  @Option(
      names = "--objective",
      paramLabel = "log-probability|log-probability-of:TEXT|logit-difference|logit-sum",
      converter = ObjectiveConverter.class,
      defaultValue = LOG_PROBABILITY,
      description =
          "what is attributed: of the predicted token, of another, of the predicted token less the"
              + " next most probable, or of all, as published (${DEFAULT-VALUE})")
  private String objective;

  /** Takes a method's name, or all. */
  static final class MethodConverter implements ITypeConverter<Set<Method>> {
    /** Takes one name. */
    private static final class One extends Values.OneOf<Method> {
      private One() {
        super(Method.class);
      }
    }

    @Override
    public Set<Method> convert(String text) {
      if (text.equalsIgnoreCase("all")) {
        return EnumSet.allOf(Method.class);
      }

      try {
        return EnumSet.of(new One().convert(text));
      } catch (TypeConversionException e) {
        throw new TypeConversionException(e.getMessage() + ", or all");
      }
    }
  }

  /** Takes a replacement, whose token must be one of the model's. */
  static final class ReplacementConverter implements ITypeConverter<String> {
    @Override
    public String convert(String text) {
      if (!text.matches("(?s)marginal|uniform|mean|zero|delete|" + TOKEN + ".+")) {
        throw new TypeConversionException(
            "expected marginal, uniform, mean, zero, delete, or token:TEXT such as token:a");
      }

      return text;
    }
  }

  /** Takes an objective, whose token must be one of the model's. */
  static final class ObjectiveConverter implements ITypeConverter<String> {
    @Override
    public String convert(String text) {
      if (!text.matches("(?s)log-probability|logit-difference|logit-sum|" + GIVEN + ".+")) {
        throw new TypeConversionException(
            "expected log-probability, logit-difference, logit-sum, or log-probability-of:TEXT such"
                + " as log-probability-of:a");
      }

      return text;
    }
  }

  /**
   * Checks what must fit the model, before it is loaded.
   *
   * @throws InvalidInput if a text is not one token of it
   */
  void check(ModelDirectory directory) {
    objective(directory);
    if (isToken()) {
      replacementToken(directory);
    }
  }

  /** Whether occlusion leaves tokens out. */
  boolean isDeleting() {
    return "delete".equals(replacement);
  }

  private boolean isToken() {
    return replacement != null && replacement.startsWith(TOKEN);
  }

  /** Whether occlusion tries all tokens, weighed by how frequent they are where that is known. */
  boolean isMarginal(ModelDirectory directory) {
    return name(directory).equals(MARGINAL);
  }

  /**
   * Returns what is asked of a model.
   *
   * @param counts how often each token is in a text, by its id; null if there is no text
   */
  Question question(ModelDirectory directory, ResidualStream model, long[] counts) {
    String name = name(directory);
    Replacement.Row row = name.equals("zero") ? Replacement.zero(model) : Replacement.mean(model);
    Replacement taken =
        switch (name) {
          case MARGINAL ->
              counts == null ? Replacement.uniform(model) : Replacement.marginal(counts);
          case UNIFORM -> Replacement.uniform(model);
          case "mean", "zero" -> row;
          case "delete" -> new Replacement.Delete();
          default -> Replacement.token(replacementToken(directory));
        };
    return new Question(methods, objective(directory), taken, taken.isSingle() ? taken : row, row);
  }

  /** Returns the name of what stands where a token is taken away. */
  String name(ModelDirectory directory) {
    return replacement != null
        ? replacement
        : directory.shape().vocabularySize() <= Replacement.MOST_AVERAGED ? MARGINAL : "mean";
  }

  /** Returns the name of what is attributed. */
  String objective() {
    return objective;
  }

  private int replacementToken(ModelDirectory directory) {
    return token("--replacement", TOKEN, replacement, directory);
  }

  private Objective.Choice objective(ModelDirectory directory) {
    if (objective.startsWith(GIVEN)) {
      int token = token("--objective", GIVEN, objective, directory);
      return logits -> Objective.logProbability(token);
    }

    return switch (objective) {
      case "logit-difference" -> Objective::logitDifference;
      case "logit-sum" -> Objective::logitSum;
      default -> Objective::predicted;
    };
  }

  private static int token(String option, String kind, String value, ModelDirectory directory) {
    return OneToken.of(option + " " + value, value.substring(kind.length()), directory);
  }
}
