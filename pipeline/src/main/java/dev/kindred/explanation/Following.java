/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.explanation;

import java.io.Serializable;
import java.util.List;

/**
 * What really follows a prompt in the corpus, and who says so. A prediction is right if its most
 * probable token is one of those that follow most often.
 *
 * @param tokens that follow the prompt's occurrences, the most frequent first, as many as are
 *     shown; at least one
 * @param modelIsRight whether the model is
 * @param stringsAreRight whether the similar strings other than the prompt itself are
 */
public record Following(List<TokenCount> tokens, boolean modelIsRight, boolean stringsAreRight)
    implements Serializable {}
