/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

public final class Report {
  private Report() {}

  public static String html(ReportData data) {
    return data.toString();
  }
}
