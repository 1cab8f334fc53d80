/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.torch;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import dev.kindred.DjlEngine;
import dev.kindred.model.Changes;
import dev.kindred.model.Changes.Part;
import dev.kindred.model.Hook;
import dev.kindred.model.HookPoint;
import dev.kindred.model.Input;
import dev.kindred.model.ModelShape;
import dev.kindred.model.Readout;
import dev.kindred.model.ResidualStream;
import dev.kindred.model.architecture.Block.Residual;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.architecture.Tensors;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** A model in the engine that can be looked into. */
public final class TorchStream implements ResidualStream {
  /** What a pass keeps of each block. */
  private static final Set<HookPoint> KEPT =
      EnumSet.of(
          HookPoint.RESID_PRE,
          HookPoint.ATTN_OUT,
          HookPoint.RESID_MID,
          HookPoint.MLP_OUT,
          HookPoint.RESID_POST);

  private final Blueprint blueprint;
  private final NDManager weights;
  private final TorchLayers layers;
  private final Set<Hook> hooks;

  TorchStream(Blueprint blueprint, NDManager weights, TorchLayers layers) {
    this.blueprint = blueprint;
    this.weights = weights;
    this.layers = layers;
    this.hooks = new HashSet<>(blueprint.hooks());
  }

  /**
   * Puts a model on a device.
   *
   * @param tensors as {@link Blueprint#tensors} has them
   */
  public static TorchStream load(Blueprint blueprint, Tensors tensors, Device device) {
    DjlEngine.load();
    NDManager weights = NDManager.newBaseManager(device, "PyTorch");
    try {
      return new TorchStream(blueprint, weights, TorchLayers.load(blueprint, tensors, weights));
    } catch (RuntimeException | Error e) {
      weights.close();
      throw e;
    }
  }

  @Override
  public ModelShape shape() {
    return blueprint.shape();
  }

  @Override
  public List<Hook> hooks() {
    return blueprint.hooks();
  }

  @Override
  public Pass run(Input input, Changes changes) {
    check(changes);
    return new TorchPass(input, changes);
  }

  private void check(Changes changes) {
    changes.edited().forEach(this::check);
    for (int block = 0; block < layers.blocks().size(); block++) {
      boolean isParallel = blueprint.blocks().get(block).residual() == Residual.PARALLEL;
      for (Part part : List.of(Part.ATTENTION_RESIDUAL, Part.MLP_RESIDUAL)) {
        if (isParallel && changes.leavesOut(block, part)) {
          throw new IllegalArgumentException(
              "Invalid change: block " + block + " has one way around both of its parts");
        }
      }
    }
  }

  private void check(Hook hook) {
    if (!hooks.contains(hook)) {
      throw new IllegalArgumentException("Invalid hook: this model has no " + hook);
    }
  }

  @Override
  public float[] embed(int[] tokenIds) {
    return computed(
        batch ->
            layers.embedding().rows(Rows.tokens(batch, new int[][] {tokenIds})).toFloatArray());
  }

  @Override
  public float[] logitsAlone(int block, float[] x) {
    return computed(batch -> logits(block, vectors(batch, x)).toFloatArray());
  }

  /** The logits of lone vectors, [R, 1, D], that are run through the blocks from one on. */
  private NDArray logits(int block, NDArray x) {
    NDArray stream = x;
    for (TorchBlock next : layers.blocks().subList(block, layers.blocks().size())) {
      stream = next.applyLast(stream, null);
    }

    return layers.unembedding().logits(stream);
  }

  @Override
  public float[] feedForward(int block, float[] x) {
    return computed(
        batch ->
            layers.blocks().get(block).feedForward(vectors(batch, x), Tap.NONE).toFloatArray());
  }

  @Override
  public float[] finalNorm(float[] x) {
    return computed(batch -> layers.unembedding().norm(vectors(batch, x)).toFloatArray());
  }

  @Override
  public Readout readout() {
    return computed(layers.unembedding()::readout);
  }

  @Override
  public Loss loss(int block, float[] x, int[] targets) {
    return differentiated(
        batch -> {
          NDArray leaf = leaf(vectors(batch, x));
          long[] ids = new long[targets.length];
          for (int i = 0; i < ids.length; i++) {
            ids[i] = targets[i];
          }

          NDArray target = batch.create(ids, new Shape(ids.length, 1));
          NDArray logits = logits(block, leaf).reshape(ids.length, shape().vocabularySize());
          NDArray nats = logits.logSoftmax(-1).gather(target, 1).neg();
          backward(nats, batch.ones(nats.getShape()));
          return new Loss(nats.toFloatArray(), leaf.getGradient().toFloatArray());
        });
  }

  @Override
  public float[] at(Input input, Changes changes, Hook hook) {
    check(changes);
    check(hook);
    return computed(
        batch -> {
          NDArray[] found = new NDArray[1];
          Sight sight =
              (seen, x) -> {
                found[0] = seen.equals(hook) ? x : found[0];
                return x;
              };
          walk(batch, input, new Walk(changes, sight, Set.of(hook)), () -> found[0] != null);
          if (found[0] == null) {
            throw new IllegalArgumentException(
                "Invalid place: no pass from this input comes by " + hook);
          }

          return found[0].toFloatArray();
        });
  }

