/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The explorer in a real browser, the Chromium on the PATH. Skipped where there is none. */
class TestExplorerInBrowser {
  private static Thread server;
  private static int port;
  private static Browser browser;

  @BeforeAll
  static void start() throws Exception {
    browser = Browser.start("the explorer");
    try (ServerSocket socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }

    String warehouse = SharedRun.warehouse().toString();
    server =
        new Thread(
            () -> Kindred.run("serve", "--warehouse", warehouse, "--port", Integer.toString(port)));
    server.start();
    while (!isThere()) {
      assertThat(server.isAlive()).isTrue();
      Thread.sleep(50);
    }
  }

  private static boolean isThere() {
    try (Socket socket = new Socket("127.0.0.1", port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  @AfterAll
  static void stop() throws Exception {
    if (browser != null) {
      browser.close();
    }

    if (server != null) {
      server.interrupt();
      server.join();
    }
  }

  @BeforeEach
  void forgetErrors() {
    browser.errors().clear();
  }

  private static void open(String address) throws InterruptedException {
    browser.open("http://127.0.0.1:" + port + address);
  }

  @Test
  void aTextThatIsTypedIsExplainedAndItsSlidersAgree() throws Exception {
    open("/explain");
    browser.value("document.activeElement.blur()");
    browser.press("/");
    browser.await("document.activeElement.id === 'asked'");
    browser.type("and the old man");
    browser.press("Enter");
    browser.await("location.search.includes('text=') && document.querySelector('dl.measures dd')");
    String shown = browser.value("document.querySelector('dl.measures dd').textContent");

    browser.value("document.querySelector('#rule summary').click()");
    browser.await("!document.querySelector('#rule form').hidden");

    String distance = "document.querySelector('#rule [name=distance]').textContent";
    assertThat(browser.value(distance)).isEqualTo(shown);
    String slider = "document.querySelector('#rule [name=threshold4]')";
    browser.value(
        slider + ".value = 0.6; " + slider + ".dispatchEvent(new Event('input', {bubbles: true}))");
    assertThat(browser.value(distance)).isNotEqualTo(shown);
    browser.value("document.querySelector('#rule [name=reset]').click()");
    assertThat(browser.value(distance)).isEqualTo(shown);
    assertThat(browser.errors()).isEmpty();
  }

  @Test
  void promptsAreFilteredByTheirDistance() throws Exception {
    open("/runs/" + SharedRun.runId());
    browser.value("document.querySelector('.histogram a i[style*=\"100%\"]').parentNode.click()");
    browser.await("location.search.includes('low=')");

    assertThat(browser.value("document.querySelectorAll('.histogram .listed').length"))
        .isEqualTo("1");
    assertThat(browser.value("document.querySelectorAll('tbody th a .text').length"))
        .matches("[1-9]\\d*");
    assertThat(browser.errors()).isEmpty();
  }

  private static List<String> pages() {
    return List.of(
        "/",
        "/runs/" + SharedRun.runId(),
        "/explain?text=and%20the%20old",
        "/text?text=and%20the%20old%20man",
        "/lens?text=and%20the%20old",
        "/trace?text=and%20the%20old%20man",
        "/count?text=the",
        "/compare?a=" + SharedRun.runId() + "&b=" + SharedRun.runId(),
        "/sql",
        "/sql?sql=select%20*%20from%20kindred.current.distances",
        "/sql?sql=nonsense",
        "/words",
        "/nowhere");
  }

  @Test
  void noPageIsWiderThanItsWindow() throws Exception {
    for (int width : new int[] {390, 1600}) {
      browser.width(width);
      for (String page : pages()) {
        open(page);
        assertThat(browser.value("document.documentElement.scrollWidth <= window.innerWidth"))
            .as("%s, %d pixels", page, width)
            .isEqualTo("true");
      }
    }

    browser.width(1200);
  }

  @Test
  void axeFindsNothingSerious() throws Exception {
    String axe;
    try (InputStream in = TestExplorerInBrowser.class.getResourceAsStream("/axe.min.js")) {
      axe = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }

    for (int width : new int[] {390, 1200}) {
      browser.width(width);
      for (String page : pages()) {
        open(page);
        browser.value(axe + "; '' + typeof axe");
        browser.value(
            "window.found = null;"
                + " axe.run().then(all => { window.found = all.violations.map(its =>"
                + " its.impact + ' ' + its.id + ' ' + its.nodes[0].target).join(', '); }); ''");
        browser.await("window.found !== null");
        assertThat(browser.value("window.found")).as("%s, %d pixels", page, width).isEmpty();
      }
    }

    browser.width(1200);
  }

  @Test
  void queriesAreAskedAndAnswered() throws Exception {
    open("/sql");
    browser.value("document.querySelector('.examples a').click()");
    browser.await("document.querySelector('table.rows')");

    assertThat(browser.value("document.querySelector('table.rows').textContent"))
        .contains("distances");
    assertThat(browser.errors()).isEmpty();
  }

  @Test
  void blocksAreReachedByKeys() throws Exception {
    open("/explain?text=and%20the%20old");
    browser.value("document.activeElement.blur()");
    browser.press("]");

    assertThat(browser.value("document.activeElement.textContent")).startsWith("Block 0");
    browser.press("]");
    assertThat(browser.value("document.activeElement.textContent")).startsWith("Block 1");
    browser.press("[");
    assertThat(browser.value("document.activeElement.textContent")).startsWith("Block 0");
  }
}
