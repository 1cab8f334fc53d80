/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.head;

import dev.kindred.InvalidInput;
import dev.kindred.model.ResidualStream;
import dev.kindred.model.architecture.Block;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.architecture.Mixer.Attention;
import dev.kindred.model.architecture.Tensors;
import dev.kindred.model.files.LoadedModels;
import dev.kindred.model.files.ModelDirectory;
import java.util.ArrayList;
import java.util.List;

/** A model whose heads are looked at. */
final class HeadModel {
  private static String lastId;
  private static Weights last;

  private final ResidualStream stream;
  private final Blueprint blueprint;
  private final Weights weights;
  private final List<Head> heads;

  private HeadModel(ResidualStream stream, Blueprint blueprint, Weights weights) {
    this.stream = stream;
    this.blueprint = blueprint;
    this.weights = weights;
    this.heads = heads(blueprint);
  }

  /** A head. */
  record Head(int block, int head) {}

  /** What is made of weights, whatever device the model is on. */
  private static final class Weights {
    private final List<HeadWriting> writing; // null of blocks without heads
    private TokenDirections directions; // null until they are asked for

    private Weights(Blueprint blueprint, Tensors tensors) {
      this.writing = new ArrayList<>();
      for (int block = 0; block < blueprint.blocks().size(); block++) {
        writing.add(hasHeads(blueprint, block) ? HeadWriting.of(blueprint, block, tensors) : null);
      }
    }

    private synchronized TokenDirections directions(ResidualStream stream) {
      if (directions == null) {
        directions = TokenDirections.of(stream);
      }

      return directions;
    }
  }

  /** Returns a model, whose weights are read once for tasks that come one after another. */
  static HeadModel of(ModelDirectory directory) {
    Blueprint blueprint = directory.blueprint();
    return new HeadModel(LoadedModels.stream(directory), blueprint, weights(directory, blueprint));
  }

  /** Returns a model of weights that are at hand. */
  static HeadModel of(ResidualStream stream, Blueprint blueprint, Tensors tensors) {
    return new HeadModel(stream, blueprint, new Weights(blueprint, tensors));
  }

  private static synchronized Weights weights(ModelDirectory directory, Blueprint blueprint) {
    if (!directory.id().equals(lastId)) {
      last = null; // two of them may be more than there is room for
      last = directory.weights().read(tensors -> new Weights(blueprint, tensors));
      lastId = directory.id();
    }

    return last;
  }

  private static boolean hasHeads(Blueprint blueprint, int block) {
    return blueprint.blocks().get(block).mixer() instanceof Attention;
  }

  /**
   * Checks that a model has heads.
   *
   * @param source the model, for the message
   * @throws InvalidInput if it has none
   */
  static void check(String source, Blueprint blueprint) {
    if (heads(blueprint).isEmpty()) {
      throw new InvalidInput(
          "%s: it mixes positions without heads, so that there are no patterns; give a model with"
              + " attention",
          source);
    }
  }

  /** All heads of a model, by block. */
  static List<Head> heads(Blueprint blueprint) {
    List<Head> heads = new ArrayList<>();
    for (int block = 0; block < blueprint.blocks().size(); block++) {
      if (blueprint.blocks().get(block).mixer() instanceof Attention attention) {
        for (int head = 0; head < attention.heads(); head++) {
          heads.add(new Head(block, head));
        }
      }
    }

    return heads;
  }

  ResidualStream stream() {
    return stream;
  }

  Blueprint blueprint() {
    return blueprint;
  }

  int blocks() {
    return blueprint.blocks().size();
  }

  List<Head> heads() {
    return heads;
  }

  boolean hasHeads(int block) {
    return hasHeads(blueprint, block);
  }

  /** Whether norms stand behind sums, so that the stream is not the sum of what is written. */
  boolean hasNormedSums() {
    return blueprint.blocks().stream()
        .anyMatch(block -> block.residual() == Block.Residual.NORMED_SUM);
  }

  Attention attention(int block) {
    return (Attention) blueprint.blocks().get(block).mixer();
  }

  HeadWriting writing(int block) {
    return weights.writing.get(block);
  }

  /** Returns where tokens have their logits. */
  TokenDirections directions() {
    return weights.directions(stream);
  }
}
