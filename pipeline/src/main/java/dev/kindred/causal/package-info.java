/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Whether similar strings cause a prediction: parts of the training text do not count, the model is
 * trained again, and its prediction has moved or has not.
 */
package dev.kindred.causal;
