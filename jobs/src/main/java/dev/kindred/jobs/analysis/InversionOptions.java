/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.InvalidInput;
import dev.kindred.corpus.Prompt;
import dev.kindred.corpus.Prompts;
import dev.kindred.inversion.AllowedTokens;
import dev.kindred.inversion.BlockPart;
import dev.kindred.inversion.Descent;
import dev.kindred.inversion.Experiment;
import dev.kindred.inversion.Experiment.Method;
import dev.kindred.inversion.Experiment.Positions;
import dev.kindred.inversion.FeatureChoice;
import dev.kindred.inversion.InversionGrid;
import dev.kindred.inversion.InversionLoss;
import dev.kindred.inversion.InversionLoss.Kind;
import dev.kindred.inversion.Target;
import dev.kindred.inversion.TokenRange;
import dev.kindred.inversion.TokenVectors;
import dev.kindred.jobs.analysis.InversionStudy.Question;
import dev.kindred.jobs.option.Defaults.NoSetting;
import dev.kindred.jobs.option.Values;
import dev.kindred.model.ResidualStream;
import dev.kindred.model.files.ModelDirectory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** What is inverted, and how: lists make a grid of all their combinations. */
final class InversionOptions {
  private static final String COMMA = "\\s*,\\s*";
  private static final int SOUND_STEPS = 500;
  private static final int STEPS_OF_POSITION = 200; // each position has its own
  private static final int PUBLISHED_STEPS = 1000;
  private static final double PUBLISHED_RATE = 2;
  private static final double SHIFT = .35; // of the token vectors' standard deviation
  private static final double FALL = .1; // of the rate, to the last step
  private static final double FALL_OF_EXPANDING = .01;

  @NoSetting
  @Option(
      names = "--blocks",
      paramLabel = "N,N,..",
      split = COMMA,
      hideParamSyntax = true,
      converter = BlockCount.class,
      defaultValue = "1",
      description =
          "after how many blocks the output is, each in turn; 0: the input (${DEFAULT-VALUE})")
  private List<Integer> blocks;

  @Option(
      names = "--part",
      paramLabel = "PART,..",
      split = COMMA,
      hideParamSyntax = true,
      converter = PartConverter.class,
      defaultValue = "block",
      description =
          "what of each block: block, attention-only, attention-block, no-attn-residual,"
              + " no-mlp-residual, no-ln1, no-ln2, no-ln, mlp-only; or control, control-narrow: random"
              + " layers over all vectors, which any search should invert (${DEFAULT-VALUE})")
  private List<BlockPart> parts;

  @Option(
      names = "--outputs",
      paramLabel = "last|each|first-again",
      converter = OutputsConverter.class,
      defaultValue = "last",
      description =
          "whose output counts: the last block's, every block's, or block 0's applied again and"
              + " again, as published (${DEFAULT-VALUE})")
  private Target.Outputs outputs;

  @Option(
      names = "--mask",
      paramLabel = "causal|none,..",
      split = COMMA,
      hideParamSyntax = true,
      converter = MaskConverter.class,
      defaultValue = "causal",
      description = "whether attention sees only what comes before (${DEFAULT-VALUE})")
  private List<Mask> masks;

  @Option(
      names = "--tokens",
      paramLabel = "SLICE,..",
      split = COMMA,
      hideParamSyntax = true,
      converter = SliceConverter.class,
      defaultValue = "[:]",
      description = "positions of the output that count: [:], [2:], [:3], [-1] (${DEFAULT-VALUE})")
  private List<TokenRange> tokens;

  @Option(
      names = "--features",
      paramLabel = "CHOICE,..",
      split = COMMA,
      hideParamSyntax = true,
      converter = FeaturesConverter.class,
      defaultValue = "all",
      description =
          "features of the output that count: all, [:64], [32:96], or random:64:7, which is 64 of"
              + " them drawn with seed 7 (${DEFAULT-VALUE})")
  private List<FeatureChoice> features;

