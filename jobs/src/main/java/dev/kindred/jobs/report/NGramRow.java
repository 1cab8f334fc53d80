/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import java.util.List;

/**
 * What the n-gram predicts that a run compares its strings with.
 *
 * @param name of it
 * @param shares probabilities, in [0, 1], of the tokens that an explanation lists
 * @param hellinger distance from the model, in [0, 1], the prompt's own window among what is
 *     counted
 */
public record NGramRow(String name, List<Double> shares, double hellinger) {}
