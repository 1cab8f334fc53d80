/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The browser on the PATH, without a window and without a network. */
public final class Chromium {
  private static final long SECONDS = 120;

  private final Path folder;
  private final Path program;

  /**
   * Finds the browser; the test is skipped where there is none.
   *
   * @param folder for its profile and what it is given
   */
  Chromium(Path folder) {
    Optional<Path> found = program();
    assumeTrue(found.isPresent(), "no chromium on the PATH: the report was not opened");
    this.folder = folder;
    this.program = found.get();
  }

  /** Returns the browser on the PATH, if there is one. */
  public static Optional<Path> program() {
    return Stream.of("chromium", "chromium-browser", "google-chrome")
        .flatMap(
            name ->
                Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                    .map(place -> Path.of(place, name)))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /**
   * Opens a page in a frame, runs a script in it, and returns what the script reports.
   *
   * @param width of the frame, in CSS pixels: windows cannot be as narrow as a telephone
   * @param script JavaScript for the end of the page; calls {@code report(text)} once
   */
  String run(String html, int width, String script) throws IOException, InterruptedException {
    Path page = folder.resolve("page.html");
    Files.writeString(
        page,
        html.replaceFirst(
                "<head>",
                "<head><script>window.problems = [];"
                    + " addEventListener('error', e => problems.push(e.message));"
                    + " addEventListener('unhandledrejection', e => problems.push(e.reason));"
                    + " const log = console.error;"
                    + " console.error = (...all) => { problems.push(all.join(' ')); log(...all); };"
                    + " const report = text => parent.postMessage(String(text), '*');</script>")
            + "<script>"
            + script
            + "</script>");
    Path frame = folder.resolve("frame.html");
    Files.writeString(
        frame,
        "<!doctype html><meta charset=utf-8><iframe src=page.html style='border:0;width:"
            + width
            + "px;height:2000px'></iframe><pre id=outcome></pre>"
            + "<script>addEventListener('message', e => outcome.textContent = e.data)</script>");
    Path out = folder.resolve("out.html");
    Process process =
        new ProcessBuilder(
                program.toString(),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--user-data-dir=" + folder.resolve("profile"),
                "--window-size=1600,2200",
                "--virtual-time-budget=20000",
                "--dump-dom",
                frame.toUri().toString())
            .redirectOutput(out.toFile())
            .redirectError(folder.resolve("err.txt").toFile())
            .start();
    if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }

    String dumped = Files.readString(out, StandardCharsets.UTF_8);
    assertThat(dumped).as(Files.readString(folder.resolve("err.txt"))).contains("id=\"outcome\"");
    return dumped
        .replaceAll("(?s).*<pre id=\"outcome\">(.*?)</pre>.*", "$1")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&");
  }
}
