/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.run;

import dev.kindred.jobs.option.CorpusOptions;
import dev.kindred.table.Warehouse;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Dickens' <em>The Old Curiosity Shop</em>, a resource of {@code org.apache.crunch:crunch-test},
 * copied to where executors can read it.
 */
public final class EmbeddedCorpus {
  private static final String RESOURCE = "/dickens.txt";
  private static final String SHA_256 =
      "70b924ea4d22d24d8650660ddddd29fc5c07eafc5803a904e6d1184f50ac4ed7";

  private EmbeddedCorpus() {}

  /**
   * Returns where a corpus is: the embedded one is copied into a warehouse first.
   *
   * @param uri as it was given
   * @param folder of the warehouse
   */
  static String located(String uri, Warehouse warehouse, String folder) {
    return CorpusOptions.isEmbedded(uri)
        ? copyInto(warehouse.fileSystem(), new Path(warehouse.root(), folder))
        : uri;
  }

  /**
   * Copies the text unless it is there.
   *
   * @return its URI
   */
  public static String copyInto(FileSystem files, Path folder) {
    Path path = new Path(folder, "the-old-curiosity-shop.txt");
    try {
      byte[] text = text();
      if (!files.exists(path) || files.getFileStatus(path).getLen() != text.length) {
        Path copy = new Path(path.getParent(), "_" + path.getName() + "-" + System.nanoTime());
        try (var out = files.create(copy, true)) {
          out.write(text);
        }

        files.delete(path, false);
        files.rename(copy, path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }

    return path.toString();
  }

  private static byte[] text() throws IOException {
    try (InputStream in = EmbeddedCorpus.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new IllegalStateException("Resource " + RESOURCE + " is not on the class path");
      }

      byte[] text = in.readAllBytes();
      String hash = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text));
      if (!hash.equals(SHA_256)) {
        throw new IllegalStateException(
            "Resource " + RESOURCE + " has sha256 " + hash + ", expected " + SHA_256);
      }

      return text;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
