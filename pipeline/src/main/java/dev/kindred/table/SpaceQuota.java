/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import java.io.IOException;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.QuotaUsage;
import org.apache.hadoop.security.AccessControlException;

/** What quotas of space leave where HDFS has some, beside what the disks leave. */
final class SpaceQuota {
  private SpaceQuota() {}

  /**
   * Bytes that may still be written below a folder, each of which takes its replicas from the
   * quotas of the folder and of those above it; {@link Long#MAX_VALUE} where there are none. Quotas
   * of folders that may not be read are not known.
   *
   * @param folder which is there
   */
  static long freeBytes(FileSystem files, Path folder) throws IOException {
    long free = Long.MAX_VALUE;
    for (Path path = folder; path != null; path = path.getParent()) {
      try {
        QuotaUsage usage = files.getQuotaUsage(path);
        if (usage.getSpaceQuota() >= 0) {
          free = Math.min(free, Math.max(0, usage.getSpaceQuota() - usage.getSpaceConsumed()));
        }
      } catch (AccessControlException e) {
        break; // nor may those above it
      }
    }

    return free == Long.MAX_VALUE ? free : free / files.getDefaultReplication(folder);
  }
}
