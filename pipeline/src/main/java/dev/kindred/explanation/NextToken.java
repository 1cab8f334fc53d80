/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.explanation;

import java.io.Serializable;

/**
 * A token's probability to be the next, in [0, 1].
 *
 * @param model by the model
 * @param approximation by the similar strings
 * @param leaveOneOut by the similar strings other than the prompt itself; null if the prompt is not
 *     a window of the corpus
 */
public record NextToken(String text, double model, double approximation, Double leaveOneOut)
    implements Serializable {}
