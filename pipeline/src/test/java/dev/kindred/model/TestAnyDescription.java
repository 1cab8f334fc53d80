/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import dev.kindred.kernel.TileKernels;
import dev.kindred.model.Changes.Part;
import dev.kindred.model.architecture.Block;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.architecture.FeedForward;
import dev.kindred.model.architecture.Mixer;
import dev.kindred.model.cpu.CpuModel;
import dev.kindred.model.torch.DropoutMasks;
import dev.kindred.model.torch.TorchModel;
import dev.kindred.model.torch.TorchStream;
import dev.kindred.model.torch.TorchTraining;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the engine makes of random descriptions against a plain forward pass. */
class TestAnyDescription {
  private static final int MODELS = 20;
  private static final double TOLERANCE = 2e-4; // of the greatest number
  private static final int[][] PROMPTS = {{1, 2, 3, 4, 5, 1}, {10, 9, 1, 0, 6, 6}};
  private static final int LENGTH = 6;
  private static final HookPoint[] STREAM = {HookPoint.RESID_PRE, HookPoint.RESID_POST};

  /** A random model, and the same for the plain forward pass. */
  private static final class Subject implements AutoCloseable {
    private final Blueprint blueprint;
    private final Map<String, float[]> values;
    private final PlainModel plain;
    private final ResidualStream stream;
    private final Random random;

    private Subject(long seed) {
      this.blueprint = RandomBlueprint.of(seed);
      this.values = RandomBlueprint.values(blueprint, seed);
      this.plain = new PlainModel(blueprint, values);
      this.stream = TorchStream.load(blueprint, values::get, Device.cpu());
      this.random = new Random(seed);
    }

    /** What the plain pass finds in all prompts, one after the other. */
    private double[] plain(Hook hook, PlainModel.Other... others) {
      List<double[]> found = new ArrayList<>();
      for (int prompt = 0; prompt < PROMPTS.length; prompt++) {
        PlainModel.Other other =
            others.length == 0 ? PlainModel.Other.NOTHING : others[others.length == 1 ? 0 : prompt];
        found.add(plain.run(PROMPTS[prompt], other).get(hook));
      }

      return found.stream().flatMapToDouble(Arrays::stream).toArray();
    }

    private float[] gaussian(int size) {
      float[] x = new float[size];
      for (int i = 0; i < size; i++) {
        x[i] = (float) random.nextGaussian();
      }

      return x;
    }

    private Hook end() {
      return Hook.of(HookPoint.RESID_POST, blueprint.blocks().size() - 1);
    }

    @Override
    public void close() {
      stream.close();
    }
  }

