/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TestDjlEngine {
  @TempDir private Path shared;

  @Test
  void aUsersFolderIsOfThatUserAlone() throws IOException {
    UserPrincipal me = Files.getOwner(shared);

    Path made = DjlEngine.ownFolder(shared, "ada", me);
    Path found = DjlEngine.ownFolder(shared, "ada", me);

    assertThat(found).isEqualTo(made);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(made)))
        .isEqualTo("rwx------");
  }

  @Test
  void aFolderThatOthersCanWriteToIsRefused() throws IOException {
    Path open = Files.createDirectory(shared.resolve("kindred-ada"));
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));

    assertRefused(Files.getOwner(shared));
  }

  @Test
  void aLinkThatLeadsElsewhereIsRefused() throws IOException {
    Path elsewhere = Files.createTempDirectory(shared, "elsewhere");
    Files.createSymbolicLink(shared.resolve("kindred-ada"), elsewhere);

    assertRefused(Files.getOwner(shared));
  }

  @Test
  void aFolderOfSomebodyElseIsRefused() throws IOException {
    UserPrincipal somebodyElse =
        shared.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("nobody");

    assertRefused(somebodyElse);
  }

  private void assertRefused(UserPrincipal me) {
    assertThatThrownBy(() -> DjlEngine.ownFolder(shared, "ada", me))
        .isInstanceOf(InvalidInput.class)
        .hasMessage(
            "%s: is not a folder that you alone can use (mode 700); remove it, or name another"
                + " folder for temporary files with -Djava.io.tmpdir",
            shared.resolve("kindred-ada"));
  }
}
