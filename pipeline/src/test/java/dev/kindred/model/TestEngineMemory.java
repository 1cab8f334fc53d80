/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.BaseNDManager;
import dev.kindred.model.architecture.Activation;
import dev.kindred.model.architecture.Blueprint;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** That a batch leaves nothing behind in the engine, whose memory no garbage collector frees. */
class TestEngineMemory {
  private static final Blueprint CONFIG =
      RandomGpt.blueprint(11, 24, 3, 4, 40, 16, Activation.GELU, true, true, true, false, 1e-5f);
  private static final int[][] SEQUENCES = TestPrefixTree.sequences(new Random(1), 50, 6, 3);
  private static final int BATCHES = 1000;
  private static final long LARGE_LEAK = 256L << 20; // bytes in so many batches

  @Test
  void treesLeaveNothingBehind() throws Exception {
    try (LanguageModel model = RandomGpt.inEngine(CONFIG, 1)) {
      PrefixTree tree = PrefixTree.of(SEQUENCES);
      assertNothingStays(
          model,
          () -> {
            model.ffnOutputs(tree);
            model.predict(tree);
          });
    }
  }

  @Test
  void plainBatchesLeaveNothingBehind() throws Exception {
    try (LanguageModel model = RandomGpt.inEngine(CONFIG, 1)) {
      assertNothingStays(
          model,
          () -> {
            model.ffnOutputs(SEQUENCES);
            model.predict(SEQUENCES);
          });
    }
  }

  @Test
  void passesLeaveNothingBehindOnceTheyAreClosed() throws Exception {
    try (ResidualStream model = RandomGpt.stream(11, 24, 1)) {
      assertNothingStays(
          model,
          () -> {
            try (ResidualStream.Pass pass = model.run(SEQUENCES)) {
              pass.all(0, HookPoint.ATTN_OUT);
              pass.logits();
              pass.logits(0, pass.last(0, HookPoint.RESID_PRE));
            }
          });
    }
  }

  @Test
  void aPassThatFailsLeavesNothingBehind() throws Exception {
    try (ResidualStream model = RandomGpt.stream(11, 24, 1)) {
      Changes failing =
          Changes.NONE.edit(
              Hook.of(HookPoint.ATTN_OUT, 1),
              x -> {
                throw new IllegalStateException("no further");
              });
      assertNothingStays(
          model,
          () ->
              assertThatThrownBy(() -> model.run(Input.tokens(SEQUENCES), failing))
                  .hasMessage("no further"));
    }
  }

  @Test
  void loneVectorsLeaveNothingBehind() throws Exception {
    try (ResidualStream model = RandomGpt.stream(11, 24, 1)) {
      float[] x = new float[2 * 24];
      Arrays.fill(x, 0, 24, 1);
      assertNothingStays(
          model,
          () -> {
            model.logitsAlone(0, x);
            model.loss(0, x, new int[] {3, 10});
            model.feedForward(1, x);
            model.finalNorm(x);
            model.readout();
          });
    }
  }

  private static void assertNothingStays(Object model, Runnable batch) throws Exception {
    for (int i = 0; i < BATCHES / 4; i++) {
      batch.run();
    }

    int resources = resources(model);
    long least = Long.MAX_VALUE;
    // What the compiler takes meanwhile is in it, too, and the heap where it had not been used
    // before: this finds large leaks only, which are there every time.
    for (int round = 0; round < 3 && least >= LARGE_LEAK; round++) {
      long resident = residentAnonymous() - Runtime.getRuntime().totalMemory();
      for (int i = 0; i < BATCHES; i++) {
        batch.run();
      }

      least = Math.min(least, residentAnonymous() - Runtime.getRuntime().totalMemory() - resident);
    }

    assertThat(resources(model)).as("arrays and managers below the model's").isEqualTo(resources);
    assertThat(least).as("bytes").isLessThan(LARGE_LEAK);
  }

  /** Open arrays and managers that hang on the model, directly or not. */
  private static int resources(Object model) throws ReflectiveOperationException {
    Field weights = model.getClass().getDeclaredField("weights");
    weights.setAccessible(true);
    return resources((BaseNDManager) weights.get(model));
  }

  private static int resources(BaseNDManager manager) throws ReflectiveOperationException {
    int count = 0;
    for (String name : new String[] {"resources", "tempResources"}) {
      Field field = BaseNDManager.class.getDeclaredField(name);
      field.setAccessible(true);
      for (Object resource : ((Map<?, ?>) field.get(manager)).values()) {
        count += 1 + (resource instanceof BaseNDManager child ? resources(child) : 0);
      }
    }

    return count;
  }

  private static long residentAnonymous() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.exists(status)) {
      return 0; // not Linux: the count above must do
    }

    Matcher line = Pattern.compile("RssAnon:\\s*(\\d+) kB").matcher(Files.readString(status));
    assertThat(line.find()).isTrue();
    return Long.parseLong(line.group(1)) << 10;
  }
}