  private static LongStream seeds() {
    return LongStream.range(0, MODELS);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void isFoundAtEveryPlaceThatItHas(long seed) {
    try (Subject model = new Subject(seed);
        ResidualStream.Pass pass = model.stream.run(PROMPTS)) {
      List<Hook> hooks = model.stream.hooks();
      assertThat(model.plain.run(PROMPTS[0], PlainModel.Other.NOTHING).keySet())
          .containsExactlyElementsOf(hooks);
      for (Hook hook : hooks) {
        assertClose(hook, pass.all(hook), model.plain(hook));
        assertThat(Arrays.stream(pass.shape(hook)).reduce(1, Math::multiplyExact))
            .isEqualTo(pass.all(hook).length);
      }

      assertClose("logits", pass.logits(), lastRows(model.plain(Hook.of(HookPoint.LOGITS))));
      assertThat(pass.last(Hook.of(HookPoint.LOGITS))).hasSize(PROMPTS.length * 11);
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void predictsTheSameForATreeAsForItsSequences(long seed) {
    try (Subject model = new Subject(seed);
        LanguageModel whole = TorchModel.load(model.blueprint, model.values::get, Device.cpu())) {
      int[][] sequences = TestPrefixTree.sequences(new Random(seed), 40, LENGTH, 4);
      assertPredictsAsPlain(model.blueprint, model.plain, whole, sequences);
      LanguageModel.Predictions tree = whole.predict(PrefixTree.of(sequences));
      assertThat(whole.ffnOutputs(PrefixTree.of(sequences))).isDeepEqualTo(tree.vectors());
      assertThat(whole.evaluationMemory(100, LENGTH).engineBytes()).isPositive();
    }
  }

  @ParameterizedTest
  @MethodSource("seedsOfOwnKernels")
  void predictsTheSameOnOwnKernels(long seed) {
    Blueprint blueprint = RandomBlueprint.of(seed);
    Map<String, float[]> values = RandomBlueprint.values(blueprint, seed);
    PlainModel plain = new PlainModel(blueprint, values);
    int[][] sequences = TestPrefixTree.sequences(new Random(seed), 40, LENGTH, 4);
    for (TileKernels.Choice choice : TileKernels.Choice.values()) {
      if (choice == TileKernels.Choice.SIMD && !TileKernels.isSimdPresent()) {
        continue;
      }

      try (LanguageModel model = new CpuModel(blueprint, values::get, TileKernels.get(choice))) {
        assertPredictsAsPlain(blueprint, plain, model, sequences);
      }
    }
  }

  /** Seeds of models that are not the engine's alone. */
  private static LongStream seedsOfOwnKernels() {
    return LongStream.iterate(0, seed -> seed + 1)
        .filter(seed -> CpuModel.supports(RandomBlueprint.of(seed)))
        .limit(MODELS);
  }

  /** What a model predicts of sequences, as a batch and as a tree, is what the plain pass finds. */
  private static void assertPredictsAsPlain(
      Blueprint blueprint, PlainModel plain, LanguageModel model, int[][] sequences) {
    LanguageModel.Predictions batch = model.predict(sequences);
    LanguageModel.Predictions tree = model.predict(PrefixTree.of(sequences));
    List<Map<Hook, double[]>> found =
        Arrays.stream(sequences)
            .map(tokens -> plain.run(tokens, PlainModel.Other.NOTHING))
            .toList();
    for (int block = 0; block < blueprint.blocks().size(); block++) {
      boolean hasNetwork =
          !(blueprint.blocks().get(block).feedForward() instanceof FeedForward.None);
      double[] expected = new double[batch.vectors()[block].length];
      int d = expected.length / sequences.length;
      for (int i = 0; hasNetwork && i < sequences.length; i++) {
        double[] all = found.get(i).get(Hook.of(HookPoint.MLP_OUT, block));
        System.arraycopy(all, all.length - d, expected, i * d, d);
      }

      assertClose("batch, block " + block, batch.vectors()[block], expected);
      assertClose("tree, block " + block, tree.vectors()[block], expected);
    }

    double[] expected = new double[sequences.length * 11];
    for (int i = 0; i < sequences.length; i++) {
      double[] logits = found.get(i).get(Hook.of(HookPoint.LOGITS));
      double[] last =
          PlainModel.softmax(Arrays.copyOfRange(logits, logits.length - 11, logits.length));
      System.arraycopy(last, 0, expected, i * 11, 11);
    }

    assertClose("batch", batch.probabilities(), expected);
    assertClose("tree", tree.probabilities(), expected);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void hasTheStreamOfAllNodesWhereverTheyStand(long seed) {
    try (Subject model = new Subject(seed);
        LanguageModel whole = TorchModel.load(model.blueprint, model.values::get, Device.cpu())) {
      assertStreamsAsPlain(model.blueprint, model.plain, whole, seed);
    }
  }

  @ParameterizedTest
  @MethodSource("seedsOfOwnKernels")
  void hasTheSameStreamOnOwnKernels(long seed) {
    Blueprint blueprint = RandomBlueprint.of(seed);
    Map<String, float[]> values = RandomBlueprint.values(blueprint, seed);
    try (LanguageModel model =
        new CpuModel(blueprint, values::get, TileKernels.get(TileKernels.Choice.AUTO))) {
      assertStreamsAsPlain(blueprint, new PlainModel(blueprint, values), model, seed);
    }
  }

  /**
   * The stream at the nodes of a tree whose sequences have gaps is the plain pass's of a sequence
   * without gaps, in which nobody sees what stands there.
   */
  private static void assertStreamsAsPlain(
      Blueprint blueprint, PlainModel plain, LanguageModel model, long seed) {
    int[] positions = {0, 2, 3, LENGTH - 1};
    PrefixTree tree =
        PrefixTree.of(TestPrefixTree.sequences(new Random(seed), 12, 4, 4), positions);
    int[] depths =
        IntStream.range(0, 4).filter(depth -> (seed % 15 + 1 >> depth & 1) == 1).toArray();
    float[][] streams = model.residualStreams(tree, depths);
    int d = blueprint.shape().modelDimension();
    int row = 0;
    for (int depth : depths) {
      int[] paths = tree.paths(depth);
      for (int node = 0; node < tree.levelSize(depth); node++, row++) {
        int[] tokens = new int[LENGTH];
        for (int i = 0; i <= depth; i++) {
          tokens[positions[i]] = tree.token(paths[node * (depth + 1) + i]);
        }

        Map<Hook, double[]> found = plain.run(tokens, seeingOnly(positions, blueprint));
        for (int block = 0; block <= blueprint.blocks().size(); block++) {
          Hook hook =
              block == 0
                  ? Hook.of(HookPoint.RESID_PRE, 0)
                  : Hook.of(HookPoint.RESID_POST, block - 1);
          assertClose(
              "stream " + block + " of node " + row,
              Arrays.copyOfRange(streams[block], row * d, (row + 1) * d),
              Arrays.copyOfRange(
                  found.get(hook), positions[depth] * d, (positions[depth] + 1) * d));
        }
      }
    }

    assertThat(streams[0]).hasSize(row * d);
  }

  /** Each position sees those of some that its block's window has, and itself. */
  private static PlainModel.Other seeingOnly(int[] positions, Blueprint blueprint) {
    return new PlainModel.Other() {
      @Override
      public double[] at(Hook hook, double[] x) {
        return x;
      }

      @Override
      public boolean[][] mask(int block) {
        int window =
            blueprint.blocks().get(block).mixer() instanceof Mixer.Attention attention
                ? attention.limits().window()
                : Integer.MAX_VALUE;
        boolean[][] sees = new boolean[LENGTH][LENGTH];
        for (int i = 0; i < LENGTH; i++) {
          sees[i][i] = true;
          for (int position : positions) {
            sees[i][position] |= position <= i && i - position < window;
          }
        }

        return sees;
      }
    };
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void goesOnWithWhatIsPutAtAnyPlace(long seed) {
    try (Subject model = new Subject(seed)) {
      Hook logits = Hook.of(HookPoint.LOGITS);
      for (Hook hook : model.stream.hooks()) {
        float[] other = moved(floats(model.plain(hook)), model.random);
        int each = other.length / PROMPTS.length;
        PlainModel.Other[] others = new PlainModel.Other[PROMPTS.length];
        for (int i = 0; i < others.length; i++) {
          double[] ofPrompt =
              PlainModel.doubles(Arrays.copyOfRange(other, i * each, (i + 1) * each));
          others[i] = (at, x) -> at.equals(hook) ? ofPrompt : x;
        }

        Changes changes = Changes.NONE.replace(hook, other);
        try (ResidualStream.Pass pass = model.stream.run(Input.tokens(PROMPTS), changes)) {
          double[] expected = model.plain(logits, others);
          assertClose("logits with another " + hook, pass.all(logits), expected);
          assertClose("last with another " + hook, pass.logits(), lastRows(expected));
          assertClose(hook, pass.all(hook), PlainModel.doubles(other));
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void canBeFrozenAtWhatAnotherPassFound(long seed) {
    try (Subject model = new Subject(seed);
        ResidualStream.Pass pass = model.stream.run(PROMPTS)) {
      List<Hook> hooks =
          model.stream.hooks().stream()
              .filter(
                  hook -> hook.point() == HookPoint.PATTERN || hook.point() == HookPoint.LN1_SCALE)
              .toList();
      int[][] others = {{3, 3, 1, 0, 9, 2}, {4, 7, 7, 0, 8, 1}};
      Changes frozen = Changes.NONE.freeze(hooks, pass::all);
      try (ResidualStream.Pass other = model.stream.run(Input.tokens(others), frozen)) {
        hooks.forEach(hook -> assertThat(other.all(hook)).isEqualTo(pass.all(hook)));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void canDoWithoutAnyPart(long seed) {
    try (Subject model = new Subject(seed)) {
      for (int block = 0; block < model.blueprint.blocks().size(); block++) {
        for (Part part : Part.values()) {
          assertWithout(model, block, part);
        }
      }
    }
  }

  private static void assertWithout(Subject model, int block, Part part) {
    Changes changes = Changes.NONE.leaveOut(block, part);
    Input input = Input.tokens(PROMPTS);
    Block described = model.blueprint.blocks().get(block);
    if (described.residual() == Block.Residual.PARALLEL && part.name().endsWith("RESIDUAL")) {
      assertThatThrownBy(() -> model.stream.run(input, changes))
          .hasMessage("Invalid change: block " + block + " has one way around both of its parts");
      return;
    }

    PlainModel.Other other =
        new PlainModel.Other() {
          @Override
          public double[] at(Hook hook, double[] x) {
            return x;
          }

          @Override
          public boolean leavesOut(int at, Part asked) {
            return at == block && asked == part;
          }
        };
    try (ResidualStream.Pass pass = model.stream.run(input, changes)) {
      Hook logits = Hook.of(HookPoint.LOGITS);
      assertClose("without " + part, pass.all(logits), model.plain(logits, other));
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void seesWhatAMaskLetsItSee(long seed) {
    try (Subject model = new Subject(seed)) {
      boolean[][] sees = new boolean[LENGTH][LENGTH];
      for (int i = 0; i < LENGTH; i++) {
        for (int j = 0; j < LENGTH; j++) {
          sees[i][j] = j == i || model.random.nextBoolean(); // later positions, too
        }
      }

      PlainModel.Other other =
          new PlainModel.Other() {
            @Override
            public double[] at(Hook hook, double[] x) {
              return x;
            }

            @Override
            public boolean[][] mask(int block) {
              return block == 0 ? sees : null;
            }
          };
      Hook logits = Hook.of(HookPoint.LOGITS);
      Changes changes = Changes.NONE.mask(0, sees);
      try (ResidualStream.Pass pass = model.stream.run(Input.tokens(PROMPTS), changes)) {
        assertClose("masked", pass.all(logits), model.plain(logits, other));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void runsOnFromAnyBlock(long seed) {
    try (Subject model = new Subject(seed);
        ResidualStream.Pass pass = model.stream.run(PROMPTS)) {
      int d = model.blueprint.shape().modelDimension();
      int blocks = model.blueprint.blocks().size();
      Hook logits = Hook.of(HookPoint.LOGITS);
      for (int block = 0; block <= blocks; block++) {
        float[] all = model.gaussian(2 * LENGTH * d);
        try (ResidualStream.Pass from =
            model.stream.run(Input.before(block, all, LENGTH), Changes.NONE)) {
          double[] first =
              model
                  .plain
                  .run(
                      block,
                      PlainModel.doubles(Arrays.copyOf(all, LENGTH * d)),
                      PlainModel.Other.NOTHING)
                  .get(logits);
          assertClose("before " + block, Arrays.copyOf(from.all(logits), first.length), first);
          if (block > 0) {
            Hook before = Hook.of(HookPoint.RESID_PRE, block - 1);
            assertThatThrownBy(() -> from.all(before)).hasMessageContaining("does not come by");
          }
        }

        float[] last = model.gaussian(2 * d);
        Hook place = block == blocks ? model.end() : Hook.of(HookPoint.RESID_PRE, block);
        PlainModel.Other[] others = new PlainModel.Other[2];
        for (int i = 0; i < 2; i++) {
          double[] row = PlainModel.doubles(Arrays.copyOfRange(last, i * d, (i + 1) * d));
          others[i] =
              (hook, x) -> {
                double[] changed = x.clone();
                if (hook.equals(place)) {
                  System.arraycopy(row, 0, changed, changed.length - d, d);
                }

                return changed;
              };
        }

        assertClose(
            "last before " + block,
            pass.logits(block, last),
            lastRows(model.plain(logits, others)));
        double[] alone =
            model
                .plain
                .run(block, PlainModel.doubles(Arrays.copyOf(last, d)), PlainModel.Other.NOTHING)
                .get(logits);
        float[] found = model.stream.logitsAlone(block, last);
        assertClose("alone before " + block, Arrays.copyOf(found, 11), alone);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void readsATextTokenByToken(long seed) {
    try (Subject model = new Subject(seed);
        TorchModel whole = TorchModel.load(model.blueprint, model.values::get, Device.cpu())) {
      TokenReader reader = whole.reader(); // which the model closes
      for (int[] prompt : PROMPTS) {
        double[] logits =
            model.plain.run(prompt, PlainModel.Other.NOTHING).get(Hook.of(HookPoint.LOGITS));
        for (int begun : new int[] {1, 3}) {
          float[] found = reader.begin(Arrays.copyOf(prompt, begun));
          for (int t = begun; t <= LENGTH; t++) {
            assertThat(reader.length()).isEqualTo(t);
            assertClose(
                "after " + t + " tokens", found, Arrays.copyOfRange(logits, (t - 1) * 11, t * 11));
            found = t < LENGTH ? reader.next(prompt[t]) : found;
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void readsLogitsByDirections(long seed) {
    try (Subject model = new Subject(seed);
        ResidualStream.Pass pass = model.stream.run(PROMPTS)) {
      double[] x = model.plain(model.end());
      double[] logits = model.plain(Hook.of(HookPoint.LOGITS));
      double cap = model.blueprint.unembedding().cap();
      double[] scales = model.plain(scale(model));
      int d = model.blueprint.shape().modelDimension();
      for (int token = 0; token < 11; token++) {
        double[] direction = model.stream.readout().direction(token);
        double first = Double.NaN;
        for (int row = 0; row < x.length / d; row++) {
          double read = 0;
          for (int i = 0; i < d; i++) {
            read += direction[i] * x[row * d + i];
          }

          double divisor = scale(model).equals(model.end()) ? 1 : scales[row];
          double logit = logits[row * 11 + token];
          double uncapped =
              Double.isInfinite(cap)
                  ? logit
                  : cap * .5 * Math.log((1 + logit / cap) / (1 - logit / cap));
          double constant = uncapped - read / divisor; // biases
          first = row == 0 ? constant : first;
          assertThat(constant).isCloseTo(first, within(1e-4 * (1 + Math.abs(uncapped))));
        }
      }

      assertThat(pass.logits()).hasSize(2 * 11);
    }
  }

  /** The place of the final norm's scale; the stream's where there is no norm. */
  private static Hook scale(Subject model) {
    Hook scale = Hook.of(HookPoint.FINAL_SCALE);
    return model.stream.hooks().contains(scale) ? scale : model.end();
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void hasTheGradientsOfAnyPlaceByAny(long seed) {
    try (Subject model = new Subject(seed)) {
      List<Hook> hooks = model.stream.hooks();
      for (int i = 0; i < hooks.size(); i++) {
        assertGradient(model, hooks.get(i), Hook.of(HookPoint.LOGITS));
        Hook of = hooks.get(i + model.random.nextInt(hooks.size() - i));
        if (of.point() != HookPoint.ATTN_SCORES) { // minus infinity has no slope
          assertGradient(model, hooks.get(i), of);
        }
      }

      for (HookPoint point : STREAM) {
        Hook later = Hook.of(point, 0);
        assertThatThrownBy(
                () ->
                    model.stream.gradient(
                        Input.tokens(PROMPTS),
                        Changes.NONE,
                        Hook.of(HookPoint.LOGITS),
                        later,
                        x -> x))
            .hasMessageContaining("no pass from this input comes by");
      }
    }
  }

  private static void assertGradient(Subject model, Hook by, Hook of) {
    double[] at = model.plain(by);
    float[] seed = model.gaussian(model.plain(of).length);
    float[] gradient =
        model.stream.gradient(Input.tokens(PROMPTS), Changes.NONE, by, of, x -> seed);
    double[] direction = new double[at.length];
    double slope = 0;
    double greatest = 0;
    for (int i = 0; i < at.length; i++) {
      direction[i] = Double.isInfinite(at[i]) ? 0 : model.random.nextGaussian();
      slope += direction[i] == 0 ? 0 : gradient[i] * direction[i];
      greatest += direction[i] == 0 ? 0 : Math.abs(gradient[i] * direction[i]);
    }

    double step = 1e-6;
    double ahead = sum(model, by, of, seed, direction, step);
    double back = sum(model, by, of, seed, direction, -step);
    assertThat((ahead - back) / (2 * step))
        .as("of %s by %s", of, by)
        .isCloseTo(slope, within(1e-3 * greatest + 1e-3));
  }

  /** The seed's product with what is at one place if what is at another is moved. */
  private static double sum(
      Subject model, Hook by, Hook of, float[] seed, double[] direction, double step) {
    int each = direction.length / PROMPTS.length;
    PlainModel.Other[] others = new PlainModel.Other[PROMPTS.length];
    for (int prompt = 0; prompt < others.length; prompt++) {
      int from = prompt * each;
      others[prompt] =
          (hook, x) -> {
            double[] changed = x.clone();
            for (int i = 0; hook.equals(by) && i < each; i++) {
              changed[i] += step * direction[from + i];
            }

            return changed;
          };
    }

    double[] found = model.plain(of, others);
    double sum = 0;
    for (int i = 0; i < found.length; i++) {
      sum += found[i] * seed[i];
    }

    return sum;
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void isTrainedByTheSlopesOfItsLoss(long seed) {
    try (Subject model = new Subject(seed);
        TorchTraining training = new TorchTraining(model.blueprint, model.values, Device.cpu());
        TorchTraining.Gradients found = training.gradients(PROMPTS, 1, new DropoutMasks(0, 0))) {
      double nats = nats(model.plain);
      assertThat(found.nats()).isCloseTo(nats, within(TOLERANCE * nats));
      assertThat(training.nats(PROMPTS)).isCloseTo(nats, within(TOLERANCE * nats));
      for (Map.Entry<String, NDArray> tensor : found.byName().entrySet()) {
        float[] gradient = tensor.getValue().toFloatArray();
        double[] direction = PlainModel.doubles(model.gaussian(gradient.length));
        double slope = 0;
        double greatest = 0;
        for (int i = 0; i < direction.length; i++) {
          slope += direction[i] * gradient[i];
          greatest += Math.abs(direction[i] * gradient[i]);
        }

        double step = 1e-6;
        model.plain.move(tensor.getKey(), direction, step);
        double ahead = nats(model.plain);
        model.plain.move(tensor.getKey(), direction, -2 * step);
        double back = nats(model.plain);
        model.plain.move(tensor.getKey(), direction, step);
        assertThat((ahead - back) / (2 * step))
            .as(tensor.getKey())
            .isCloseTo(slope, within(1e-3 * greatest + 1e-3));
      }
    }
  }

  private static double nats(PlainModel plain) {
    return Arrays.stream(PROMPTS).mapToDouble(plain::nats).sum();
  }

  private static float[] floats(double[] doubles) {
    float[] floats = new float[doubles.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) doubles[i];
    }

    return floats;
  }

  private static float[] moved(float[] x, Random random) {
    float[] moved = new float[x.length];
    for (int i = 0; i < x.length; i++) {
      moved[i] = (float) (x[i] * (1 + .3 * random.nextDouble()) + .1);
    }

    return moved;
  }

  /** Of rows of V numbers at T positions of each prompt, those at the last. */
  private static double[] lastRows(double[] all) {
    int each = all.length / PROMPTS.length;
    double[] last = new double[PROMPTS.length * 11];
    for (int i = 0; i < PROMPTS.length; i++) {
      System.arraycopy(all, (i + 1) * each - 11, last, i * 11, 11);
    }

    return last;
  }

  private static void assertClose(Object what, float[] found, double[] expected) {
    double greatest =
        Arrays.stream(expected).filter(Double::isFinite).map(Math::abs).max().orElse(0);
    assertThat(found).as("%s", what).hasSize(expected.length);
    for (int i = 0; i < found.length; i++) {
      if (Double.isInfinite(expected[i])) {
        assertThat((double) found[i]).as("%s [%d]", what, i).isEqualTo(expected[i]);
      } else {
        assertThat((double) found[i])
            .as("%s [%d]", what, i)
            .isCloseTo(expected[i], within(TOLERANCE * (greatest + 1e-3)));
      }
    }
  }
}
