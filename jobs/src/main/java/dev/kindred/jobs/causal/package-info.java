/* SPDX-License-Identifier: Apache-2.0 */
/** The command causal: trains the model again without parts of its text. */
package dev.kindred.jobs.causal;
