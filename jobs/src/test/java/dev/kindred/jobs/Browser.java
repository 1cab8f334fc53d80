/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A page in a Chromium that is there already, driven by its DevTools protocol. */
public final class Browser implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern LISTENING = Pattern.compile("DevTools listening on ws://([^/]+)/");

  private final Process process;
  private final Path profile;
  private final WebSocket socket;
  private final AtomicInteger ids = new AtomicInteger();
  private final Map<Integer, CompletableFuture<JsonNode>> answers = new ConcurrentHashMap<>();
  private final List<String> errors = new CopyOnWriteArrayList<>();

  private Browser(Process process, Path profile, String host) throws Exception {
    this.process = process;
    this.profile = profile;
    HttpClient client = HttpClient.newHttpClient();
    JsonNode page =
        JSON.readTree(
            client
                .send(
                    HttpRequest.newBuilder(URI.create("http://" + host + "/json/new?about:blank"))
                        .PUT(HttpRequest.BodyPublishers.noBody())
                        .build(),
                    HttpResponse.BodyHandlers.ofString())
                .body());
    this.socket =
        client
            .newWebSocketBuilder()
            .buildAsync(URI.create(page.get("webSocketDebuggerUrl").asText()), new Listener())
            .join();
    for (String domain : List.of("Page", "Runtime", "Log")) {
      send(domain + ".enable", JSON.createObjectNode());
    }
  }

  /** Returns the browser on the PATH, if there is one. */
  private static Optional<Path> program() {
    return Stream.of("chromium", "chromium-browser", "google-chrome")
        .flatMap(
            name ->
                Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                    .map(place -> Path.of(place, name)))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /**
   * Starts the browser on the PATH; the test is skipped where there is none.
   *
   * @param unseen what is not looked at then
   */
  public static Browser start(String unseen) throws Exception {
    Optional<Path> program = program();
    assumeTrue(program.isPresent(), "no chromium on the PATH: " + unseen + " was not opened");
    Path profile = Files.createTempDirectory("kindred-browser");
    Process process =
        new ProcessBuilder(
                program.get().toString(),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--remote-debugging-port=0",
                "--remote-allow-origins=*",
                "--window-size=1200,1000",
                "--user-data-dir=" + profile)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    BufferedReader said =
        new BufferedReader(new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8));
    for (String line = said.readLine(); line != null; line = said.readLine()) {
      Matcher listening = LISTENING.matcher(line);
      if (listening.find()) {
        Thread rest = new Thread(() -> said.lines().forEach(ignored -> {}));
        rest.setDaemon(true);
        rest.start();
        return new Browser(process, profile, listening.group(1));
      }
    }

    throw new IllegalStateException(program.get() + " did not start");
  }

  private JsonNode send(String method, ObjectNode parameters) {
    int id = ids.incrementAndGet();
    CompletableFuture<JsonNode> answer = new CompletableFuture<>();
    answers.put(id, answer);
    ObjectNode message = JSON.createObjectNode();
    message.put("id", id).put("method", method).set("params", parameters);
    socket.sendText(message.toString(), true).join();
    return answer.orTimeout(30, TimeUnit.SECONDS).join();
  }

  /** Makes the window so wide, in CSS pixels. */
  public void width(int pixels) {
    send(
        "Emulation.setDeviceMetricsOverride",
        JSON.createObjectNode()
            .put("width", pixels)
            .put("height", 1000)
            .put("deviceScaleFactor", 1)
            .put("mobile", false));
  }

  /** Goes to an address, and waits until the page is there. */
  public void open(String address) throws InterruptedException {
    send("Page.navigate", JSON.createObjectNode().put("url", address));
    await("document.readyState === 'complete' && location.href !== 'about:blank'");
  }

  /** The value of an expression, as text. */
  public String value(String expression) {
    JsonNode found =
        send(
            "Runtime.evaluate",
            JSON.createObjectNode()
                .put("expression", expression)
                .put("returnByValue", true)
                .put("awaitPromise", true));
    return found.path("result").path("result").path("value").asText();
  }

  /** Waits until an expression is true. */
  public void await(String expression) throws InterruptedException {
    for (int i = 0; i < 600; i++) {
      if (value("Boolean(" + expression + ")").equals("true")) {
        return;
      }

      Thread.sleep(50);
    }

    throw new AssertionError("never true: " + expression);
  }

  /**
   * Opens a page, runs a script at its end, and returns what the script reports.
   *
   * @param folder for the page
   * @param script JavaScript; calls {@code report(text)} once, and finds in {@code problems} what
   *     has gone wrong
   */
  public String reported(Path folder, String html, String script)
      throws IOException, InterruptedException {
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
                    + " const report = text => { window.reported = String(text); };</script>")
            + "<script>"
            + script
            + "</script>");
    open(page.toUri().toString());
    await("window.reported !== undefined");
    return value("window.reported");
  }

  /** Presses a key, as a character that it types or by its name. */
  public void press(String key) {
    for (String type : List.of("keyDown", "keyUp")) {
      ObjectNode event = JSON.createObjectNode().put("type", type).put("key", key);
      if (type.equals("keyDown")) {
        event.put("text", key.equals("Enter") ? "\r" : key.length() == 1 ? key : "");
      }

      send("Input.dispatchKeyEvent", event);
    }
  }

  /** Types a text where the focus is. */
  public void type(String text) {
    send("Input.insertText", JSON.createObjectNode().put("text", text));
  }

  /** What the console has of errors, and exceptions that no script caught. */
  public List<String> errors() {
    return errors;
  }

  @Override
  public void close() throws IOException {
    socket.abort();
    process.destroy();
    try {
      process.waitFor(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }

    SharedRun.delete(profile);
  }

  private final class Listener implements WebSocket.Listener {
    private final StringBuilder message = new StringBuilder();

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
      message.append(data);
      if (last) {
        take(message.toString());
        message.setLength(0);
      }

      from.request(1);
      return null;
    }

    private void take(String text) {
      try {
        JsonNode read = JSON.readTree(text);
        if (read.has("id")) {
          answers.remove(read.get("id").asInt()).complete(read);
        } else if (read.path("method").asText().equals("Runtime.exceptionThrown")
            || read.path("params").path("entry").path("level").asText().equals("error")) {
          errors.add(text);
        }
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