  @Option(
      names = "--loss",
      paramLabel = "LOSS,..",
      split = COMMA,
      hideParamSyntax = true,
      converter = LossConverter.class,
      defaultValue = "l1",
      description =
          "l1, l2, l2-squared, cosine, cosine-abs as published, mixed, whose two parts begin with"
              + " equal gradients, or mixed:A:B, A times cosine and B times l1 (${DEFAULT-VALUE})")
  private List<InversionLoss> losses;

  @Option(
      names = "--method",
      paramLabel = "METHOD,..",
      split = COMMA,
      hideParamSyntax = true,
      converter = MethodConverter.class,
      defaultValue = "indirect",
      description =
          "what is searched for: indirect: vectors of all positions; direct: mixtures of the"
              + " vocabulary; per-token: a vector at a time, alone; expanding: of one position more"
              + " and more; sequential: after the tokens read before it (${DEFAULT-VALUE})")
  private List<Method> methods;

  @Option(
      names = "--recipe",
      paramLabel = "sound|as-published",
      converter = RecipeConverter.class,
      defaultValue = "sound",
      description =
          "what the options below are if they are not given: noise as large as token vectors, or"
              + " the published noise of 1, steps of 2, and position 0 everywhere"
              + " (${DEFAULT-VALUE})")
  private Recipe recipe;

  @NoSetting
  @Option(
      names = "--study",
      paramLabel = "discrete|information",
      converter = StudyConverter.class,
      description =
          "asks all questions of a study, as far as the model allows, about its sentences or the"
              + " prompts that are given; those of other options are left to the study")
  private InversionStudy study;

  @Option(
      names = "--untrained",
      paramLabel = "SEEDS",
      split = COMMA,
      hideParamSyntax = true,
      converter = SeedsConverter.class,
      description =
          "draws weights as the model's family begins, instead of reading them: a model for each of"
              + " these seeds, such as 0-19; DIR needs config.json alone, and words of the prompts"
              + " are tokens if it has no tokenizer.json")
  private List<Seeds> untrained = List.of();

  @Option(
      names = "--untrained-embedding",
      paramLabel = "SEED",
      converter = Values.Whole.class,
      description = "puts the token vectors of a model that was never trained under its blocks")
  private Long untrainedEmbedding;

  @Option(
      names = "--optimizer",
      paramLabel = "gd|adam",
      converter = OptimizerConverter.class,
      defaultValue = "gd",
      description = "plain gradient descent, or Adam (${DEFAULT-VALUE})")
  private Descent.Optimizer optimizer;

  @Option(
      names = "--steps",
      paramLabel = "N",
      converter = Values.Count.class,
      description = "steps of a search (sound: 500, of one position 200; as-published: 1000)")
  private Integer steps;

  @Option(
      names = "--learning-rate",
      paramLabel = "FIRST[:LAST]",
      converter = RateConverter.class,
      description = "rate of the first step, and where it falls to (by loss; a tenth of the first)")
  private Pair rate;

  @Option(
      names = "--start",
      paramLabel = "MEAN:DEVIATION",
      converter = StartConverter.class,
      description =
          "normal noise that a search begins with (sound: 0 and the token vectors' own; else 0:1)")
  private Pair start;

  @Option(
      names = "--restarts",
      paramLabel = "N",
      converter = Values.Count.class,
      defaultValue = "5",
      description = "searches of each prompt, with other noise (${DEFAULT-VALUE})")
  private int restarts;

  @Option(
      names = "--seed",
      paramLabel = "S",
      converter = Values.Whole.class,
      defaultValue = "42",
      description = "seed of all noise (${DEFAULT-VALUE})")
  private long seed;

  @Option(
      names = "--allowed",
      paramLabel = "TEXT",
      description =
          "reads vectors among the tokens of this text, too: both without others, and with others at"
              + " a score of 0, as published")
  private String allowed;

  @Option(
      names = "--allowed-own",
      paramLabel = "N,N,..",
      split = COMMA,
      hideParamSyntax = true,
      converter = BlockCount.class,
      description =
          "reads vectors among a prompt's own tokens and so many random others, too, such as 0,8,32")
  private List<Integer> allowedOwn = List.of();

