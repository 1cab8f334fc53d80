/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import static org.apache.spark.sql.functions.col;

import dev.kindred.InvalidInput;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.SerializableConfiguration;

/**
 * Documents on any file system that Hadoop knows, as pieces of text.
 *
 * <p>A document is a text file, or a row of Parquet or JSON lines with a text column. Documents are
 * in the order of their files' paths, then of their place in the file, so that a file that sorts
 * last leaves the positions of all others as they are. Names that begin with {@code _} or {@code .}
 * are not part of a corpus; a byte order mark at a file's start is not part of its text.
 */
public final class Corpus {
  /** How the files are to be read; AUTO goes by their names' endings. */
  public enum Format {
    AUTO,
    TEXT,
    PARQUET,
    JSONL
  }

  private static final long SECTION_BYTES = 16L << 20;
  private static final int SECTION_FILES = 4096;
  private static final long WHOLE_DOCUMENT_BYTES = 256L << 20;
  private static final byte[] BYTE_ORDER_MARK = {(byte) 0xef, (byte) 0xbb, (byte) 0xbf};

  private final SparkSession spark;
  private final String uri;
  private final Format format;
  private final String textColumn;
  private final List<FileStatus> files;
  private JavaRDD<Piece> pieces; // of the first call: how Spark splits files may change between two

  private Corpus(
      SparkSession spark, String uri, Format format, String textColumn, List<FileStatus> files) {
    this.spark = spark;
    this.uri = uri;
    this.format = format;
    this.textColumn = textColumn;
    this.files = files;
  }

  /**
   * Lists a corpus's files.
   *
   * @param uri a file, a folder (with all folders below it) or a glob
   * @param textColumn the column with the text, for Parquet and JSON lines
   */
  public static Corpus open(SparkSession spark, String uri, Format format, String textColumn) {
    List<FileStatus> files;
    try {
      files = list(spark, uri);
    } catch (FileNotFoundException e) {
      throw new InvalidInput("--corpus %s: no such file or folder", uri);
    } catch (IOException | RuntimeException e) {
      throw new InvalidInput("--corpus %s: cannot be listed: %s", uri, e.getMessage());
    }

    if (files.isEmpty()) {
      throw new InvalidInput("--corpus %s: no files there", uri);
    }

    Format resolved = format == Format.AUTO ? formatOf(uri, files) : format;
    return new Corpus(spark, uri, resolved, textColumn, files);
  }

  private static List<FileStatus> list(SparkSession spark, String uri) throws IOException {
    Path path = new Path(uri);
    FileSystem system = path.getFileSystem(spark.sparkContext().hadoopConfiguration());
    FileStatus[] matches = system.globStatus(path);
    if (matches == null || matches.length == 0) {
      throw new FileNotFoundException(uri);
    }

    List<FileStatus> files = new ArrayList<>();
    for (FileStatus match : matches) {
      add(files, system, match);
    }

    files.sort(Comparator.comparing(file -> file.getPath().toString()));
    return files;
  }

  /** By listStatus: on local disks listFiles starts a process a file, for its permissions. */
  private static void add(List<FileStatus> files, FileSystem system, FileStatus found)
      throws IOException {
    if (found.isFile()) {
      files.add(found);
      return;
    }

    for (FileStatus child : system.listStatus(found.getPath())) {
      String name = child.getPath().getName();
      if (!name.startsWith("_") && !name.startsWith(".")) {
        add(files, system, child);
      }
    }
  }

  private static Format formatOf(String uri, List<FileStatus> files) {
    Format first = formatOf(files.get(0));
    for (FileStatus file : files) {
      if (formatOf(file) != first) {
        throw new InvalidInput(
            "--corpus %s mixes kinds of files (%s, %s); name one kind with --corpus-format",
            uri, files.get(0).getPath().getName(), file.getPath().getName());
      }
    }

    return first;
  }

  private static Format formatOf(FileStatus file) {
    String name = file.getPath().getName().toLowerCase(Locale.ROOT);
    if (name.endsWith(".parquet")) {
      return Format.PARQUET;
    }

    return name.matches(".*\\.(jsonl|ndjson|json)(\\.gz|\\.zst)?") ? Format.JSONL : Format.TEXT;
  }

