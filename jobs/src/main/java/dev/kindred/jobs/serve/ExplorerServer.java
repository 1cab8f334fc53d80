/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.serve;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.kindred.InvalidInput;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves the pages over HTTP. It reads nothing of a request but its first line and headers, answers
 * GET and HEAD alone, and drops who takes too long to ask.
 */
public final class ExplorerServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ExplorerServer.class);

  /** Requests that are answered at once; most of them wait for one pass over the vectors. */
  private static final int THREADS = 256;

  private static final int WAITING = 256; // to be connected
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final int MOST_ADDRESS = 16 << 10; // bytes
  private static final String TOKEN = "token";
  private static final String COOKIE = "kindred_token";

  private final HttpServer server;
  private final Pages pages;
  private final String token; // null for none
  private final Patience threads;

  /**
   * Listens, and answers from now on.
   *
   * @param token that every request has to have; null where only this machine can ask
   * @throws InvalidInput if the address cannot be had
   */
  public ExplorerServer(Explorer explorer, String host, int port, String token) {
    this(explorer, host, port, token, PATIENCE);
  }

  /**
   * The same.
   *
   * @param patience how long somebody may take to ask, or to read an answer
   */
  ExplorerServer(Explorer explorer, String host, int port, String token, Duration patience) {
    // The server counts the time of an answer to that of its request: the longest must not take so
    // many seconds.
    System.setProperty("sun.net.httpserver.maxReqTime", "300");
    System.setProperty("sun.net.httpserver.maxRspTime", "300");
    this.pages = new Pages(explorer);
    this.token = token;
    this.threads = new Patience(THREADS, patience);
    try {
      this.server = HttpServer.create(new InetSocketAddress(host, port), WAITING);
    } catch (BindException e) {
      threads.close();
      throw new InvalidInput(
          "--port %d: another program listens there, or it is not this machine's address; give"
              + " another one, or 0 for any that is free",
          port);
    } catch (IOException | IllegalArgumentException e) {
      threads.close();
      throw new InvalidInput("--host %s: %s", host, e.getMessage());
    }

    server.createContext("/", this::handle);
    server.setExecutor(threads);
    server.start();
  }

  /** Returns the port. */
  public int port() {
    return server.getAddress().getPort();
  }

  private void handle(HttpExchange exchange) throws IOException {
    threads.asked();
    long start = System.nanoTime();
    Answer answer = answered(exchange);
    Headers headers = exchange.getResponseHeaders();
    headers.set("Content-Type", answer.type());
    headers.set("Cache-Control", "no-store");
    headers.set("X-Content-Type-Options", "nosniff");
    headers.set("Referrer-Policy", "no-referrer");
    headers.set(
        "Content-Security-Policy",
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:;"
            + " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'");
    boolean isHead = exchange.getRequestMethod().equals("HEAD");
    threads.answers();
    try (exchange) {
      exchange.sendResponseHeaders(answer.status(), isHead ? -1 : answer.content().length);
      if (!isHead) {
        exchange.getResponseBody().write(answer.content());
      }
    }

    LOG.info(
        "{} {} {} ms",
        answer.status(),
        exchange.getRequestURI().getRawPath(),
        (System.nanoTime() - start) / 1_000_000);
  }

  private Answer answered(HttpExchange exchange) {
    boolean isJson = exchange.getRequestURI().getRawPath().endsWith(".json");
    try {
      if (!exchange.getRequestMethod().matches("GET|HEAD")) {
        exchange.getResponseHeaders().set("Allow", "GET, HEAD");
        return Answer.problem(405, "only GET is answered: nothing can be changed here", isJson);
      }

      if (exchange.getRequestURI().toString().length() > MOST_ADDRESS) {
        return Answer.problem(414, "the address is longer than 16 KiB; ask in parts", isJson);
      }

      Question question = Question.of(exchange.getRequestURI());
      if (!isAllowed(exchange, question)) {
        return Answer.problem(
            403, "a token is needed: take the address that kindred serve has printed", isJson);
      }

      Optional<Answer> found = pages.answer(question);
      return found.orElseGet(
          () -> Answer.problem(404, "there is no such page; / lists the runs", isJson));
    } catch (IllegalArgumentException e) {
      return Answer.problem(400, "the address is not encoded as addresses are", isJson);
    } catch (AskQueue.TooBusy e) {
      exchange.getResponseHeaders().set("Retry-After", "5");
      return Answer.problem(503, "too many questions wait; ask again in some seconds", isJson);
    } catch (RuntimeException | Error e) {
      LOG.error("Not answered: {}", exchange.getRequestURI(), e);
      return Answer.problem(500, "this is a bug; the log has its stack trace", isJson);
    }
  }

  /** Whether a request has the token, in its address or, once it had it there, in a cookie. */
  private boolean isAllowed(HttpExchange exchange, Question question) {
    if (token == null) {
      return isThisMachine(exchange);
    }

    Optional<String> given = question.parameter(TOKEN);
    if (given.isPresent() && isToken(given.get())) {
      exchange
          .getResponseHeaders()
          .set("Set-Cookie", COOKIE + "=" + token + "; HttpOnly; SameSite=Strict; Path=/");
      return true;
    }

    String cookies = exchange.getRequestHeaders().getFirst("Cookie");
    if (cookies == null) {
      return false;
    }

    for (String cookie : cookies.split(";")) {
      String[] pair = cookie.trim().split("=", 2);
      if (pair.length == 2 && pair[0].equals(COOKIE) && isToken(pair[1])) {
        return true;
      }
    }

    return false;
  }

  private boolean isToken(String given) {
    return MessageDigest.isEqual(
        given.getBytes(StandardCharsets.UTF_8), token.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Whether the browser means this machine by the name that it asks for: a page elsewhere whose
   * name was made to lead here must not read answers.
   */
  private static boolean isThisMachine(HttpExchange exchange) {
    String host = exchange.getRequestHeaders().getFirst("Host");
    return host == null
        || host.toLowerCase(Locale.ROOT)
            .matches("(localhost|127\\.\\d+\\.\\d+\\.\\d+|\\[::1\\])(:\\d+)?");
  }

  @Override
  public void close() {
    server.stop(0);
    threads.close();
  }
}