  @Option(
      names = "--no-oracle",
      description =
          "leaves out to try every token of the vocabulary in every place, which tells whether the"
              + " output knows it at all")
  private boolean hasNoOracle;

  @Option(
      names = "--jacobian",
      description =
          "tells, too, how much of a small step of each token's vector comes out, direction by"
              + " direction: a pass back for each number of the output, in table"
              + " inversion_jacobians")
  private boolean isDifferentiating;

  /** What attention sees. */
  private enum Mask {
    CAUSAL,
    NONE
  }

  /** What options are that are not given. */
  private enum Recipe {
    SOUND,
    AS_PUBLISHED
  }

  /** Takes a study. */
  static final class StudyConverter extends Values.OneOf<InversionStudy> {
    StudyConverter() {
      super(InversionStudy.class, InversionStudy::text);
    }
  }

  /** Takes a part of a block. */
  static final class PartConverter extends Values.OneOf<BlockPart> {
    PartConverter() {
      super(BlockPart.class, BlockPart::text);
    }
  }

  /** Takes which outputs count. */
  static final class OutputsConverter extends Values.OneOf<Target.Outputs> {
    OutputsConverter() {
      super(Target.Outputs.class, Target.Outputs::text);
    }
  }

  /** Takes a method. */
  static final class MethodConverter extends Values.OneOf<Method> {
    MethodConverter() {
      super(Method.class, Method::text);
    }
  }

  /** Takes an optimiser. */
  static final class OptimizerConverter extends Values.OneOf<Descent.Optimizer> {
    OptimizerConverter() {
      super(Descent.Optimizer.class, Descent.Optimizer::text);
    }
  }

  /** Takes a mask. */
  static final class MaskConverter extends Values.OneOf<Mask> {
    MaskConverter() {
      super(Mask.class);
    }
  }

  /** Takes a recipe. */
  static final class RecipeConverter extends Values.OneOf<Recipe> {
    RecipeConverter() {
      super(Recipe.class, recipe -> recipe.name().toLowerCase(Locale.ROOT).replace('_', '-'));
    }
  }

  /** Takes a number of blocks, or of tokens. */
  static final class BlockCount extends Values.WholeInRange {
    BlockCount() {
      super(0, 10_000);
    }
  }

  /** Takes what another converter parses, whose message lacks the option's name. */
  private abstract static class Parsed<T> implements ITypeConverter<T> {
    private static final String OPTION = "value";

    abstract T parse(String option, String text);

    @Override
    public T convert(String text) {
      try {
        return parse(OPTION, text.trim());
      } catch (InvalidInput e) {
        throw new TypeConversionException(
            e.getMessage().substring(e.getMessage().indexOf(": ") + 2));
      }
    }
  }

  /** Takes a slice. */
  static final class SliceConverter extends Parsed<TokenRange> {
    @Override
    TokenRange parse(String option, String text) {
      return TokenRange.parse(option, text);
    }
  }

  /** Takes a choice of features. */
  static final class FeaturesConverter extends Parsed<FeatureChoice> {
    @Override
    FeatureChoice parse(String option, String text) {
      return FeatureChoice.parse(option, text);
    }
  }

  /** Takes a loss. */
  static final class LossConverter extends Parsed<InversionLoss> {
    @Override
    InversionLoss parse(String option, String text) {
      return InversionLoss.parse(option, text);
    }
  }

  /** Two numbers; an array would be an option that can be given several times. */
  private record Pair(double first, double second) {}

  /** Seeds, from one to another. */
  private record Seeds(long first, long last) {}

  /** Takes a seed, or two with a hyphen between them. */
  static final class SeedsConverter implements ITypeConverter<Seeds> {
    private static final int MOST = 1000;

