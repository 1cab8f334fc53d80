/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Kindred in Spark SQL: {@link dev.kindred.sql.KindredCatalog} gives any session the tables of a
 * warehouse and the functions over their columns.
 *
 * <p>Functions are thin: they read Spark's arrays and maps as primitives, and the mathematics is
 * the pipeline's. Each is a class with a method {@code invoke} that Spark's generated code calls.
 *
 * <p>Read {@link dev.kindred.sql.KindredCatalog}, then {@link dev.kindred.sql.KindredTable} and one
 * of the functions. It imports the pipeline, and is imported by the jobs' package sql alone.
 */
package dev.kindred.sql;
