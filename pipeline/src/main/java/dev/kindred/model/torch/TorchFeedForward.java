/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.torch;

import ai.djl.ndarray.NDArray;
import dev.kindred.model.HookPoint;
import dev.kindred.model.architecture.Activation;
import dev.kindred.model.architecture.FeedForward;

/** A feed-forward network; see {@link FeedForward}. M = its hidden width. */
sealed interface TorchFeedForward {

  /** The network of a block; null if it has none. */
  static TorchFeedForward of(FeedForward network, TorchWeights weights) {
    if (network instanceof FeedForward.Mlp mlp) {
      return new Mlp(weights.linear(mlp.up()), weights.linear(mlp.down()), mlp.activation());
    }

    if (network instanceof FeedForward.Gated gated) {
      return new Gated(
          weights.linear(gated.gate()),
          weights.linear(gated.up()),
          weights.linear(gated.down()),
          gated.activation());
    }

    return null;
  }

  /** Takes [.., D] to [.., D]. */
  NDArray apply(NDArray x, Tap tap);

  /** See {@link FeedForward.Mlp}. */
  record Mlp(TorchLinear up, TorchLinear down, Activation activation) implements TorchFeedForward {
    @Override
    public NDArray apply(NDArray x, Tap tap) {
      if (tap.wants(HookPoint.MLP_PRE) || tap.wants(HookPoint.MLP_POST)) {
        NDArray hidden = tap.at(HookPoint.MLP_PRE, up.apply(x)); // [.., M]
        return down.apply(tap.at(HookPoint.MLP_POST, TorchActivation.apply(activation, hidden)));
      }

      // Closed as soon as they are done with, so that the next ones take their place in the cache.
      try (NDArray hidden = up.apply(x);
          NDArray activated = TorchActivation.apply(activation, hidden)) {
        return down.apply(activated);
      }
    }
  }

  /** See {@link FeedForward.Gated}. */
  record Gated(TorchLinear gate, TorchLinear up, TorchLinear down, Activation activation)
      implements TorchFeedForward {
    @Override
    public NDArray apply(NDArray x, Tap tap) {
      NDArray gating = TorchActivation.apply(activation, tap.at(HookPoint.MLP_PRE, gate.apply(x)));
      NDArray hidden = gating.mul(tap.at(HookPoint.MLP_PRE_LINEAR, up.apply(x)));
      return down.apply(tap.at(HookPoint.MLP_POST, hidden));
    }
  }
}
