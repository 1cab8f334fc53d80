/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.serve;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindred.InvalidInput;
import dev.kindred.jobs.sql.ReadOnlyQueries;
import dev.kindred.table.Warehouse;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who is answered, and what cannot be asked. */
class TestExplorerServer {
  private static final String TOKEN = "0123456789abcdef";

  @TempDir Path folder;
  private ExplorerServer server;

  @AfterEach
  void stop() {
    if (server != null) {
      server.close();
    }
  }

  private ExplorerServer start(String token) {
    Warehouse warehouse =
        new Warehouse(
            new Configuration(false),
            () -> {
              throw new AssertionError("no Spark is needed");
            },
            () -> {},
            folder.toString());
    Explorer explorer =
        new Explorer(
            warehouse,
            run -> {
              throw new AssertionError("no run is asked about");
            },
            queries());
    server = new ExplorerServer(explorer, "127.0.0.1", 0, token, Duration.ofSeconds(1));
    return server;
  }

  private static ReadOnlyQueries queries() {
    return new ReadOnlyQueries(
        () -> {
          throw new AssertionError("nothing is queried");
        },
        "");
  }

  /** Sends a request as it is, and returns the answer's first line and headers. */
  private String sent(String request) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", server.port())) {
      socket.setSoTimeout(20_000);
      OutputStream out = socket.getOutputStream();
      out.write(request.getBytes(StandardCharsets.ISO_8859_1));
      out.flush();
      socket.shutdownOutput();
      InputStream in = socket.getInputStream();
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private String get(String address, String... headers) throws IOException {
    return sent(
        "GET "
            + address
            + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
            + String.join("", headers)
            + "\r\n");
  }

  @Test
  void aWarehouseWithoutRunsSaysSo() throws IOException {
    start(null);

    assertThat(get("/")).startsWith("HTTP/1.1 200").contains("No run has been published");
  }

  @Test
  void nothingCanBeChanged() throws IOException {
    start(null);

    for (String method : new String[] {"POST", "PUT", "DELETE", "OPTIONS"}) {
      assertThat(
              sent(
                  method
                      + " /words HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))
          .as(method)
          .startsWith("HTTP/1.1 405");
    }
  }

  @Test
  void aPageElsewhereCannotAskByANameThatLeadsHere() throws IOException {
    start(null);

    assertThat(sent("GET /words HTTP/1.1\r\nHost: attacker.example\r\nConnection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 403");
  }

  @Test
  void withoutTheTokenNothingIsAnswered() throws IOException {
    start(TOKEN);

    assertThat(get("/words")).startsWith("HTTP/1.1 403");
    assertThat(get("/words?token=0123456789abcdee")).startsWith("HTTP/1.1 403");
    assertThat(get("/words", "Cookie: kindred_token=x\r\n")).startsWith("HTTP/1.1 403");
  }

  @Test
  void theTokenIsRememberedByTheBrowser() throws IOException {
    start(TOKEN);

    assertThat(get("/words?token=" + TOKEN))
        .startsWith("HTTP/1.1 200")
        .containsIgnoringCase("Set-cookie: kindred_token=" + TOKEN + "; HttpOnly; SameSite=Strict");
    assertThat(get("/words", "Cookie: a=b; kindred_token=" + TOKEN + "\r\n"))
        .startsWith("HTTP/1.1 200");
  }

  @Test
  void malformedAndHugeRequestsDoNoHarm() throws IOException {
    start(null);

    sent("\u0000\u0001\u0002\r\n\r\n");
    sent("GET /words?text=%zz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
    assertThat(get("/words?text=" + "a".repeat(20_000))).startsWith("HTTP/1.1 414");

    assertThat(get("/words")).startsWith("HTTP/1.1 200");
  }

  @Test
  void whoIsSlowToAskHarmsNobody() throws IOException {
    start(null);
    List<Socket> slow = new ArrayList<>();
    try {
      for (int i = 0; i < 300; i++) { // more than there are threads
        Socket socket = new Socket("127.0.0.1", server.port());
        slow.add(socket);
        socket.getOutputStream().write("GET /words HTTP/1.1\r\nHost: ".getBytes(US_ASCII));
        socket.getOutputStream().flush();
      }

      assertThat(sent("GET /words HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
          .startsWith("HTTP/1.1 200");
      for (Socket socket : slow) {
        socket.setSoTimeout(20_000);
        assertThat(isDropped(socket)).isTrue();
      }
    } finally {
      for (Socket socket : slow) {
        socket.close();
      }
    }
  }

  private static boolean isDropped(Socket socket) throws IOException {
    try {
      return socket.getInputStream().read() < 0;
    } catch (SocketTimeoutException e) {
      return false;
    } catch (SocketException e) {
      return true; // reset
    }
  }

  @Test
  void aPageLoadsNothingFromElsewhere() throws IOException {
    start(null);

    assertThat(get("/words"))
        .containsIgnoringCase("Content-security-policy: default-src 'none'")
        .doesNotContain("src=\"http", "href=\"http", "url(http");
  }

  @Test
  void aPortThatIsTakenIsNamed() {
    int taken = start(null).port();

    assertThatThrownBy(
            () ->
                new ExplorerServer(
                    new Explorer(null, run -> null, queries()), "127.0.0.1", taken, null))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContainingAll("--port " + taken, "another program listens there");
  }
}
