/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.train;

import dev.kindred.InvalidInput;
import dev.kindred.corpus.BytePairVocabulary;
import dev.kindred.jobs.option.Values;
import dev.kindred.jobs.option.Values.OneOf;
import dev.kindred.jobs.option.Values.RealInRange;
import dev.kindred.jobs.option.Values.WholeInRange;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.architecture.ConfigJson;
import dev.kindred.model.architecture.Mixer;
import dev.kindred.model.architecture.TrainedArchitecture;
import dev.kindred.model.family.Architectures;
import dev.kindred.model.files.Safetensors;
import dev.kindred.training.Recipe;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/**
 * The options of a training. A value that the command line does not have is the preset's or of
 * {@code conf/kindred.conf}, as {@link TrainingDefaults} says.
 */
public final class TrainingOptions {
  private static final String BYTE_PAIRS = "bpe:";

  // A checkpoint, which has each number with both of its moments, is written as one array of bytes.
  private static final long MOST_PARAMETERS = 175_000_000;
  // Of one sequence, as every pair of positions has a weight in each layer and head.
  private static final double MOST_ATTENTION_BYTES = 256e9;

  private static final String AUTO = "auto";

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--preset",
      paramLabel = "NAME",
      description =
          "settings to start from, of those under kindred.train.presets (${DEFAULT-VALUE})")
  private String preset;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "folder of the model; a training that was stopped there goes on")
  private String out;

  @Option(
      names = "--tokenizer",
      paramLabel = "FILE|bpe:N",
      description =
          "tokenizer.json; bpe:4096 makes one of the 4,096 bytes and pairs that the corpus has most"
              + " often; empty for one of the corpus's characters")
  private String tokenizer;

  @Option(
      names = "--architecture",
      paramLabel = "NAME",
      converter = ArchitectureName.class,
      description =
          "family of the model (${DEFAULT-VALUE}): gpt and mixer, which are Kindred's own, llama or"
              + " gpt_neox, which transformers reads")
  private String architecture;

  @Option(
      names = "--mixing",
      paramLabel = "auto|flat|expanded|parallel|heads",
      converter = Mixing.class,
      description =
          "of a mixer: how it mixes positions (${DEFAULT-VALUE}); auto is flat, one matrix a block")
  private String mixing;

  @Option(
      names = "--expansion",
      paramLabel = "auto|N",
      converter = AutoOrNumber.class,
      description = "of expanded mixing: vectors a position (${DEFAULT-VALUE}); auto is 2")
  private String expansion;

  @Option(
      names = "--branches",
      paramLabel = "auto|N",
      converter = AutoOrNumber.class,
      description = "of parallel mixing: matrices that are added (${DEFAULT-VALUE}); auto is 2")
  private String branches;

  @Option(
      names = "--branch-activation",
      paramLabel = "auto|none|gelu",
      converter = BranchActivation.class,
      description =
          "of parallel mixing: what each goes through before (${DEFAULT-VALUE}); auto is none")
  private String branchActivation;

  @Option(
      names = "--mlp",
      paramLabel = "auto|mlp|none",
      converter = Network.class,
      description = "whether blocks have feed-forward networks (${DEFAULT-VALUE}); auto is mlp")
  private String mlp;

  @Option(
      names = "--d-mlp",
      paramLabel = "auto|N",
      converter = AutoOrNumber.class,
      description =
          "hidden width of these (${DEFAULT-VALUE}); auto is four times d-model, 8/3 times where they"
              + " are gated")
  private String dMlp;

  @Option(
      names = "--activation",
      paramLabel = "auto|relu|gelu|silu",
      converter = ActivationName.class,
      description = "function in these (${DEFAULT-VALUE}); auto is the architecture's usual one")
  private String activation;

  @Option(
      names = "--norm",
      paramLabel = "auto|none|layer|rms",
      converter = NormName.class,
      description = "norms (${DEFAULT-VALUE}); auto is the architecture's usual one")
  private String norm;

  @Option(
      names = "--positions",
      paramLabel = "auto|learned|rotary|qk|none",
      converter = PositionsName.class,
      description =
          "how positions are told (${DEFAULT-VALUE}): added to the stream, by turning queries and"
              + " keys, by what is added to what these are made of, or not; auto is the architecture's"
              + " usual way")
  private String positions;

  @Option(
      names = "--key-value-heads",
      paramLabel = "auto|N",
      converter = AutoOrNumber.class,
      description = "heads of keys and values of a llama (${DEFAULT-VALUE}); auto is all heads")
  private String keyValueHeads;

  @Option(
      names = "--unembedding",
      paramLabel = "auto|own|tied",
      converter = UnembeddingName.class,
      description =
          "whether logits are read by a matrix of their own or by the tokens' vectors"
              + " (${DEFAULT-VALUE}); auto is own")
  private String unembedding;

  @Option(
      names = "--layers",
      paramLabel = "N",
      converter = Layers.class,
      description = "transformer blocks (${DEFAULT-VALUE})")
  private Integer layers;

  @Option(
      names = "--heads",
      paramLabel = "N",
      converter = Values.Positive.class,
      description = "heads, where blocks have some (${DEFAULT-VALUE})")
  private Integer heads;

  @Option(
      names = "--d-model",
      paramLabel = "N",
      converter = Values.Positive.class,
      description = "width of the residual stream; a multiple of heads (${DEFAULT-VALUE})")
  private Integer dModel;

  @Option(
      names = "--context",
      paramLabel = "N",
      converter = Values.Positive.class,
      description = "longest token sequence (${DEFAULT-VALUE})")
  private Integer context;

  @Option(
      names = "--seed",
      paramLabel = "S",
      converter = Values.Whole.class,
      description = "seed of weights, batches and dropout (${DEFAULT-VALUE})")
  private Long seed;

  @Option(
      names = "--steps",
      paramLabel = "N",
      converter = Values.Positive.class,
      description = "updates of the weights (${DEFAULT-VALUE})")
  private Integer steps;

  @Option(
      names = "--epochs",
      paramLabel = "X",
      converter = Epochs.class,
      description = "passes over the training split, instead of steps")
  private Double epochs;

  @Option(
      names = "--batch-tokens",
      paramLabel = "N",
      converter = BatchTokens.class,
      description = "tokens that a step learns from (${DEFAULT-VALUE})")
  private Integer batchTokens;

  @Option(
      names = "--context-weights",
      paramLabel = "a,b,c,d",
      converter = ContextWeights.class,
      description =
          "shares of tokens in sequences of 1/8, 1/4, 1/2 and all of the context (${DEFAULT-VALUE})")
  private ContextShares contextWeights;

  @Option(
      names = "--learning-rate",
      paramLabel = "X",
      converter = Rate.class,
      description = "the highest learning rate (${DEFAULT-VALUE})")
  private Double learningRate;

  @Option(
      names = "--final-learning-rate",
      paramLabel = "X",
      converter = Rate.class,
      description = "the last step's learning rate (${DEFAULT-VALUE})")
  private Double finalLearningRate;

  @Option(
      names = "--warm-up-steps",
      paramLabel = "N",
      converter = NotNegative.class,
      description = "steps in which the learning rate rises (${DEFAULT-VALUE})")
  private Integer warmUpSteps;

  @Option(
      names = "--decay",
      paramLabel = "cosine|drop",
      converter = Decay.class,
      description = "how the learning rate falls (${DEFAULT-VALUE})")
  private Recipe.Decay decay;

  @Option(
      names = "--decay-start",
      paramLabel = "N",
      converter = NotNegative.class,
      description =
          "the step after which it falls; 0 for the end of the warm-up (${DEFAULT-VALUE})")
  private Integer decayStart;

  @Option(
      names = "--beta1",
      paramLabel = "X",
      converter = Beta.class,
      description = "AdamW's decay of mean gradients (${DEFAULT-VALUE})")
  private Double beta1;

  @Option(
      names = "--beta2",
      paramLabel = "X",
      converter = Beta.class,
      description = "AdamW's decay of mean squared gradients (${DEFAULT-VALUE})")
  private Double beta2;

  @Option(
      names = "--weight-decay",
      paramLabel = "X",
      converter = Rate.class,
      description = "AdamW's weight decay (${DEFAULT-VALUE})")
  private Double weightDecay;

  @Option(
      names = "--decayed-weights",
      paramLabel = "matrices|all",
      converter = DecayedWeights.class,
      description = "what is decayed (${DEFAULT-VALUE})")
  private Recipe.DecayedWeights decayedWeights;

  @Option(
      names = "--clip",
      paramLabel = "X",
      converter = Clip.class,
      description = "longest gradient; 0 for any (${DEFAULT-VALUE})")
  private Double clip;

  @Option(
      names = "--dropout",
      paramLabel = "X",
      converter = Dropout.class,
      description = "probability of being dropped in training (${DEFAULT-VALUE})")
  private Double dropout;

  @Option(
      names = "--evaluate-every",
      paramLabel = "N",
      converter = Values.Positive.class,
      description = "steps between two evaluations (${DEFAULT-VALUE})")
  private Integer evaluateEvery;

  @Option(
      names = "--evaluation-contexts",
      paramLabel = "N",
      converter = EvaluationContexts.class,
      description = "sequences of each split that losses are computed on (${DEFAULT-VALUE})")
  private Integer evaluationContexts;

  @Option(
      names = "--checkpoint-seconds",
      paramLabel = "N",
      converter = Values.Positive.class,
      description = "seconds between two checkpoints (${DEFAULT-VALUE})")
  private Integer checkpointSeconds;

  @Option(
      names = "--keep-checkpoints",
      paramLabel = "none|a,b,..",
      converter = KeptSteps.class,
      description =
          "steps whose models are kept, below the folder steps of the model's (${DEFAULT-VALUE}); 0"
              + " is before the first")
  private Steps keepCheckpoints;

  @Option(
      names = "--threads",
      paramLabel = "auto|N",
      converter = Threads.class,
      description =
          "parts of a batch at the same time; the result does not depend on it (${DEFAULT-VALUE})")
  private Integer threads;

  @Option(
      names = "--dtype",
      paramLabel = "f16|f32",
      converter = Dtype.class,
      description = "what weights are stored as (${DEFAULT-VALUE})")
  private Safetensors.Dtype dtype;

  /** One of some names, or auto for what is usual. */
  private abstract static class AutoOr implements ITypeConverter<String> {
    private final List<String> names;

    private AutoOr(String... names) {
      this.names = Stream.concat(Stream.of(AUTO), Stream.of(names)).toList();
    }

    @Override
    public String convert(String text) {
      String name = text.toLowerCase(Locale.ROOT);
      if (!names.contains(name)) {
        throw new TypeConversionException("expected one of " + names);
      }

      return name;
    }
  }

  /** How positions are mixed. */
  static final class Mixing extends AutoOr {
    Mixing() {
      super("flat", "expanded", "parallel", "heads");
    }
  }

  /** What parallel matrices go through. */
  static final class BranchActivation extends AutoOr {
    BranchActivation() {
      super("none", "gelu");
    }
  }

  /** Whether there are networks. */
  static final class Network extends AutoOr {
    Network() {
      super("mlp", "none");
    }
  }

  /** The function of networks. */
  static final class ActivationName extends AutoOr {
    ActivationName() {
      super("relu", "gelu", "silu");
    }
  }

  /** Norms. */
  static final class NormName extends AutoOr {
    NormName() {
      super("none", "layer", "rms");
    }
  }

  /** How positions are told. */
  static final class PositionsName extends AutoOr {
    PositionsName() {
      super("learned", "rotary", "qk", "none");
    }
  }

  /** How logits are read. */
  static final class UnembeddingName extends AutoOr {
    UnembeddingName() {
      super("own", "tied");
    }
  }

  /** A positive whole number, or auto for what is usual. */
  static final class AutoOrNumber implements ITypeConverter<String> {
    @Override
    public String convert(String text) {
      return text.equalsIgnoreCase(AUTO) ? AUTO : new Values.Positive().convert(text).toString();
    }
  }

  /** An architecture that can be trained. */
  static final class ArchitectureName implements ITypeConverter<String> {
    @Override
    public String convert(String text) {
      if (!Architectures.trained().contains(text)) {
        throw new TypeConversionException("expected one of " + Architectures.trained());
      }

      return text;
    }
  }

  /** A number of transformer blocks. */
  static final class Layers extends WholeInRange {
    Layers() {
      super(1, 1000);
    }
  }

  /** Tokens of a step. */
  static final class BatchTokens extends WholeInRange {
    BatchTokens() {
      super(1, 1 << 24);
    }
  }

  /** Sequences of an evaluation. */
  static final class EvaluationContexts extends WholeInRange {
    EvaluationContexts() {
      super(1, 1_000_000);
    }
  }

  /** A number of steps, or none. */
  static final class NotNegative extends WholeInRange {
    NotNegative() {
      super(0, Integer.MAX_VALUE);
    }
  }

  /** A number of threads; auto is one a processor. */
  static final class Threads extends WholeInRange {
    Threads() {
      super(1, 4096);
    }

    @Override
    public Integer convert(String text) {
      return text.equalsIgnoreCase("auto")
          ? Integer.valueOf(Runtime.getRuntime().availableProcessors())
          : super.convert(text);
    }
  }

  /** Passes over the training split. */
  static final class Epochs extends RealInRange {
    Epochs() {
      super(1e-9, 1e9);
    }
  }

  /** A decay of AdamW's means; nearer to 1 it would be 1 as a float. */
  static final class Beta extends RealInRange {
    Beta() {
      super(0, .999999);
    }
  }

  /** A probability of being dropped. */
  static final class Dropout extends RealInRange {
    Dropout() {
      super(0, .99);
    }
  }

  /** A learning rate, or a weight decay. */
  static final class Rate extends Factor {
    Rate() {
      super(1000);
    }
  }

  /** The longest gradient. */
  static final class Clip extends Factor {
    Clip() {
      super(1e9);
    }
  }

  /** 0, or a number that is not lost when weights are multiplied by it. */
  private abstract static class Factor implements ITypeConverter<Double> {
    private static final double LEAST = 1e-12;

    private final double most;

    private Factor(double most) {
      this.most = most;
    }

    @Override
    public Double convert(String text) {
      double value = new Values.Real().convert(text);
      if (!(value == 0 || value >= LEAST && value <= most)) {
        throw new TypeConversionException(
            String.format(Locale.ROOT, "expected 0, or a number from %s to %s", LEAST, most));
      }

      return value;
    }
  }

  /** Steps of a training. */
  private record Steps(SortedSet<Integer> numbers) {}

  /** Steps with commas between them, or none. */
  static final class KeptSteps implements ITypeConverter<Steps> {
    @Override
    public Steps convert(String text) {
      if (text.equalsIgnoreCase("none")) {
        return new Steps(new TreeSet<>());
      }

      if (!text.matches("\\d{1,9}(\\s*,\\s*\\d{1,9})*")) {
        throw new TypeConversionException(
            "expected none, or whole numbers with commas between them, such as 0,100,1000");
      }

      SortedSet<Integer> numbers = new TreeSet<>();
      Arrays.stream(text.split("\\s*,\\s*")).map(Integer::valueOf).forEach(numbers::add);
      return new Steps(numbers);
    }
  }

  /** Shares of tokens in sequences of four lengths. */
  private record ContextShares(List<Double> weights) {}

  /** Shares of tokens in sequences of an eighth, a quarter, a half and all of the context. */
  static final class ContextWeights implements ITypeConverter<ContextShares> {
    private static final double LEAST = 1e-6;
    private static final double GREATEST = 1e6;

    @Override
    public ContextShares convert(String text) {
      List<Double> weights;
      try {
        weights = Arrays.stream(text.split(",", -1)).map(Double::valueOf).toList();
      } catch (NumberFormatException e) {
        throw new TypeConversionException("expected four numbers");
      }

      boolean valid =
          weights.size() == 4
              && weights.stream().allMatch(ContextWeights::isWeight)
              && weights.stream().anyMatch(weight -> weight > 0);
      if (!valid) {
        throw new TypeConversionException(
            String.format(
                Locale.ROOT,
                "expected four numbers, each of them 0 or from %s to %s, not all of them 0",
                LEAST,
                GREATEST));
      }

      return new ContextShares(weights);
    }

    private static boolean isWeight(double weight) {
      return weight == 0 || weight >= LEAST && weight <= GREATEST;
    }
  }

  /** How the learning rate falls. */
  static final class Decay extends OneOf<Recipe.Decay> {
    Decay() {
      super(Recipe.Decay.class);
    }
  }

  /** Which weights are decayed. */
  static final class DecayedWeights extends OneOf<Recipe.DecayedWeights> {
    DecayedWeights() {
      super(Recipe.DecayedWeights.class);
    }
  }

  /** What weights are stored as. */
  static final class Dtype extends OneOf<Safetensors.Dtype> {
    Dtype() {
      super(Safetensors.Dtype.class);
    }
  }

  String out() {
    if (out == null || out.isEmpty()) {
      throw new InvalidInput(
          "--out: missing; name the folder of the model, e.g. --out models/mine");
    }

    return out;
  }

  /** Returns how many tokens a tokenizer is to have that is made of the corpus; none for others. */
  OptionalInt bytePairTokens() {
    if (!tokenizer.regionMatches(true, 0, BYTE_PAIRS, 0, BYTE_PAIRS.length())) {
      return OptionalInt.empty();
    }

    String size = tokenizer.substring(BYTE_PAIRS.length());
    int tokens = size.matches("[0-9]{1,7}") ? Integer.parseInt(size) : -1;
    if (tokens < BytePairVocabulary.BYTES || tokens > BytePairVocabulary.MOST) {
      throw new InvalidInput(
          "--tokenizer %s: expected a number of tokens from %d to %d, such as bpe:4096",
          tokenizer, BytePairVocabulary.BYTES, BytePairVocabulary.MOST);
    }

    return OptionalInt.of(tokens);
  }

  /** Returns a tokenizer's file, or an empty text for the corpus's characters. */
  String tokenizer() {
    return tokenizer;
  }

  /**
   * Returns the model's {@code config.json}.
   *
   * @throws InvalidInput if its parts do not fit, or it is too large
   */
  ConfigJson model(int vocabularySize) {
    TrainedArchitecture trained = Architectures.trained(there("--architecture", architecture));
    TrainedArchitecture.Size size =
        new TrainedArchitecture.Size(
            vocabularySize,
            there("--d-model", dModel),
            there("--layers", layers),
            there("--heads", heads),
            there("--context", context));
    Map<String, String> chosen = chosen();
    // Tables of tokens alone may be too large to describe the others.
    checkParameters(2. * vocabularySize * dModel, size, chosen);
    ConfigJson config = trained.config(size, chosen);
    checkSize(Architectures.read(config), size, chosen);
    return config;
  }

  /** What was chosen of the model's parts, by option without dashes. */
  private Map<String, String> chosen() {
    Map<String, String> chosen = new TreeMap<>();
    choose(chosen, "mixing", mixing);
    choose(chosen, "expansion", expansion);
    choose(chosen, "branches", branches);
    choose(chosen, "branch-activation", branchActivation);
    choose(chosen, "mlp", mlp);
    choose(chosen, "d-mlp", dMlp);
    choose(chosen, "activation", activation);
    choose(chosen, "norm", norm);
    choose(chosen, "positions", positions);
    choose(chosen, "key-value-heads", keyValueHeads);
    choose(chosen, "unembedding", unembedding);
    // A preset's heads are for models that have some.
    if (command.commandLine().getParseResult().hasMatchedOption("--heads")) {
      choose(chosen, "heads", heads.toString());
    }

    return chosen;
  }

  private static void choose(Map<String, String> chosen, String option, String value) {
    if (!there("--" + option, value).equals(AUTO)) {
      chosen.put(option, value);
    }
  }

  /**
   * Refuses a model that is too large. Its numbers are counted in floating point, as products of
   * settings may be larger than any whole number.
   */
  private static void checkSize(
      Blueprint blueprint, TrainedArchitecture.Size size, Map<String, String> chosen) {
    checkParameters(
        blueprint.tensors().values().stream()
            .mapToDouble(shape -> Arrays.stream(shape).asDoubleStream().reduce(1, (x, y) -> x * y))
            .sum(),
        size,
        chosen);
    double heads =
        blueprint.blocks().stream()
            .mapToDouble(block -> block.mixer() instanceof Mixer.Attention of ? of.heads() : 0)
            .sum();
    double attention = heads * Float.BYTES * size.context() * size.context();
    if (attention > MOST_ATTENTION_BYTES) {
      throw new InvalidInput(
          "--context %d: attention over it takes %,.0f GB in %d layers of %d heads; expected at most"
              + " %,.0f GB, give a shorter one",
          size.context(), attention / 1e9, size.layers(), size.heads(), MOST_ATTENTION_BYTES / 1e9);
    }
  }

  private static void checkParameters(
      double parameters, TrainedArchitecture.Size size, Map<String, String> chosen) {
    if (parameters > MOST_PARAMETERS) {
      StringBuilder parts = new StringBuilder();
      chosen.forEach(
          (option, value) -> parts.append(" --").append(option).append(' ').append(value));
      throw new InvalidInput(
          "--layers %d --d-model %d --context %d%s: with %d token%s or more that is a model of %,.0f"
              + " million numbers, which take %,.1f GB to train; expected at most %d million, give"
              + " smaller ones",
          size.layers(),
          size.dModel(),
          size.context(),
          parts,
          size.vocabulary(),
          size.vocabulary() == 1 ? "" : "s",
          parameters / 1e6,
          4 * Float.BYTES * parameters / 1e9,
          MOST_PARAMETERS / 1_000_000);
    }
  }

  /**
   * Returns how the model is trained.
   *
   * @param trainTokens of the training split, for epochs
   * @throws InvalidInput if a preset lacks something
   */
  Recipe recipe(long trainTokens) {
    return new Recipe(
        there("--seed", seed),
        steps(trainTokens),
        batchTokens,
        there("--context-weights", contextWeights).weights(),
        there("--learning-rate", learningRate),
        there("--final-learning-rate", finalLearningRate),
        there("--warm-up-steps", warmUpSteps),
        there("--decay", decay),
        there("--decay-start", decayStart),
        there("--beta1", beta1),
        there("--beta2", beta2),
        there("--weight-decay", weightDecay),
        there("--decayed-weights", decayedWeights),
        there("--clip", clip),
        there("--dropout", dropout),
        there("--evaluate-every", evaluateEvery),
        there("--evaluation-contexts", evaluationContexts));
  }

  private int steps(long trainTokens) {
    double tokens = there("--batch-tokens", batchTokens);
    if (epochs == null) {
      return there("--steps", steps);
    }

    double needed = Math.ceil(epochs * trainTokens / tokens);
    if (needed > Integer.MAX_VALUE) {
      throw Values.invalid(
          "--epochs", epochs, String.format(Locale.ROOT, "%.0f steps are too many", needed));
    }

    return (int) needed;
  }

  private static <T> T there(String option, T value) {
    if (value == null) {
      throw new InvalidInput("%s: missing; give it, or another preset, which has it", option);
    }

    return value;
  }

  /**
   * Returns the steps whose models are kept.
   *
   * @param ofTraining its last step
   */
  SortedSet<Integer> keptSteps(int ofTraining) {
    SortedSet<Integer> kept = there("--keep-checkpoints", keepCheckpoints).numbers();
    if (!kept.isEmpty() && kept.last() > ofTraining) {
      throw new InvalidInput(
          "--keep-checkpoints %d: the training ends with step %d; give steps from 0 to that",
          kept.last(), ofTraining);
    }

    return kept;
  }

  Duration checkpointInterval() {
    return Duration.ofSeconds(there("--checkpoint-seconds", checkpointSeconds));
  }

  int threads() {
    return there("--threads", threads);
  }

  Safetensors.Dtype dtype() {
    return there("--dtype", dtype);
  }

  /**
   * Checks what needs no corpus.
   *
   * @throws InvalidInput if something does not fit
   */
  public void check() {
    out();
    model(bytePairTokens().orElse(1));
    recipe(1);
    checkpointInterval();
    keptSteps(epochs == null ? there("--steps", steps) : Integer.MAX_VALUE);
    threads();
    dtype();
  }
}
