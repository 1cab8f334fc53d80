/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The training of models of any architecture that can be trained.
 *
 * <p>Read {@link dev.kindred.training.Trainer}, then {@link dev.kindred.training.TrainingFolder},
 * which keeps checkpoints. It imports model and corpus.
 */
package dev.kindred.training;