    @Override
    public Seeds convert(String text) {
      String[] parts = text.split("-", -1);
      if (parts.length > 2) {
        throw new TypeConversionException("expected a seed such as 7, or seeds such as 0-19");
      }

      long first = new Values.Whole().convert(parts[0]);
      long last = parts.length == 1 ? first : new Values.Whole().convert(parts[1]);
      if (last < first || last - first >= MOST) {
        throw new TypeConversionException(
            "expected seeds in ascending order, " + MOST + " at most, such as 0-19");
      }

      return new Seeds(first, last);
    }
  }

  /** Takes one or two numbers: the second is a tenth of the first if it is not given. */
  static final class RateConverter implements ITypeConverter<Pair> {
    @Override
    public Pair convert(String text) {
      String[] parts = text.split(":", -1);
      if (parts.length > 2) {
        throw new TypeConversionException("expected one number, or two such as .002:.0002");
      }

      double first = new Values.Real().convert(parts[0]);
      return new Pair(
          first, parts.length == 2 ? new Values.Real().convert(parts[1]) : first * FALL);
    }
  }

  /** Takes a mean and a deviation. */
  static final class StartConverter implements ITypeConverter<Pair> {
    @Override
    public Pair convert(String text) {
      String[] parts = text.split(":", -1);
      if (parts.length != 2) {
        throw new TypeConversionException("expected a mean and a deviation, such as 0:.05");
      }

      double deviation = new Values.Real().convert(parts[1]);
      if (deviation < 0) {
        throw new TypeConversionException("expected a deviation of 0 or more, such as 0:.05");
      }

      return new Pair(new Values.Real().convert(parts[0]), deviation);
    }
  }

  /** Choices of features in the place of all, unless some were given. */
  List<FeatureChoice> featuresOr(List<FeatureChoice> others) {
    return features.equals(List.of(FeatureChoice.ALL)) ? others : features;
  }

  /** The seeds of models whose weights are drawn; none if they are read. */
  long[] untrained() {
    return untrained.stream()
        .flatMapToLong(seeds -> LongStream.rangeClosed(seeds.first(), seeds.last()))
        .distinct()
        .toArray();
  }

  /** Whether any weights are drawn. */
  boolean hasOtherWeights() {
    return !untrained.isEmpty() || untrainedEmbedding != null;
  }

  /** Puts other token vectors under a model's blocks, if so asked. */
  ModelDirectory withEmbedding(ModelDirectory model) {
    return untrainedEmbedding == null ? model : model.withUntrainedEmbedding(untrainedEmbedding);
  }

  /** Where the models' weights come from, in words. */
  String weights() {
    String seeds =
        untrained.stream()
            .map(
                some ->
                    some.first() == some.last()
                        ? String.valueOf(some.first())
                        : some.first() + "-" + some.last())
            .collect(Collectors.joining(", "));
    return (untrained.isEmpty() ? "weights as they are stored" : "untrained, seeds " + seeds)
        + (untrainedEmbedding == null
            ? ""
            : ", under them token vectors never trained, seed " + untrainedEmbedding);
  }

  /** The study that asks its questions; null for those of the options. */
  InversionStudy study() {
    return study;
  }

  boolean isAskingTheOracle() {
    return !hasNoOracle;
  }

  boolean isDifferentiating() {
    return isDifferentiating;
  }

