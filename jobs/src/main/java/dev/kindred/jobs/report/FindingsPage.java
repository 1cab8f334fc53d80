/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import java.util.List;

/**
 * Findings as a page of their own.
 *
 * @param about the model, or what else they are about
 * @param lede what the page shows, in a sentence
 * @param findings a section each; a title is a prompt, or empty
 */
public record FindingsPage(String title, String about, String lede, List<Findings> findings) {}
