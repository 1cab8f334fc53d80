/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import ai.djl.Device;
import dev.kindred.kernel.TileKernels;
import dev.kindred.model.architecture.Activation;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.architecture.ConfigJson;
import dev.kindred.model.architecture.OwnArchitecture;
import dev.kindred.model.cpu.CpuModel;
import dev.kindred.model.family.Architectures;
import dev.kindred.model.torch.TorchModel;
import dev.kindred.model.torch.TorchStream;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/** Models with random weights, for variants that no bundled model has. */
public final class RandomGpt {
  private RandomGpt() {}

  /** The {@code config.json} of a variant. */
  public static ConfigJson config(
      int vocabulary,
      int dModel,
      int layers,
      int heads,
      int hidden,
      int context,
      Activation activation,
      boolean qkvBias,
      boolean attentionOutputBias,
      boolean tiedUnembedding,
      boolean unembeddingBias,
      float normEpsilon) {
    OwnArchitecture gpt = (OwnArchitecture) Architectures.trained("gpt");
    List<Object> values =
        List.of(
            gpt.name(),
            vocabulary,
            dModel,
            layers,
            heads,
            hidden,
            context,
            activation.name().toLowerCase(Locale.ROOT),
            qkvBias,
            attentionOutputBias,
            tiedUnembedding,
            unembeddingBias,
            Double.parseDouble(Float.toString(normEpsilon)));
    Map<String, Object> fields = new LinkedHashMap<>();
    for (int i = 0; i < values.size(); i++) {
      fields.put(gpt.fields().get(i), values.get(i));
    }

    return ConfigJson.of("random", fields);
  }

  /** The same, described. */
  public static Blueprint blueprint(
      int vocabulary,
      int dModel,
      int layers,
      int heads,
      int hidden,
      int context,
      Activation activation,
      boolean qkvBias,
      boolean attentionOutputBias,
      boolean tiedUnembedding,
      boolean unembeddingBias,
      float normEpsilon) {
    return Architectures.read(
        config(
            vocabulary,
            dModel,
            layers,
            heads,
            hidden,
            context,
            activation,
            qkvBias,
            attentionOutputBias,
            tiedUnembedding,
            unembeddingBias,
            normEpsilon));
  }

  public static LanguageModel inEngine(Blueprint blueprint, long seed) {
    return TorchModel.load(blueprint, values(blueprint, seed)::get, Device.cpu());
  }

  /** A small one of two blocks, whose residual stream can be seen. */
  public static ResidualStream stream(int vocabulary, int dimension, long seed) {
    Blueprint blueprint =
        blueprint(
            vocabulary,
            dimension,
            2,
            2,
            2 * dimension,
            8,
            Activation.GELU,
            true,
            true,
            false,
            true,
            1e-5f);
    return stream(blueprint, values(blueprint, seed));
  }

  /** A model whose residual stream can be seen, of given tensors. */
  public static ResidualStream stream(Blueprint blueprint, Map<String, float[]> values) {
    return TorchStream.load(blueprint, values::get, Device.cpu());
  }

  /** With scalar or SIMD kernels. */
  static LanguageModel onCpu(Blueprint blueprint, long seed, TileKernels.Choice kernel) {
    return new CpuModel(blueprint, values(blueprint, seed)::get, TileKernels.get(kernel));
  }

  /** Every tensor by name, row-major. */
  public static Map<String, float[]> values(Blueprint blueprint, long seed) {
    Random random = new Random(seed);
    Map<String, float[]> values = new LinkedHashMap<>();
    for (Map.Entry<String, long[]> tensor : blueprint.tensors().entrySet()) {
      long size = Arrays.stream(tensor.getValue()).reduce(1, Math::multiplyExact);
      boolean gain = tensor.getKey().matches(".*ln_.*weight");
      int inputs = (int) tensor.getValue()[tensor.getValue().length - 1];
      double deviation = tensor.getValue().length == 1 ? .3 : 1.5 / Math.sqrt(inputs);
      float[] floats = new float[(int) size];
      for (int i = 0; i < size; i++) {
        floats[i] = (float) (random.nextGaussian() * deviation + (gain ? 1 : 0));
      }

      values.put(tensor.getKey(), floats);
    }

    return values;
  }
}
