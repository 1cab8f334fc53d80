/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.clusters;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/**
 * A bucket of a local server that speaks S3's protocol, as seen without Hadoop. Such servers ask
 * for a name and believe it, so requests are not signed.
 *
 * @param endpoint {@code http://host:port}
 */
record Bucket(String endpoint, String name) {
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  /** Makes the bucket, which is not there. */
  static Bucket create(String endpoint, String name) {
    Bucket bucket = new Bucket(endpoint.replaceFirst("/$", ""), name);
    bucket.request("PUT", "", BodyPublishers.noBody());
    return bucket;
  }

  /** Copies a local file to a key, or the files of a folder to keys below one. */
  void put(Path from, String key) throws IOException {
    if (Files.isRegularFile(from)) {
      request("PUT", "/" + encoded(key), BodyPublishers.ofFile(from));
      return;
    }

    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        put(file, key + "/" + file.getFileName());
      }
    }
  }

  /** The objects below a key, as of now. */
  StoredFiles files(String folder) {
    Set<String> names = new TreeSet<>();
    String next = "";
    do {
      Document page =
          parsed(
              request(
                  "GET",
                  "?list-type=2&prefix=" + query(folder + "/") + next,
                  BodyPublishers.noBody()));
      NodeList keys = page.getElementsByTagName("Key");
      for (int i = 0; i < keys.getLength(); i++) {
        names.add(keys.item(i).getTextContent().substring(folder.length() + 1));
      }

      NodeList token = page.getElementsByTagName("NextContinuationToken");
      next =
          token.getLength() == 0
              ? ""
              : "&continuation-token=" + query(token.item(0).getTextContent());
    } while (!next.isEmpty());
    return new StoredFiles(names);
  }

  /** Copies the objects below a key to a local folder. */
  Path get(String folder, Path to) throws IOException {
    for (String name : files(folder).names()) {
      if (!name.isEmpty() && !name.endsWith("/")) {
        Path file = to.resolve(name);
        Files.createDirectories(file.getParent());
        Files.write(
            file, request("GET", "/" + encoded(folder + "/" + name), BodyPublishers.noBody()));
      }
    }

    return to;
  }

  private byte[] request(String method, String what, BodyPublisher body) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(endpoint + "/" + name + what))
            .header("Authorization", "AWS test:test")
            .method(method, body)
            .build();
    try {
      var answer = CLIENT.send(request, BodyHandlers.ofByteArray());
      if (answer.statusCode() != 200) {
        throw new AssertionError(
            request + ": " + answer + new String(answer.body(), StandardCharsets.UTF_8));
      }

      return answer.body();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static Document parsed(byte[] xml) {
    try {
      return DocumentBuilderFactory.newDefaultInstance()
          .newDocumentBuilder()
          .parse(new ByteArrayInputStream(xml));
    } catch (IOException | ParserConfigurationException | SAXException e) {
      throw new AssertionError(e);
    }
  }

  /** A key as a path. */
  private static String encoded(String key) {
    return query(key).replace("%2F", "/");
  }

  private static String query(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