  /**
   * Returns everything that is asked.
   *
   * @param model which is loaded
   * @param choices of features
   * @throws InvalidInput if something does not fit the model
   */
  InversionGrid grid(
      ModelDirectory directory,
      ResidualStream model,
      TokenVectors vectors,
      List<Prompt> prompts,
      List<FeatureChoice> choices) {
    double deviation = vectors.deviation();
    List<int[]> inputs =
        prompts.stream().map(prompt -> directory.input(prompt.tokenIds())).toList();
    if (study != null) {
      checkSlices(
          inputs,
          questions(model).stream()
              .map(question -> question.target().tokens())
              .distinct()
              .toList());
      List<Experiment> asked =
          questions(model).stream()
              .map(
                  question ->
                      experiment(
                          question.isAsPublished() ? Recipe.AS_PUBLISHED : Recipe.SOUND,
                          question.method(),
                          question.target(),
                          question.loss(),
                          deviation,
                          vectors))
              .toList();
      return new InversionGrid(asked, inputs, restarts, seed, allowed(directory));
    }

    List<Experiment> experiments = new ArrayList<>();
    for (Method method : methods) {
      for (int count : blocks) {
        for (BlockPart part : parts) {
          for (Mask mask : masks) {
            for (TokenRange range : tokens) {
              for (FeatureChoice choice : choices) {
                Target target =
                    new Target(
                        count,
                        outputs,
                        part,
                        mask == Mask.CAUSAL,
                        range,
                        choice.of(vectors.dimension()));
                target.check(model.shape(), model);
                for (InversionLoss loss : losses) {
                  InversionLoss scaled =
                      recipe == Recipe.AS_PUBLISHED
                              && method == Method.INDIRECT
                              && loss.kind() == Kind.L1
                          ? InversionLoss.AS_PUBLISHED
                          : loss;
                  experiments.add(experiment(recipe, method, target, scaled, deviation, vectors));
                }
              }
            }
          }
        }
      }
    }

    checkSlices(inputs, tokens);
    for (int i = 0; i < inputs.size(); i++) {
      for (Experiment experiment : experiments) {
        experiment.target().checkPrompt(i + 1, inputs.get(i).length, vectors.dimension());
      }
    }

    return new InversionGrid(experiments, inputs, restarts, seed, allowed(directory));
  }

  /** The study's questions that the model allows: some need a residual around each part. */
  List<Question> questions(ResidualStream model) {
    return study.questions(model.shape().blocks()).stream()
        .filter(question -> question.target().isOf(model.shape(), model))
        .toList();
  }

  /**
   * Checks what can be told without a model.
   *
   * @throws InvalidInput naming what does not go together
   */
  void check() {
    if (study != null) {
      checkStudy();
    }

    methods.forEach(this::checkMethod);
  }

  private void checkStudy() {
    boolean isPlain =
        blocks.equals(List.of(1))
            && parts.equals(List.of(BlockPart.BLOCK))
            && outputs == Target.Outputs.LAST
            && masks.equals(List.of(Mask.CAUSAL))
            && tokens.equals(List.of(TokenRange.ALL))
            && features.equals(List.of(FeatureChoice.ALL))
            && losses.equals(List.of(InversionLoss.of(Kind.L1, 1)))
            && methods.equals(List.of(Method.INDIRECT))
            && recipe == Recipe.SOUND;
    if (!isPlain) {
      throw new InvalidInput(
          "--study %s: it chooses blocks, parts, outputs, masks, tokens, features, losses, methods and"
              + " recipes by itself; leave these options out",
          study.text());
    }
  }

  private void checkMethod(Method method) {
    if (method == Method.DIRECT && optimizer == Descent.Optimizer.ADAM) {
      throw new InvalidInput("--optimizer adam: a direct search has none but gd; leave it out");
    }

    if (method.isByPosition() && masks.contains(Mask.NONE)) {
      throw new InvalidInput(
          "--method %s: positions come one after another, which needs the causal mask; leave --mask"
              + " none out",
          method.text());
    }

    if (method.isByPosition() && parts.stream().anyMatch(BlockPart::isControl)) {
      throw new InvalidInput(
          "--method %s: the control has no positions that come one after another; leave --part control"
              + " out, or give indirect or direct",
          method.text());
    }

    if (method.isByPosition() && !tokens.equals(List.of(TokenRange.ALL))) {
      throw new InvalidInput(
          "--method %s: every position is searched for by its own output; leave --tokens out",
          method.text());
    }

    if (method == Method.SEQUENTIAL && recipe == Recipe.AS_PUBLISHED) {
      throw new InvalidInput(
          "--method sequential --recipe as-published: nothing of the kind was published; give per-token"
              + " or expanding, or leave --recipe out");
    }
  }

