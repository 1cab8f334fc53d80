/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.kindred.DjlEngine;
import dev.kindred.InvalidInput;
import java.util.function.IntToDoubleFunction;

/**
 * Joins batches of windows with all prompts by matrix products on a device, with the outcome of
 * {@link TileJoin}: the way for a GPU, and for blocks where few tiles can be ruled out.
 *
 * <p>The device also compares with the threshold, and only pairs that may be above it come back.
 * {@link PairCheck} decides them. {@link Cosine#kernelError} holds for any order of summation
 * (Higham, section 3.1), so for every BLAS that computes in float; where matrix products are
 * rounded to less (TF32, bfloat16), the constructor refuses the device.
 *
 * <p>Letters in shapes: W = windows of a batch, P = prompts, C = prompts of a chunk, D = {@code
 * d_model}.
 *
 * <p>For one thread at a time; to be closed, since the prompts' matrix stays on the device.
 */
final class TorchJoin implements PairJoin, AutoCloseable {
  /**
   * Size of the similarities on the device at once. Where every pair is a candidate, a chunk takes
   * about six times as much, on the device and on the heap: places are long, and both are copied.
   */
  private static final int CHUNK_BYTES = 32 << 20;

  /**
   * The number 1 + 2^-12: floats can hold it, TF32 with its 10 bits and bfloat16 with its 7 cannot.
   */
  private static final float FINE = 1 + 0x1p-12f;

  private final PromptVectors prompts;
  private final PairCheck check;
  private final SettledPairs settled;
  private final int chunkBytes;
  private final NDManager manager;
  private final NDArray promptRows; // [P, D], of unit length

  /**
   * @param device where to compute; the task's, from {@link dev.kindred.model.TaskDevice#assigned}
   * @throws InvalidInput if the device does not compute matrix products in float
   */
  TorchJoin(Device device, PromptVectors prompts, PairCheck check, SettledPairs settled) {
    this(device, prompts, check, settled, CHUNK_BYTES);
  }

  /**
   * @param chunkBytes size of the similarities on the device at once; at least one prompt's are
   */
  TorchJoin(
      Device device, PromptVectors prompts, PairCheck check, SettledPairs settled, int chunkBytes) {
    DjlEngine.load();
    this.prompts = prompts;
    this.check = check;
    this.settled = settled;
    this.chunkBytes = chunkBytes;
    this.manager = NDManager.newBaseManager(device, "PyTorch");
    try {
      checkPrecision(manager);
      this.promptRows =
          manager.create(
              unitRows(prompts.vectors(), prompts::norm, prompts.count(), prompts.dimension()),
              new Shape(prompts.count(), prompts.dimension()));
      // Whatever a join would attach to the prompts by mistake now throws instead of leaking.
      manager.cap();
    } catch (RuntimeException e) {
      manager.close();
      throw e;
    }
  }

  private static void checkPrecision(NDManager manager) {
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray product = manager.full(new Shape(256, 256), FINE).matMul(manager.eye(256));
      if (!product.eq(FINE).all().getBoolean()) {
        throw new InvalidInput(
            "Device %s rounds matrix products to less than float; set NVIDIA_TF32_OVERRIDE=0 and"
                + " unset TORCH_ALLOW_TF32_CUBLAS_OVERRIDE for executors, see docs/gpu.md",
            manager.getDevice());
      }
    }
  }

  @Override
  public void join(WindowBatch windows) {
    int size = windows.size();
    if (size == 0) {
      return;
    }

    int chunk = Math.max(1, chunkBytes / Float.BYTES / size);
    try (NDManager batch = manager.newSubManager();
        NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray windowRows =
          batch.create(
              unitRows(windows.vectors(), windows::norm, size, prompts.dimension()),
              new Shape(size, prompts.dimension())); // [W, D]
      for (int first = 0; first < prompts.count(); first += chunk) {
        int end = Math.min(prompts.count(), first + chunk);
        NotBelow candidates = candidates(windowRows, first, end);
        for (int i = 0; i < candidates.cells.length; i++) {
          int window = (int) (candidates.cells[i] / (end - first));
          int prompt = first + (int) (candidates.cells[i] % (end - first));
          check.decide(windows, window, prompt, candidates.similarities[i]);
        }

        // The others were below the threshold by their float similarity.
        settled.byFloat += (long) size * (end - first) - candidates.cells.length;
      }
    }
  }

  /** Pairs of the windows with the prompts [first, end) that are not surely below the threshold. */
  private NotBelow candidates(NDArray windowRows, int first, int end) {
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray chunk =
          promptRows.get(windowRows.getManager(), new NDIndex().addSliceDim(first, end)); // [C, D]
      NDArray similarities = windowRows.matMul(chunk.transpose()).flatten(); // [W * C]
      NDArray cells = similarities.gt(check.surelyBelow()).nonzero().flatten();
      return cells.size() == 0
          ? NotBelow.NONE
          : new NotBelow(cells.toLongArray(), similarities.take(cells).toFloatArray());
    }
  }

  /** Vectors scaled to unit length, [count, dimension]; vectors of zeros stay so. */
  private static float[] unitRows(
      float[] vectors, IntToDoubleFunction norm, int count, int dimension) {
    float[] rows = new float[Math.multiplyExact(count, dimension)];
    for (int i = 0; i < count; i++) {
      double scale = norm.applyAsDouble(i) > 0 ? 1 / norm.applyAsDouble(i) : 0;
      for (int k = i * dimension; k < (i + 1) * dimension; k++) {
        rows[k] = (float) (vectors[k] * scale);
      }
    }

    return rows;
  }

  @Override
  public void close() {
    manager.close();
  }

  /**
   * Cells of a [W, C] matrix, row by row, and their values.
   *
   * @param cells window * C + prompt
   */
  private record NotBelow(long[] cells, float[] similarities) {
    private static final NotBelow NONE = new NotBelow(new long[0], new float[0]);
  }
}
