/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import dev.kindred.model.Models;
import dev.kindred.model.ResidualStream;
import dev.kindred.model.torch.TorchModel;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.junit.jupiter.api.Test;

/** A process reads the weights once for each engine that evaluates a model. */
class TestLoadedModels {
  private static final Configuration HADOOP = new Configuration(false);

  static {
    HADOOP.set("fs.opened.impl", CountingFileSystem.class.getName());
  }

  /** The local disk, counting how often weights are opened. */
  static final class CountingFileSystem extends RawLocalFileSystem {
    private static final AtomicInteger OPENED = new AtomicInteger();

    @Override
    public URI getUri() {
      return URI.create("opened:///");
    }

    @Override
    public FSDataInputStream open(org.apache.hadoop.fs.Path path, int buffer) throws IOException {
      if (path.getName().endsWith(".safetensors")) {
        OPENED.incrementAndGet();
      }

      return super.open(path, buffer);
    }
  }

  /** Weights that are opened by those who ask for predictions, then by those who look inside. */
  private static int[] opened(ModelDirectory directory) {
    int[] opened = new int[3];
    for (int i = 0; i < opened.length; i++) {
      CountingFileSystem.OPENED.set(0);
      if (i == 0) {
        LoadedModels.get(directory);
      } else {
        LoadedModels.stream(directory);
      }

      opened[i] = CountingFileSystem.OPENED.get();
    }

    return opened;
  }

  @Test
  void aModelThatOwnKernelsEvaluateIsReadOnceForThemAndOnceForTheEngine() {
    Path model = Models.folder(Models.TWO_BLOCKS);
    ModelDirectory directory =
        ModelDirectory.read("--model", "opened:" + model, Bos.AUTO, "0", HADOOP);
    boolean isForKernels = directory.isForKernels(Device.cpu());

    assertThat(opened(directory)).containsExactly(1, isForKernels ? 1 : 0, 0);
  }

  @Test
  void inTheEngineTheSameWeightsPredictAndAreLookedInto() {
    ModelDirectory directory =
        ModelDirectory.read(
            "--model", "opened:" + Models.folder(Models.TWO_BLOCKS), Bos.NO, "1", HADOOP);
    int[][] prompt = {{1, 2, 3, 4}};
    CountingFileSystem.OPENED.set(0);
    try (TorchModel model = directory.loadWithoutFirstToken(Device.cpu());
        ResidualStream.Pass pass = model.stream().run(prompt)) {
      float[] logits = pass.logits();
      float[] probabilities = model.predict(prompt).probabilities();
      for (int token = 1; token < logits.length; token++) {
        assertThat(Math.log(probabilities[token] / probabilities[0]))
            .isCloseTo(logits[token] - logits[0], within(1e-3));
      }
    }

    assertThat(CountingFileSystem.OPENED).hasValue(1);
  }
}
