/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Tables in a warehouse: what they are, and how their files come to be and count. To be read in
 * this order: {@link dev.kindred.table.Table}, what a file of {@code data-schemas} states, and
 * {@link dev.kindred.table.Tables}, all of them; {@link dev.kindred.table.Warehouse}, whose
 * {@linkplain dev.kindred.table.Part parts} are written and read; {@link
 * dev.kindred.table.CommitLog}, the records that say which files count; {@link
 * dev.kindred.table.Runs}, which runs there are; {@link dev.kindred.table.WarehouseLock}, one
 * writer at a time; {@link dev.kindred.table.VectorFormat}, vectors in Parquet; {@link
 * dev.kindred.table.Figures}, the table summaries in Java. Spark's internals are reached here and
 * in the SQL catalog alone.
 *
 * <p>It imports nothing of Kindred but the ground floor, and may be imported by all.
 */
package dev.kindred.table;
