/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The training of models.
 *
 * <p>Read {@link dev.kindred.jobs.train.Training}; {@link dev.kindred.jobs.train.TrainingDefaults}
 * says how presets and files lie over each other. It imports workspace, option and run.
 */
package dev.kindred.jobs.train;