  /** Goes through the model until something is found, which is asked before each block. */
  private void walk(NDManager batch, Input input, Walk walk, BooleanSupplier isFound) {
    NDArray x = walk.begin(batch, input);
    for (int i = input.block(); i < layers.blocks().size() && !isFound.getAsBoolean(); i++) {
      x = layers.blocks().get(i).apply(x, Dropout.NONE, walk.tap(i));
    }

    if (!isFound.getAsBoolean()) {
      layers.unembedding().logits(x, walk.tap(Walk.AROUND));
    }
  }

  @Override
  public float[] gradient(
      Input input, Changes changes, Hook by, Hook of, UnaryOperator<float[]> derivative) {
    check(changes);
    check(by);
    check(of);
    return differentiated(
        batch -> {
          Tape tape = new Tape(by, of);
          Walk walk = new Walk(changes, tape, new HashSet<>(List.of(by, of)));
          walk(batch, input, walk, () -> tape.end != null);
          if (tape.start == null || tape.end == null) {
            throw new IllegalArgumentException(
                "Invalid gradient: no pass from this input comes by " + by + ", then " + of);
          }

          float[] seed = derivative.apply(tape.end.toFloatArray());
          NDArray number = tape.end.mul(batch.create(seed, tape.end.getShape())).sum();
          // The engine asks for a number that depends on what is varied; this one may not.
          NDArray nothing = tape.start.sum().mul(batch.create(0f));
          backward(number.add(nothing), batch.create(1f));
          return tape.start.getGradient().toFloatArray();
        });
  }

  /** Where a derivative begins and ends. */
  private static final class Tape implements Sight {
    private final Hook by;
    private final Hook of;
    private NDArray start; // null before the pass comes there
    private NDArray end;

    private Tape(Hook by, Hook of) {
      this.by = by;
      this.of = of;
    }

    @Override
    public NDArray at(Hook hook, NDArray x) {
      NDArray seen = x;
      if (hook.equals(by)) {
        seen = leaf(x.stopGradient());
        start = seen;
      }

      if (hook.equals(of) && start != null) {
        end = seen;
      }

      return seen;
    }
  }

  /** Something that is computed without gradients, in memory that is freed at the end. */
  private <R> R computed(Function<NDManager, R> work) {
    try (NDManager batch = weights.newSubManager();
        NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      JniUtils.setGradMode(false);
      return work.apply(batch);
    }
  }

  /** The same with gradients. */
  private <R> R differentiated(Function<NDManager, R> work) {
    return computed(
        batch -> {
          // DJL's own collector allows one thread in a process.
          JniUtils.setGradMode(true);
          try {
            return work.apply(batch);
          } finally {
            JniUtils.setGradMode(false);
          }
        });
  }

  private static NDArray leaf(NDArray x) {
    x.setRequiresGradient(true);
    return x;
  }

  private static void backward(NDArray of, NDArray seed) {
    JniUtils.backward((PtNDArray) of, (PtNDArray) seed, false, false);
  }

  private NDArray vectors(NDManager batch, float[] x) {
    int d = shape().modelDimension();
    return batch.create(x, new Shape(x.length / d, 1, d));
  }

  @Override
  public void close() {
    weights.close();
  }

  /** Sees what is at a place once changes are made, and may put an equal array there. */
  @FunctionalInterface
  private interface Sight {
    NDArray at(Hook hook, NDArray x);
  }

  /** A pass's way through the model, with its changes. */
  private final class Walk {
    /** Instead of a block: before the first and after the last. */
    private static final int AROUND = Hook.MODEL;

    private final Changes changes;
    private final Sight sight;
    private final Set<Hook> wanted;

    /**
     * A way.
     *
     * @param wanted the places that are looked at
     */
    private Walk(Changes changes, Sight sight, Set<Hook> wanted) {
      this.changes = changes;
      this.sight = sight;
      this.wanted = wanted;
    }

    /** The residual stream that the pass begins with, [B, T, D]. */
    private NDArray begin(NDManager batch, Input input) {
      if (input.vectors() != null) {
        int d = shape().modelDimension();
        int sequences = input.vectors().length / input.length() / d;
        return batch.create(input.vectors(), new Shape(sequences, input.length(), d));
      }

      return layers
          .embedding()
          .embed(Rows.tokens(batch, input.tokenIds()), batch.arange(input.length()), tap(AROUND));
    }

    private Tap tap(int block) {
      return new Tap() {
        @Override
        public NDArray at(HookPoint point, NDArray x) {
          Hook hook = hook(point);
          UnaryOperator<float[]> edit = changes.edit(hook);
          return sight.at(
              hook,
              edit == null ? x : x.getManager().create(edit.apply(x.toFloatArray()), x.getShape()));
        }

        @Override
        public boolean wants(HookPoint point) {
          return wanted.contains(hook(point)) || changes.edit(hook(point)) != null;
        }

        private Hook hook(HookPoint point) {
          return new Hook(block, point);
        }

        @Override
        public boolean leavesOut(Part part) {
          return changes.leavesOut(block, part);
        }

        @Override
        public boolean[][] mask() {
          return changes.mask(block);
        }
      };
    }
  }

