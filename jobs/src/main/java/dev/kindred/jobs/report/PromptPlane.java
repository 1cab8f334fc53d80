/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import java.util.List;

/**
 * A prompt's vectors in the plane.
 *
 * @param text the prompt
 * @param pictures with and without attention outputs
 */
public record PromptPlane(String text, List<PlanePicture> pictures) {}
