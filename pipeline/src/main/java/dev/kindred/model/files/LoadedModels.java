/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.files;

import ai.djl.Device;
import dev.kindred.model.LanguageModel;
import dev.kindred.model.LogitMap;
import dev.kindred.model.ResidualStream;
import dev.kindred.model.TaskDevice;
import dev.kindred.model.torch.TorchModel;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The models of this process, one per model and device: loaded and self-checked by the first who
 * asks, then shared by all tasks until the process ends. Where the engine evaluates a model, it is
 * in the engine once, for those who ask for predictions and for those who look into it.
 */
public final class LoadedModels {
  private static final Logger LOG = LoggerFactory.getLogger(LoadedModels.class);
  private static final Map<Key, LanguageModel> LOADED = new ConcurrentHashMap<>();

  /** The models that the engine holds: some of {@link #LOADED}, and others for their streams. */
  private static final Map<Key, TorchModel> IN_ENGINE = new ConcurrentHashMap<>();

  private static final Map<Key, ResidualStream> STREAMS = new ConcurrentHashMap<>();

  /** Models of one configuration after the other, of which a process holds one at a time. */
  private static final Map<Device, String> UNTRAINED = new ConcurrentHashMap<>();

  /** By model: they are on the heap, whatever evaluates the model. */
  private static final Map<String, LogitMap> LOGIT_MAPS = new ConcurrentHashMap<>();

  private record Key(String modelId, Device device) {}

  private LoadedModels() {}

  /**
   * The model on this task's device: the GPU that Spark assigned to the task, else the CPU.
   *
   * @throws dev.kindred.InvalidInput if the self-check fails, or the GPU cannot be used
   */
  public static LanguageModel get(ModelDirectory directory) {
    return LOADED.computeIfAbsent(
        new Key(directory.id(), TaskDevice.assigned()),
        key ->
            directory.isForKernels(key.device())
                ? timed(directory, key.device(), directory::load)
                : directory.withFirstToken(inEngine(directory, key)));
  }

  /**
   * Closes the untrained model that this process held before another: a study draws many, and each
   * is done with when the next is asked for.
   */
  private static synchronized void closeOther(ModelDirectory directory, Device device) {
    if (!directory.isUntrained()) {
      return;
    }

    String before = UNTRAINED.put(device, directory.id());
    if (before != null && !before.equals(directory.id())) {
      Key key = new Key(before, device);
      STREAMS.remove(key);
      LOADED.remove(key);
      TorchModel model = IN_ENGINE.remove(key);
      if (model != null) {
        model.close();
      }
    }
  }

  private static TorchModel inEngine(ModelDirectory directory, Key key) {
    return IN_ENGINE.computeIfAbsent(
        key, absent -> timed(directory, absent.device(), directory::loadWithoutFirstToken));
  }

  private static <M> M timed(ModelDirectory directory, Device device, Function<Device, M> load) {
    long start = System.nanoTime();
    M model = load.apply(device);
    LOG.info(
        "Model {} loaded on {} and checked in {} s",
        directory.id(),
        device,
        String.format(Locale.ROOT, "%.1f", (System.nanoTime() - start) / 1e9));
    return model;
  }

  /** Returns the model's map from final vectors to logits. */
  public static LogitMap logitMap(ModelDirectory directory) {
    return LOGIT_MAPS.computeIfAbsent(directory.id(), id -> directory.loadLogitMap());
  }

  /**
   * The same model in the engine, with its residual stream to be seen, after a self-check there.
   *
   * @throws dev.kindred.InvalidInput if the self-check fails, or the GPU cannot be used
   */
  public static ResidualStream stream(ModelDirectory directory) {
    closeOther(directory, TaskDevice.assigned());
    return STREAMS.computeIfAbsent(
        new Key(directory.id(), TaskDevice.assigned()), key -> inEngine(directory, key).stream());
  }
}
