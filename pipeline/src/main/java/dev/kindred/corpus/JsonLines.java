/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.github.luben.zstd.ZstdInputStream;
import dev.kindred.InvalidInput;
import dev.kindred.JsonProblem;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.io.compress.CompressionCodec;
import org.apache.hadoop.io.compress.CompressionCodecFactory;
import org.apache.spark.TaskContext;
import org.apache.spark.util.TaskCompletionListener;

/**
 * JSON lines: on each line an object, or an array of objects, with a text in the column. Strict
 * where a reader could drop or change text without a word; quotes may be single, and numbers NaN,
 * as in what Python writes.
 *
 * @param textColumn a key of the objects
 * @param idColumn another one, with a string or a whole number that names the object; null for none
 */
record JsonLines(String textColumn, String idColumn) implements PieceReader {
  private static final int LONGEST_LINE = 128 << 20;
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .enable(JsonReadFeature.ALLOW_SINGLE_QUOTES)
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxStringLength(Integer.MAX_VALUE)
                  .maxNumberLength(Integer.MAX_VALUE)
                  .maxNameLength(Integer.MAX_VALUE)
                  .build())
          .build();

  /** Whether a file can only be read from its start. */
  static boolean isCompressed(String path, Configuration hadoop) {
    return path.endsWith(".zst")
        || new CompressionCodecFactory(hadoop).getCodec(new Path(path)) != null;
  }

  /** How many lines begin in a file before a place. */
  static long linesBefore(CorpusFile file, long offset, Configuration hadoop) throws IOException {
    long lines = 0;
    try (Lines all = new Lines(file.open(hadoop), 0, LONGEST_LINE)) {
      while (all.read() && all.start() < offset) {
        lines++;
      }
    }

    return lines;
  }

  @Override
  public Iterator<Piece> read(
      Section.Split split, Configuration hadoop, CutPlaces places, int followingTokens) {
    DocumentName file = DocumentName.file(split.file().path());
    if (split.file().length() == 0) {
      return List.<Piece>of().iterator();
    }

    try {
      FSDataInputStream opened = split.file().open(hadoop);
      TaskContext.get().addTaskCompletionListener((TaskCompletionListener) ended -> close(opened));
      return pieces(split, opened, hadoop, places, followingTokens);
    } catch (IOException | RuntimeException e) {
      return List.of(Piece.unreadable(file, "cannot be read: " + e.getMessage())).iterator();
    }
  }

  private static void close(InputStream in) {
    try {
      in.close();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private Iterator<Piece> pieces(
      Section.Split split,
      FSDataInputStream opened,
      Configuration hadoop,
      CutPlaces places,
      int followingTokens)
      throws IOException {
    // A line that begins before the split is read by the split before. It may end just before this
    // one, so that its end must be looked for from the byte before.
    long from = Math.max(0, split.start() - 1);
    opened.seek(from);
    InputStream in = uncompressed(split.file().path(), opened, hadoop);
    if (from == 0) {
      in = new BufferedInputStream(in, Content.BYTES);
      in.mark(Content.BYTES);
      Optional<String> other = Content.otherThanText(in.readNBytes(Content.BYTES));
      in.reset();
      if (other.isPresent()) {
        return List.of(Piece.unreadable(DocumentName.file(split.file().path()), other.get()))
            .iterator();
      }
    }

    Lines lines = new Lines(in, from, LONGEST_LINE);
    if (split.start() > 0) {
      lines.read();
    }

    long end = isCompressed(split.file().path(), hadoop) ? Long.MAX_VALUE : split.end();
    return new Documents(split, lines, end, places, followingTokens);
  }

  private static InputStream uncompressed(String path, InputStream in, Configuration hadoop)
      throws IOException {
    if (path.endsWith(".zst")) {
      return new ZstdInputStream(in);
    }

    CompressionCodec codec = new CompressionCodecFactory(hadoop).getCodec(new Path(path));
    return codec == null ? in : codec.createInputStream(in);
  }

  private final class Documents implements Iterator<Piece> {
    private final Section.Split split;
    private final Lines lines;
    private final long end;
    private final CutPlaces places;
    private final int followingTokens;
    private long number;
    private Iterator<Piece> pieces = List.<Piece>of().iterator();
    private boolean ended;

    private Documents(
        Section.Split split, Lines lines, long end, CutPlaces places, int followingTokens) {
      this.split = split;
      this.lines = lines;
      this.end = end;
      this.places = places;
      this.followingTokens = followingTokens;
    }

    @Override
    public boolean hasNext() {
      while (!pieces.hasNext() && !ended) {
        pieces = ofNextLine().iterator();
      }

      return pieces.hasNext();
    }

    @Override
    public Piece next() {
      if (!hasNext()) {
        throw new java.util.NoSuchElementException();
      }

      return pieces.next();
    }

    private List<Piece> ofNextLine() {
      number++;
      DocumentName name =
          new DocumentName(split.file().path(), "line", number, split.start(), null);
      try {
        if (!lines.read() || lines.start() >= end) {
          ended = true;
          lines.close();
          return List.of();
        }

        int start = lines.start() == 0 ? Utf8.afterMark(lines.line(), lines.length()) : 0;
        String line = Utf8.decode(lines.line(), start, lines.length(), lines.start());
        List<Piece> ofLine = new ArrayList<>();
        for (NamedText document : documents(line)) {
          ofLine.addAll(
              Piece.of(name.withId(document.id()), document.text(), places, followingTokens));
        }

        return ofLine;
      } catch (InvalidInput e) {
        ended = true;
        return List.of(Piece.unreadable(name, e.getMessage()));
      } catch (IOException | RuntimeException e) {
        ended = true;
        return List.of(Piece.unreadable(name, "cannot be read: " + e.getMessage()));
      }
    }
  }

  /** A document of a line; its id is null without a column of ids. */
  record NamedText(String id, String text) {}

  /**
   * The documents of a line; none if it is blank.
   *
   * @throws InvalidInput if it has anything else
   */
  List<NamedText> documents(String line) throws IOException {
    try (JsonParser json = JSON.createParser(line)) {
      JsonToken first = json.nextToken();
      if (first == null) {
        return List.of();
      }

      List<NamedText> documents = new ArrayList<>();
      if (first == JsonToken.START_ARRAY) {
        while (json.nextToken() != JsonToken.END_ARRAY) {
          documents.add(document(json));
        }
      } else {
        documents.add(document(json));
      }

      if (json.nextToken() != null) {
        throw new InvalidInput("more than one JSON value; end the line after each");
      }

      return documents;
    } catch (JsonProcessingException e) {
      throw new InvalidInput(
          "not a JSON object: %s; a document is one line such as {\"text\": \"And only l\"}",
          JsonProblem.line(e));
    }
  }

  private NamedText document(JsonParser json) throws IOException {
    if (json.currentToken() != JsonToken.START_OBJECT) {
      throw new InvalidInput(
          "%s, not a JSON object; a document is one line such as {\"text\": \"And only l\"}",
          kind(json.currentToken()));
    }

    String text = null;
    String id = null;
    boolean found = false;
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      boolean wanted = json.currentName().equals(textColumn);
      boolean named = json.currentName().equals(idColumn);
      JsonToken value = json.nextToken();
      if (named) {
        id = id(json, value, id);
        continue;
      }

      if (!wanted) {
        json.skipChildren();
        continue;
      }

      if (found) {
        throw new InvalidInput("the column %s twice in one object; remove one", textColumn);
      }

      found = true;
      if (value == JsonToken.VALUE_STRING) {
        text = json.getText();
      } else if (value != JsonToken.VALUE_NULL) {
        throw new InvalidInput(
            "%s in column %s, expected a string; see --text-column", kind(value), textColumn);
      }
    }

    if (text == null) {
      throw new InvalidInput("no text in column %s; see --text-column", textColumn);
    }

    int surrogate = Utf8.loneSurrogate(text);
    if (surrogate >= 0) {
      throw new InvalidInput(
          "half of a surrogate pair (\\u%04x) at character %d of column %s; write the whole"
              + " character, or remove it",
          (int) text.charAt(surrogate), text.codePointCount(0, surrogate) + 1, textColumn);
    }

    if (idColumn != null && id == null) {
      throw new InvalidInput("no id in column %s; see --id-column", idColumn);
    }

    return new NamedText(id, text);
  }

  /**
   * The id that a value is; null for null.
   *
   * @param before what the object had in the column already, or null
   */
  private String id(JsonParser json, JsonToken value, String before) throws IOException {
    if (before != null) {
      throw new InvalidInput("the column %s twice in one object; remove one", idColumn);
    }

    return switch (value) {
      case VALUE_STRING, VALUE_NUMBER_INT -> json.getText();
      case VALUE_NULL -> null;
      default ->
          throw new InvalidInput(
              "%s in column %s, expected a string or a whole number; see --id-column",
              kind(value), idColumn);
    };
  }

  private static String kind(JsonToken token) {
    return switch (token) {
      case START_OBJECT -> "an object";
      case START_ARRAY -> "an array";
      case VALUE_STRING -> "a string";
      case VALUE_NULL -> "null";
      case VALUE_TRUE, VALUE_FALSE -> "a boolean";
      default -> "a number";
    };
  }
}
