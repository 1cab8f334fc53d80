/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What must be true of a run before it is published. To be read in this order: {@code rules.sql}
 * beside this package, what is between tables; the checks in {@code data-schemas/}, what is true of
 * single rows; {@link dev.kindred.audit.Rule} and {@link dev.kindred.audit.Coverage}, which make
 * queries of both; {@link dev.kindred.audit.Audit}, which runs them; and {@link
 * dev.kindred.audit.ActivationSample}, the one check that needs the model.
 *
 * <p>It imports {@code math}, {@code model} and {@code table}, and knows the other packages only by
 * their tables. Commands import it.
 */
package dev.kindred.audit;
