/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Models on Kindred's own kernels, which are faster than the engine on CPUs: those whose
 * description {@link dev.kindred.model.cpu.CpuModel#supports} says yes to. It imports {@code
 * model}, {@code model.architecture} and {@code kernel}; {@code model.files} imports it.
 */
package dev.kindred.model.cpu;
