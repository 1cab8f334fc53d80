/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.workspace;

/** The version of this program, which runs and trainings remember. */
public final class KindredVersion {
  private KindredVersion() {}

  /** The version that the jar names, or "development" outside a jar. */
  public static String current() {
    String version = KindredVersion.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }
}