  private static void checkSlices(List<int[]> inputs, List<TokenRange> ranges) {
    for (TokenRange range : ranges) {
      for (int i = 0; i < inputs.size(); i++) {
        if (range.size(inputs.get(i).length) == 0) {
          throw new InvalidInput(
              "--tokens %s: nothing of prompt %d is in it, of which the model reads %d tokens; give a"
                  + " longer prompt, or another slice",
              range, i + 1, inputs.get(i).length);
        }
      }
    }
  }

  private Experiment experiment(
      Recipe chosen,
      Method method,
      Target target,
      InversionLoss loss,
      double deviation,
      TokenVectors vectors) {
    boolean isDirect = method == Method.DIRECT;
    double first =
        rate != null
            ? rate.first()
            : firstRate(chosen, method, loss.kind(), deviation, vectors.dimension());
    boolean sound = chosen == Recipe.SOUND;
    int ofSound = method.isByPosition() ? STEPS_OF_POSITION : SOUND_STEPS;
    int count = steps != null ? steps : sound ? ofSound : publishedSteps(method);
    double fall = method == Method.EXPANDING ? FALL_OF_EXPANDING : FALL;
    return new Experiment(
        method,
        target,
        loss,
        new Descent(
            optimizer,
            count,
            first,
            rate != null ? rate.second() : first * fall,
            rate == null && isOfRoot(chosen, method, loss.kind())),
        start == null ? 0 : start.first(),
        start != null ? start.second() : sound && !isDirect ? deviation : 1,
        isDirect ? Positions.NONE : sound ? Positions.OWN : Positions.ZERO,
        SHIFT * deviation);
  }

  /**
   * The rate of the first step if none is given. Sums of absolute differences move a number by its
   * rate, so that it is told in standard deviations of the token vectors; lengths share one step
   * among all numbers of what is searched for at once; a cosine's gradient falls with the length of
   * vectors.
   */
  private double firstRate(
      Recipe chosen, Method method, Kind kind, double deviation, int dimension) {
    if (method == Method.DIRECT) {
      return kind.isOfDirection() ? 20 : .01;
    }

    if (chosen == Recipe.AS_PUBLISHED) {
      return method == Method.PER_TOKEN ? .1 : method == Method.EXPANDING ? .5 : PUBLISHED_RATE;
    }

    if (optimizer == Descent.Optimizer.ADAM) {
      return .25 * deviation;
    }

    return switch (kind) {
      case L1, MIXED -> .045 * deviation;
      case L2 -> .045 * deviation * (method.isByPosition() ? Math.sqrt(dimension) : 1);
      case L2_SQUARED -> 5e-4;
      case COSINE, COSINE_ABS -> 1000 * deviation * deviation;
    };
  }

  /** Whether the rate grows with a prompt: one position's is in {@link #firstRate} already. */
  private boolean isOfRoot(Recipe chosen, Method method, Kind kind) {
    return chosen == Recipe.SOUND
        && optimizer == Descent.Optimizer.GD
        && method == Method.INDIRECT
        && kind == Kind.L2;
  }

  private static int publishedSteps(Method method) {
    return switch (method) {
      case PER_TOKEN -> 2000;
      case DIRECT, EXPANDING -> SOUND_STEPS;
      case INDIRECT, SEQUENTIAL -> PUBLISHED_STEPS;
    };
  }

  private List<AllowedTokens> allowed(ModelDirectory directory) {
    List<AllowedTokens> all = new ArrayList<>();
    for (int others :
        study != null && allowedOwn.isEmpty()
            ? study.allowedOthers()
            : allowedOwn.stream().distinct().toList()) {
      all.add(AllowedTokens.ownAnd(others));
    }

    if (allowed == null) {
      return all;
    }

    int[] ids = Prompts.parse("--allowed", allowed, directory.tokenizerJson()).tokenIds();
    if (ids.length == 0) {
      throw new InvalidInput("--allowed: the text has no token; give some, or leave it out");
    }

    all.add(AllowedTokens.of(ids));
    return all;
  }
}
