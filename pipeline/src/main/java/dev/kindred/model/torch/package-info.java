/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Models in PyTorch, whatever their description: a class a part. To be read in this order: {@link
 * dev.kindred.model.torch.TorchModel}, which evaluates; {@code TorchBlock}, how parts stand in the
 * residual stream; {@code TorchMixer} and {@code TorchAttention}; {@link
 * dev.kindred.model.torch.TorchStream}, which looks into passes by a {@code Tap}; {@link
 * dev.kindred.model.torch.TorchTraining}.
 *
 * <p>A part with a tap that sees nothing computes as if there were no taps: results do not depend
 * on whether one can look. It imports {@code model} and {@code model.architecture}; {@code
 * model.files} and {@code training} import it.
 */
package dev.kindred.model.torch;
