/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.explanation;

import java.io.Serializable;

/**
 * How far an approximation is from the model.
 *
 * @param hellinger Hellinger distance, in [0, 1]; 1 without evidence
 * @param closer share of the run's prompts that are closer, in [0, 1]; null if there is no run
 */
public record Distance(double hellinger, Double closer) implements Serializable {}
