/* SPDX-License-Identifier: Apache-2.0 */
/**
 * How far back a model looks: what becomes of the residual stream at a token if the model reads
 * only the last few tokens before it.
 *
 * <p>Read {@link dev.kindred.locality.Protocol}, {@link dev.kindred.locality.Truncations}, which
 * compares streams, then {@link dev.kindred.locality.Localities}, which does it for a corpus. An
 * analysis: it imports no other one.
 */
package dev.kindred.locality;
