/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The exact join of prompts and windows by cosine similarity.
 *
 * <p>Read {@code Cosine} of the package math, which defines what is found, then {@link
 * dev.kindred.similarity.TileJoin}, {@link dev.kindred.similarity.PairCheck}, {@link
 * dev.kindred.similarity.Projection} and {@link dev.kindred.similarity.PrefixJoin}, which settle
 * pairs by bounds, {@link dev.kindred.similarity.JoinPlanner}, and last {@link
 * dev.kindred.similarity.JoinTask} and {@link dev.kindred.similarity.SimilarStrings}, which run all
 * of it in Spark, and {@link dev.kindred.similarity.EvidenceRows}, what becomes of it in tables.
 *
 * <p>It may be imported by prediction and the packages after it, and by the jobs.
 */
package dev.kindred.similarity;