  /** A forward pass. */
  private final class TorchPass implements Pass {
    private final NDManager batch = weights.newSubManager();
    private final Input input;
    private final Changes changes;
    private final List<Map<HookPoint, NDArray>> kept = new ArrayList<>(); // of each block
    private final TorchMixer.Kept[] earlier; // of each block, when asked for
    private NDArray end; // the residual stream after the last block

    private TorchPass(Input input, Changes changes) {
      this.input = input;
      this.changes = changes;
      this.earlier = new TorchMixer.Kept[layers.blocks().size()];
      try {
        run();
      } catch (RuntimeException | Error e) {
        batch.close();
        throw e;
      }
    }

    private void run() {
      try (NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        JniUtils.setGradMode(false);
        Walk walk = new Walk(changes, this::keep, Set.of());
        NDArray x = walk.begin(batch, input);
        for (int i = 0; i < layers.blocks().size(); i++) {
          kept.add(new EnumMap<>(HookPoint.class));
          if (i >= input.block()) {
            x = layers.blocks().get(i).apply(x, Dropout.NONE, walk.tap(i));
          }
        }

        NDScope.unregister(x);
        end = x;
      }
    }

    private NDArray keep(Hook hook, NDArray x) {
      if (KEPT.contains(hook.point())) {
        NDScope.unregister(x);
        kept.get(hook.block()).put(hook.point(), x);
      }

      return x;
    }

    @Override
    public float[] all(Hook hook) {
      return seen(hook, NDArray::toFloatArray);
    }

    @Override
    public float[] last(Hook hook) {
      int axis = hook.point().isOfPairs() ? 2 : 1;
      return seen(
          hook,
          x -> {
            long length = x.getShape().get(axis);
            NDIndex index = new NDIndex();
            for (int i = 0; i < axis; i++) {
              index.addAllDim();
            }

            return x.get(index.addSliceDim(length - 1, length)).toFloatArray();
          });
    }

    @Override
    public long[] shape(Hook hook) {
      return seen(hook, x -> x.getShape().getShape());
    }

    /** Reads what is at a place. */
    private <R> R seen(Hook hook, Function<NDArray, R> read) {
      check(hook);
      try (NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        JniUtils.setGradMode(false);
        NDArray known = hook.point().isOfBlock() ? kept.get(hook.block()).get(hook.point()) : null;
        return read.apply(known == null ? again(hook) : known);
      }
    }

    /** Computes what was at a place that is not kept. */
    private NDArray again(Hook wanted) {
      NDArray[] found = new NDArray[1];
      Walk walk =
          new Walk(
              wanted.point().isOfBlock() // whose input, as it is kept, has been changed already
                  ? changes.without(Hook.of(HookPoint.RESID_PRE, wanted.block()))
                  : changes,
              (hook, x) -> {
                if (hook.equals(wanted)) {
                  found[0] = x;
                }

                return x;
              },
              Set.of(wanted));
      switch (wanted.point()) {
        case EMBED, POS_EMBED -> walk.begin(batch, input);
        case FINAL_SCALE, LOGITS -> layers.unembedding().logits(end, walk.tap(Walk.AROUND));
        default -> {
          NDArray before = kept.get(wanted.block()).get(HookPoint.RESID_PRE);
          if (before != null) {
            layers
                .blocks()
                .get(wanted.block())
                .apply(before, Dropout.NONE, walk.tap(wanted.block()));
          }
        }
      }

      if (found[0] == null) {
        throw new IllegalArgumentException("Invalid hook: this pass does not come by " + wanted);
      }

      return found[0];
    }

    @Override
    public float[] logits(int block, float[] x) {
      try (NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        JniUtils.setGradMode(false);
        NDArray stream = vectors(batch, x);
        for (int i = block; i < layers.blocks().size(); i++) {
          stream = layers.blocks().get(i).applyLast(stream, earlier(i));
        }

        return layers.unembedding().logits(stream).toFloatArray();
      }
    }

    @Override
    public float[] logits() {
      Set<Hook> edited = changes.edited();
      if (edited.contains(Hook.of(HookPoint.FINAL_SCALE))
          || edited.contains(Hook.of(HookPoint.LOGITS))) {
        return last(Hook.of(HookPoint.LOGITS));
      }

      try (NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        JniUtils.setGradMode(false);
        return layers.unembedding().logits(Rows.lastPosition(end)).toFloatArray();
      }
    }

    /** What all positions but the last keep; null if there are no such positions. */
    private TorchMixer.Kept earlier(int block) {
      NDArray before = kept.get(block).get(HookPoint.RESID_PRE);
      long length = before.getShape().get(1);
      if (length > 1 && earlier[block] == null) {
        TorchBlock layer = layers.blocks().get(block);
        NDArray cut = Rows.positions(before, 0, length - 1);
        earlier[block] = layer.mixer.kept(layer.mixerNorm.apply(cut)).unscoped();
      }

      return earlier[block];
    }

    @Override
    public void close() {
      batch.close();
    }
  }
}
