/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kindred.math.ExactDot;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TestTileKernels {
  private static final TileKernel SCALAR = TileKernels.get(TileKernels.Choice.SCALAR);
  private static final TileKernel SIMD = TileKernels.get(TileKernels.Choice.SIMD);
  private static final List<TileKernel> BOTH = List.of(SCALAR, SIMD);
  private static final int[] DIMENSIONS =
      IntStream.concat(IntStream.rangeClosed(1, 33), IntStream.of(192, 383, 384, 768)).toArray();
  private static final int[] OFFSETS = {0, 1, 5, 16, 77};

  /** More than the sums of {@link TileKernel#exactDot}, less than a call that boxes vectors. */
  private static final long BYTES_PER_CALL = 256;

  @Test
  void thisMachineUsesSimd() {
    assertThat(TileKernels.get(TileKernels.Choice.AUTO)).isInstanceOf(SimdTileKernel.class);
  }

  @Test
  void scalarCanBeForced() {
    assertThat(SCALAR).isInstanceOf(ScalarTileKernel.class);
  }

  @Test
  void productsHaveTheSameBitsInBothKernels() {
    Random random = new Random(11);
    for (int dimension : DIMENSIONS) {
      for (int offset : OFFSETS) {
        int prompts = 48; // whole panels of both
        float[][] windows = gaussian(random, TileKernel.WINDOWS, dimension);
        float[][] panel = gaussian(random, prompts, dimension);
        assertThat(products(SIMD, windows, panel, offset))
            .as("dimension %d, offset %d", dimension, offset)
            .isEqualTo(products(SCALAR, windows, panel, offset));
      }
    }
  }

  @Test
  void aProductIsAChainOfFusedMultiplyAddsInAscendingOrder() {
    Random random = new Random(12);
    for (TileKernel kernel : BOTH) {
      float[][] windows = gaussian(random, TileKernel.WINDOWS, 37);
      float[][] prompts = gaussian(random, 48, 37);
      float[][] products = products(kernel, windows, prompts, 3);
      for (int window = 0; window < windows.length; window++) {
        for (int prompt = 0; prompt < prompts.length; prompt++) {
          float sum = 0;
          for (int k = 0; k < 37; k++) {
            sum = Math.fma(windows[window][k], prompts[prompt][k], sum);
          }

          assertThat(products[window][prompt]).isEqualTo(sum);
        }
      }
    }
  }

  @Test
  void doubleProductsHaveTheSameBitsAsTheDefinition() {
    Random random = new Random(13);
    for (int dimension : DIMENSIONS) {
      for (int offset : OFFSETS) {
        double[] a = wide(random, dimension + offset);
        double[] b = wide(random, dimension + 2 * offset);
        double expected = ExactDot.dot(a, offset, b, 2 * offset, dimension);
        for (TileKernel kernel : BOTH) {
          assertThat(kernel.exactDot(a, offset, b, 2 * offset, dimension))
              .as("%s, dimension %d, offset %d", kernel, dimension, offset)
              .isEqualTo(expected);
        }
      }
    }
  }

  @Test
  void floatProductsErrByLessThanTheirBound() {
    Random random = new Random(14);
    for (int dimension : DIMENSIONS) {
      for (int offset : OFFSETS) {
        double[] a = wide(random, dimension + offset);
        double[] b = wide(random, dimension + 2 * offset);
        double exact = ExactDot.dot(a, offset, b, 2 * offset, dimension);
        double lengths =
            Math.sqrt(
                ExactDot.dot(a, offset, a, offset, dimension)
                    * ExactDot.dot(b, 2 * offset, b, 2 * offset, dimension));
        for (TileKernel kernel : BOTH) {
          assertThat((double) kernel.dot(narrow(a), offset, narrow(b), 2 * offset, dimension))
              .as("%s, dimension %d, offset %d", kernel, dimension, offset)
              .isCloseTo(exact, within(lengths * (dimension + 8) * 0x1p-24));
        }
      }
    }
  }

  @Test
  void severalTilesGetWhatEachWouldGetAlone() {
    Random random = new Random(17);
    for (TileKernel kernel : BOTH) {
      int width = kernel.promptsPerPanel();
      for (int dimension : new int[] {1, 143, 144, 145, 384, 700}) {
        int tiles = 3;
        int stride = width + 5;
        float[] windows = floats(random, 7 + tiles * TileKernel.WINDOWS * dimension);
        float[] prompts = floats(random, 3 + width * dimension);
        float[] initial = floats(random, 2 + width);
        float[] products = new float[4 + tiles * TileKernel.WINDOWS * stride];
        float[] partial = new float[tiles * TileKernel.WINDOWS * width];
        kernel.multiplyAll(
            windows, 7, tiles, prompts, 3, dimension, initial, 2, 0, partial, products, 4, stride);
        for (int row = 0; row < tiles * TileKernel.WINDOWS; row++) {
          int tile = row / TileKernel.WINDOWS * TileKernel.WINDOWS * dimension;
          for (int column = 0; column < width; column++) {
            float sum = initial[2 + column];
            for (int k = 0; k < dimension; k++) {
              float window = windows[7 + tile + k * TileKernel.WINDOWS + row % TileKernel.WINDOWS];
              sum = Math.fma(window, prompts[3 + k * width + column], sum);
            }

            assertThat(products[4 + row * stride + column])
                .as("dimension %d, row %d, column %d", dimension, row, column)
                .isEqualTo(sum);
          }
        }
      }
    }
  }

  @Test
  void productsWithSeveralRowsHaveTheBitsOfEachAlone() {
    Random random = new Random(20);
    for (TileKernel kernel : BOTH) {
      for (int length : DIMENSIONS) {
        for (int count = 0; count <= 9; count++) {
          float[] vector = floats(random, length + 3);
          float[] rows = floats(random, 3 * length + 7);
          int[] starts = {length, 0, 2 * length, 0, length, length, 2 * length, 0, length};
          float[] products = new float[count];
          kernel.dots(vector, 3, rows, starts, 7, count, products, length);
          for (int j = 0; j < count; j++) {
            assertThat(products[j])
                .as("%s, length %d, row %d of %d", kernel, length, j, count)
                .isEqualTo(kernel.dot(vector, 3, rows, starts[j] + 7, length));
          }
        }
      }
    }
  }

  @Test
  void exponentialsAreThoseOfDoublePrecision() {
    Random random = new Random(21);
    for (int i = 0; i < 1_000_000; i++) {
      float x = (float) (-87 * random.nextDouble() * random.nextDouble());
      double exact = Math.exp(x);
      assertThat((double) Exponential.of(x))
          .as("exp(%s)", x)
          .isCloseTo(exact, within(exact * 0x1p-23));
    }

    for (float x = -87; x > -110; x -= .01f) { // results have fewer and fewer digits
      assertThat((double) Exponential.of(x))
          .as("exp(%s)", x)
          .isCloseTo(Math.exp(x), within(Float.MIN_VALUE * 1.));
    }

    assertThat(Exponential.of(0)).isEqualTo(1);
    assertThat(Exponential.of(Float.NEGATIVE_INFINITY)).isZero();
    assertThat(Exponential.of(Float.NaN)).isNaN();
  }

  @Test
  void probabilitiesOfScoresHaveTheSameBitsInBothKernels() {
    Random random = new Random(22);
    for (int length : DIMENSIONS) {
      for (float spread : new float[] {0, 1, 10, 200}) {
        float[] scores = floats(random, length + 2);
        for (int i = 0; i < scores.length; i++) {
          scores[i] *= spread;
        }

        double greatest = Double.NEGATIVE_INFINITY;
        for (int i = 2; i < scores.length; i++) {
          greatest = Math.max(greatest, scores[i]);
        }

        double sum = 0;
        for (int i = 2; i < scores.length; i++) {
          sum += Math.exp(scores[i] - greatest);
        }

        float[] scalar = scores.clone();
        float[] simd = scores.clone();
        BOTH.get(0).softmax(scalar, 2, length);
        BOTH.get(1).softmax(simd, 2, length);
        assertThat(simd).as("length %d, spread %s", length, spread).isEqualTo(scalar);
        assertThat(simd).startsWith(scores[0], scores[1]);
        for (int i = 2; i < scores.length; i++) {
          assertThat((double) simd[i])
              .as("length %d, spread %s, score %d", length, spread, i - 2)
              .isCloseTo(Math.exp(scores[i] - greatest) / sum, within(1e-6));
        }
      }
    }
  }

  @Test
  void oneScoreThatIsNoNumberLeavesNoProbability() {
    for (TileKernel kernel : BOTH) {
      float[] scores = new float[37];
      scores[3] = Float.NaN;
      kernel.softmax(scores, 0, scores.length);
      for (float probability : scores) {
        assertThat(probability).as("%s", kernel).isNaN();
      }
    }
  }

  @Test
  void weightedSumsAreChainsOfFusedMultiplyAdds() {
    Random random = new Random(18);
    for (TileKernel kernel : BOTH) {
      for (int length : DIMENSIONS) {
        float[] rows = floats(random, 4 * length + 9);
        int[] starts = {2 * length, 0, length, 3 * length};
        float[] weights = floats(random, 6);
        float[] sums = new float[length + 1];
        kernel.weightedSum(rows, starts, 9, 3, weights, 2, sums, 1, length);
        for (int i = 0; i < length; i++) {
          float sum = 0;
          for (int j = 0; j < 3; j++) {
            sum = Math.fma(weights[2 + j], rows[starts[j] + 9 + i], sum);
          }

          assertThat(sums[1 + i]).as("length %d, component %d", length, i).isEqualTo(sum);
        }
      }
    }
  }

  @Test
  void sumsAndNormalizedVectorsAreThoseOfPlainLoops() {
    Random random = new Random(19);
    for (TileKernel kernel : BOTH) {
      for (int length : DIMENSIONS) {
        float[] x = floats(random, length + 3);
        float[] y = floats(random, length + 2);
        float[] weight = floats(random, length);
        float[] bias = floats(random, length);
        float[] sums = y.clone();
        kernel.add(x, 3, sums, 1, length);
        float[] normalized = y.clone();
        kernel.normalize(x, 3, .25f, 1.75f, weight, bias, normalized, 1);
        float[] inPlace = x.clone();
        kernel.normalize(inPlace, 3, .25f, 1.75f, weight, bias, inPlace, 3);
        for (int k = 0; k < length; k++) {
          float expected = (x[3 + k] - .25f) * 1.75f * weight[k] + bias[k];
          assertThat(sums[1 + k]).as("length %d, sum %d", length, k).isEqualTo(y[1 + k] + x[3 + k]);
          assertThat(normalized[1 + k])
              .as("length %d, component %d", length, k)
              .isEqualTo(expected);
          assertThat(inPlace[3 + k]).as("length %d, in place %d", length, k).isEqualTo(expected);
        }

        assertThat(new float[] {sums[0], sums[length + 1], normalized[0], normalized[length + 1]})
            .as("length %d: what is beside the vector stays", length)
            .containsExactly(y[0], y[length + 1], y[0], y[length + 1]);
      }
    }
  }

  private static float[] floats(Random random, int count) {
    return gaussian(random, 1, count)[0];
  }

  @Test
  void aboveIsWhatAPlainLoopFinds() {
    Random random = new Random(15);
    for (TileKernel kernel : BOTH) {
      int width = kernel.promptsPerPanel();
      for (int round = 0; round < 200; round++) {
        float[] products = new float[TileKernel.WINDOWS * width];
        for (int i = 0; i < products.length; i++) {
          products[i] = random.nextInt(9) == 0 ? 0 : random.nextFloat() * 2 - 1;
        }

        float one = products[random.nextInt(products.length)];
        float[] thresholds = {
          0, -0.5f, 0.9f, -1.1f, 1, one, Math.nextDown(one), Math.nextUp(one), Float.MIN_VALUE
        };
        for (float threshold : thresholds) {
          assertAboveIsAPlainLoop(kernel, products, threshold);
        }
      }
    }
  }

  @Test
  void everyCellCanBeTheOnlyOneAbove() {
    for (TileKernel kernel : BOTH) {
      for (int cell = 0; cell < TileKernel.WINDOWS * kernel.promptsPerPanel(); cell++) {
        float[] products = new float[TileKernel.WINDOWS * kernel.promptsPerPanel()];
        products[cell] = 0.25f;
        assertAboveIsAPlainLoop(kernel, products, 0.2f);
        assertAboveIsAPlainLoop(kernel, products, 0.25f);
        assertAboveIsAPlainLoop(kernel, products, Math.nextDown(0.25f));
      }
    }
  }

  private static void assertAboveIsAPlainLoop(
      TileKernel kernel, float[] products, float threshold) {
    int width = kernel.promptsPerPanel();
    int[] expected = new int[width];
    int any = 0;
    for (int i = 0; i < products.length; i++) {
      int bit = products[i] > threshold ? 1 << i / width : 0;
      expected[i % width] |= bit;
      any |= bit;
    }

    int[] rowsAbove = new int[width];
    Arrays.fill(rowsAbove, -1);
    assertThat(kernel.above(products, 0, threshold, rowsAbove)).isEqualTo(any);
    assertThat(rowsAbove).isEqualTo(expected);
  }

  /**
   * C2 keeps vectors in registers or, where it cannot, allocates an object for every operation and
   * runs ten times slower or worse. Nothing else tells: the results are the same. If this fails
   * after a change of {@link SimdTileKernel}, see the rules that its comment names; the flags
   * -XX:+UnlockDiagnosticVMOptions -XX:+PrintInlining show which call was not inlined.
   */
  @Test
  void compiledLoopsKeepTheirVectorsInRegisters() throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules",
                "jdk.incubator.vector",
                "-Xbatch", // a round waits for its compilation
                "-Xmx512m",
                "-cp",
                System.getProperty("java.class.path"),
                KernelAllocations.class.getName())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    for (String method :
        List.of("dot", "exactDot", "above", "weightedSum", "add", "normalize", "multiply")) {
      Matcher line = Pattern.compile("(?m)^" + method + " (\\d+)$").matcher(output);
      assertThat(line.find()).as(output).isTrue();
      assertThat(Long.parseLong(line.group(1)))
          .as("bytes a call: %s", output)
          .isLessThanOrEqualTo(BYTES_PER_CALL);
    }
  }

  /** Products of a tile of windows with several panels of prompts, windows x prompts. */
  private static float[][] products(
      TileKernel kernel, float[][] windows, float[][] prompts, int offset) {
    int dimension = windows[0].length;
    int width = kernel.promptsPerPanel();
    float[] packedWindows = new float[offset + TileKernel.WINDOWS * dimension];
    for (int row = 0; row < windows.length; row++) {
      for (int k = 0; k < dimension; k++) {
        packedWindows[offset + k * TileKernel.WINDOWS + row] = windows[row][k];
      }
    }

    float[][] products = new float[windows.length][prompts.length];
    for (int first = 0; first < prompts.length; first += width) {
      float[] panel = new float[2 * offset + width * dimension];
      for (int column = 0; column < width && first + column < prompts.length; column++) {
        for (int k = 0; k < dimension; k++) {
          panel[2 * offset + k * width + column] = prompts[first + column][k];
        }
      }

      float[] tile = new float[TileKernel.WINDOWS * width];
      kernel.multiply(packedWindows, offset, panel, 2 * offset, dimension, tile);
      for (int row = 0; row < windows.length; row++) {
        System.arraycopy(
            tile, row * width, products[row], first, Math.min(width, prompts.length - first));
      }
    }

    return products;
  }

  /** Floats, widened. */
  private static double[] wide(Random random, int length) {
    double[] values = new double[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) random.nextGaussian();
    }

    return values;
  }

  private static float[] narrow(double[] wide) {
    float[] floats = new float[wide.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) wide[i];
    }

    return floats;
  }

  private static float[][] gaussian(Random random, int count, int dimension) {
    float[][] vectors = new float[count][dimension];
    for (float[] vector : vectors) {
      for (int k = 0; k < dimension; k++) {
        vector[k] = (float) random.nextGaussian();
      }
    }

    return vectors;
  }
}
