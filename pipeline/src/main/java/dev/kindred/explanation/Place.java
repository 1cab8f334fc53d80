/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.explanation;

import java.io.Serializable;

/**
 * Where a string stands in the corpus.
 *
 * @param document its name: a file below the corpus's folder, or a row's id or number
 * @param position tokens of the document before the string
 * @param before text of the document that ends where the string begins
 * @param after text of the document that begins where the string ends
 */
public record Place(String document, long position, String before, String after)
    implements Serializable {}