  /**
   * The corpus in pieces. All pieces of a section are in one partition, one after the other and in
   * order. Later calls give the same sections as the first one, whose arguments count.
   *
   * @param characterLevel whether the tokenizer allows documents to be cut
   * @param followingTokens how many tokens of what follows a piece needs
   */
  JavaRDD<Piece> pieces(boolean characterLevel, int followingTokens) {
    if (pieces == null) {
      pieces =
          format == Format.TEXT
              ? textPieces(characterLevel, followingTokens)
              : rowPieces(characterLevel, followingTokens);
    }

    return pieces;
  }

  private JavaRDD<Piece> textPieces(boolean characterLevel, int followingTokens) {
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    long total = files.stream().mapToLong(FileStatus::getLen).sum();
    long share = total / (2L * context.defaultParallelism()) + 1;
    long sectionBytes = Math.min(SECTION_BYTES, Math.max(Piece.BYTES, share));

    List<List<Split>> sections = new ArrayList<>();
    List<Split> section = new ArrayList<>();
    long bytes = 0;
    for (FileStatus file : files) {
      String path = file.getPath().toString();
      if (!characterLevel && file.getLen() > WHOLE_DOCUMENT_BYTES) {
        throw new InvalidInput(
            "--corpus %s: %s has %d bytes; with this tokenizer a document is tokenised whole and"
                + " may have %d at most: split the file",
            uri, path, file.getLen(), WHOLE_DOCUMENT_BYTES);
      }

      long step = characterLevel ? Piece.BYTES : Math.max(1, file.getLen());
      for (long start = 0; start < Math.max(1, file.getLen()); start += step) {
        long end = Math.min(file.getLen(), start + step);
        section.add(new Split(path, file.getLen(), start, end));
        bytes += end - start;
        if (bytes >= sectionBytes || section.size() >= SECTION_FILES) {
          sections.add(section);
          section = new ArrayList<>();
          bytes = 0;
        }
      }
    }

    if (!section.isEmpty()) {
      sections.add(section);
    }

    Broadcast<SerializableConfiguration> hadoop =
        context.broadcast(
            new SerializableConfiguration(spark.sparkContext().hadoopConfiguration()));
    return context
        .parallelize(sections, sections.size())
        .flatMap(new ReadSplits(hadoop, followingTokens));
  }

  /** Bytes [start, end) of a file; characters that begin in them. */
  private record Split(String path, long fileLength, long start, long end)
      implements java.io.Serializable {}

  private static final class ReadSplits implements FlatMapFunction<List<Split>, Piece> {
    private static final long serialVersionUID = 1L;

    private final Broadcast<SerializableConfiguration> hadoop;
    private final int followingTokens;

    private ReadSplits(Broadcast<SerializableConfiguration> hadoop, int followingTokens) {
      this.hadoop = hadoop;
      this.followingTokens = followingTokens;
    }

    @Override
    public Iterator<Piece> call(List<Split> splits) {
      Section section = new Section(splits.get(0).path(), splits.get(0).start());
      return splits.stream().map(split -> read(section, split)).iterator();
    }

    private Piece read(Section section, Split split) {
      long from = Math.max(0, split.start() - 3);
      long to = Math.min(split.fileLength(), split.end() + 3 + 4L * (followingTokens + 1));
      byte[] bytes;
      try {
        bytes = bytes(split.path(), from, (int) (to - from));
      } catch (IOException | RuntimeException e) {
        return Piece.unreadable(section, split.path(), "cannot be read: " + e.getMessage());
      }

      int start = Utf8.boundary(bytes, (int) (split.start() - from));
      int end = Utf8.boundary(bytes, (int) (split.end() - from));
      if (split.start() == 0 && startsWithMark(bytes)) {
        start = BYTE_ORDER_MARK.length;
      }

      int followingEnd = Utf8.after(bytes, end, followingTokens);
      try {
        return new Piece(
            section,
            split.path(),
            from + start,
            split.start() == 0,
            Utf8.decode(bytes, start, end, from),
            new String(bytes, end, followingEnd - end, StandardCharsets.UTF_8),
            null);
      } catch (InvalidInput e) {
        return Piece.unreadable(section, split.path(), e.getMessage());
      }
    }

    private byte[] bytes(String path, long from, int length) throws IOException {
      Path file = new Path(path);
      byte[] bytes = new byte[length];
      try (var in = file.getFileSystem(hadoop.value().value()).open(file)) {
        in.readFully(from, bytes);
      }

      return bytes;
    }

