/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What others see of a language model. To be read in this order: {@link
 * dev.kindred.model.LanguageModel}, what a run asks for; {@link dev.kindred.model.PrefixTree}, over
 * which it is asked; {@link dev.kindred.model.ResidualStream}, a pass that can be looked into at
 * {@link dev.kindred.model.HookPoint}s and changed by {@link dev.kindred.model.Changes}.
 *
 * <p>Outside this package and those below it, no file names an architecture or an engine; training
 * alone names what it trains with. Models come from {@code model.files}, which imports {@code
 * model.cpu} and {@code model.torch}; these import {@code model.architecture}, and that imports
 * this package, which may import {@code math} and what is on the ground floor.
 */
package dev.kindred.model;
