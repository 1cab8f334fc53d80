/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Models as descriptions: what parts they have and what their tensors are called. To be read in
 * this order: {@link dev.kindred.model.architecture.Architecture}, an architecture; {@link
 * dev.kindred.model.architecture.Blueprint}, what it describes and all that follows from that
 * without weights; {@link dev.kindred.model.architecture.Block} and the parts of blocks; {@link
 * dev.kindred.model.architecture.Linear}, where weights are in what is stored. {@link
 * dev.kindred.model.family.Architectures} is the list of all of them.
 *
 * <p>No part asks which architecture it is in. It imports {@code model} alone; {@code model.cpu},
 * {@code model.torch}, {@code model.files} and {@code training} import it.
 */
package dev.kindred.model.architecture;
