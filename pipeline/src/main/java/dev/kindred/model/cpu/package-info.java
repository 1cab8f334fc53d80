/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Models on Kindred's own kernels, which are faster than the engine on CPUs: those whose
 * description {@link dev.kindred.model.cpu.CpuModel#supports} says yes to. It imports {@code
 * model}, {@code model.architecture} and {@code kernel}; {@code model.files} imports it.
 *
 * <p>Read {@link dev.kindred.model.cpu.CpuModel}, whose pass is told from top to bottom, then
 * {@link dev.kindred.model.cpu.CpuBlock} and {@link dev.kindred.model.cpu.PackedLinear}.
 */
package dev.kindred.model.cpu;