    private static boolean startsWithMark(byte[] bytes) {
      return bytes.length >= BYTE_ORDER_MARK.length
          && java.util.Arrays.equals(
              bytes, 0, BYTE_ORDER_MARK.length, BYTE_ORDER_MARK, 0, BYTE_ORDER_MARK.length);
    }
  }

  private JavaRDD<Piece> rowPieces(boolean characterLevel, int followingTokens) {
    // Spark takes paths for globs.
    String[] paths =
        files.stream()
            .map(file -> file.getPath().toString().replaceAll("[{}\\[\\]*?\\\\]", "\\\\$0"))
            .toArray(String[]::new);
    Dataset<Row> rows;
    if (format == Format.PARQUET) {
      rows = parquet(paths);
      checkTextColumn(rows.schema());
    } else {
      rows =
          spark.read().schema(new StructType().add(textColumn, DataTypes.StringType)).json(paths);
    }

    return rows.select(
            col("_metadata.file_path"),
            col("_metadata.file_block_start"),
            col("`" + textColumn.replace("`", "``") + "`"))
        .toJavaRDD()
        .mapPartitions(new ReadRows(textColumn, characterLevel, followingTokens));
  }

  private Dataset<Row> parquet(String[] paths) {
    try {
      return spark.read().parquet(paths);
    } catch (Exception e) { // Scala's checked exceptions are not declared
      Throwable cause = e;
      while (cause.getCause() != null) {
        cause = cause.getCause();
      }

      throw new InvalidInput(
          "--corpus %s: cannot be read as Parquet: %s",
          uri, String.valueOf(cause.getMessage()).lines().findFirst().orElse(""));
    }
  }

  private void checkTextColumn(StructType schema) {
    int index = List.of(schema.fieldNames()).indexOf(textColumn);
    if (index < 0) {
      throw new InvalidInput(
          "--text-column %s: not a column of %s; its columns are %s",
          textColumn, uri, String.join(", ", schema.fieldNames()));
    }

    if (!schema.fields()[index].dataType().equals(DataTypes.StringType)) {
      throw new InvalidInput(
          "--text-column %s: of type %s, expected string",
          textColumn, schema.fields()[index].dataType().catalogString());
    }
  }

  private static final class ReadRows implements FlatMapFunction<Iterator<Row>, Piece> {
    private static final long serialVersionUID = 1L;

    private final String textColumn;
    private final boolean characterLevel;
    private final int followingTokens;

    private ReadRows(String textColumn, boolean characterLevel, int followingTokens) {
      this.textColumn = textColumn;
      this.characterLevel = characterLevel;
      this.followingTokens = followingTokens;
    }

    @Override
    public Iterator<Piece> call(Iterator<Row> rows) {
      return new Iterator<>() {
        private Section section;
        private long row;
        private Iterator<Piece> document = List.<Piece>of().iterator();

        @Override
        public boolean hasNext() {
          return document.hasNext() || rows.hasNext();
        }

        @Override
        public Piece next() {
          if (!document.hasNext()) {
            Row next = rows.next();
            Section here = new Section(next.getString(0), next.getLong(1));
            row = here.equals(section) ? row + 1 : 1;
            section = here;
            document = pieces(next.getString(2)).iterator();
          }

          return document.next();
        }

        private List<Piece> pieces(String text) {
          String name = String.format("%s row %d", section.path(), row);
          if (section.start() > 0) {
            name += " after byte " + section.start();
          }

          return text == null
              ? List.of(
                  Piece.unreadable(
                      section,
                      name,
                      String.format("no text in column %s; see --text-column", textColumn)))
              : cut(section, name, text);
        }
      };
    }

    private List<Piece> cut(Section section, String document, String text) {
      if (!characterLevel || text.length() < Piece.BYTES / 4) {
        return List.of(new Piece(section, document, 0, true, text, "", null));
      }

      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      List<Piece> pieces = new ArrayList<>();
      for (int cut = 0; cut < bytes.length; cut += Piece.BYTES) {
        int start = Utf8.boundary(bytes, cut);
        int end = Utf8.boundary(bytes, Math.min(bytes.length, cut + Piece.BYTES));
        int followingEnd = Utf8.after(bytes, end, followingTokens);
        pieces.add(
            new Piece(
                section,
                document,
                start,
                cut == 0,
                new String(bytes, start, end - start, StandardCharsets.UTF_8),
                new String(bytes, end, followingEnd - end, StandardCharsets.UTF_8),
                null));
      }

      return pieces;
    }
  }
}
