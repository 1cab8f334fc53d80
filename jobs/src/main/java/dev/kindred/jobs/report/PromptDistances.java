/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

/**
 * Hellinger distances of a run's prompts, each in [0, 1] and in no order.
 *
 * @param strings of the model and its similar strings, the prompt itself set aside
 * @param ngram of the model and the n-gram that is compared with, the prompt itself set aside; none
 *     of a run from before there was one
 * @param noiseFloor of the model and the same model trained again; none where there is no other
 */
record PromptDistances(double[] strings, double[] ngram, double[] noiseFloor) {}
