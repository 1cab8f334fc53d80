/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import dev.kindred.InvalidInput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.SparkSession;
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

  private final SparkSession spark;
  private final String uri;
  private final Format format;
  private final PieceReader reader;
  private final List<CorpusFile> files;
  private List<Section> sections; // of the first call: the number of cores may change between two

  private Corpus(
      SparkSession spark, String uri, Format format, PieceReader reader, List<CorpusFile> files) {
    this.spark = spark;
    this.uri = uri;
    this.format = format;
    this.reader = reader;
    this.files = files;
  }

  /**
   * Lists a corpus's files.
   *
   * @param uri a file, a folder (with all folders below it) or a glob
   * @param textColumn the column with the text, for Parquet and JSON lines
   * @throws InvalidInput if there are none, or such as cannot be read as a corpus
   */
  public static Corpus open(SparkSession spark, String uri, Format format, String textColumn) {
    return open(spark, uri, format, textColumn, null);
  }

  /**
   * Lists a corpus's files.
   *
   * @param idColumn the column with what names a row, for Parquet and JSON lines; null if rows are
   *     named by their numbers
   * @throws InvalidInput also if files of text are to have a column
   */
  public static Corpus open(
      SparkSession spark, String uri, Format format, String textColumn, String idColumn) {
    List<CorpusFile> files = CorpusListing.of(uri, spark.sparkContext().hadoopConfiguration());
    Format resolved = resolved(uri, format, files);
    checkIdColumn(resolved, textColumn, idColumn);
    return switch (resolved) {
      case PARQUET ->
          new Corpus(
              spark, uri, resolved, new ParquetRows(textColumn, idColumn), byEscapedPath(files));
      case JSONL ->
          new Corpus(
              spark, uri, resolved, new JsonLines(textColumn, idColumn), byEscapedPath(files));
      default -> new Corpus(spark, uri, resolved, new TextFiles(), files);
    };
  }

  private static void checkIdColumn(Format format, String textColumn, String idColumn) {
    if (idColumn != null && format == Format.TEXT) {
      throw new InvalidInput(
          "--id-column %s: files of text have no columns, and are named by their paths; leave it"
              + " out",
          idColumn);
    }

    if (idColumn != null && idColumn.equals(textColumn)) {
      throw new InvalidInput(
          "--id-column %s: is the column with the text; name another one", idColumn);
    }
  }

  /**
   * Checks before there is a Spark that {@link #open} can list a corpus.
   *
   * @throws InvalidInput as there
   */
  public static void check(
      Configuration hadoop, String uri, Format format, String textColumn, String idColumn) {
    checkIdColumn(resolved(uri, format, CorpusListing.of(uri, hadoop)), textColumn, idColumn);
  }

  private static Format resolved(String uri, Format format, List<CorpusFile> files) {
    return format == Format.AUTO ? formatOf(uri, files) : format;
  }

  /** Corpus ids depend on this order: that of URIs in which a blank is %20. */
  private static List<CorpusFile> byEscapedPath(List<CorpusFile> files) {
    return files.stream()
        .sorted(Comparator.comparing(file -> new Path(file.path()).toUri().toString()))
        .toList();
  }

  private static Format formatOf(String uri, List<CorpusFile> files) {
    Format first = formatOf(files.get(0));
    for (CorpusFile file : files) {
      if (formatOf(file) != first) {
        throw new InvalidInput(
            "--corpus %s mixes kinds of files (%s, %s); name one kind with --corpus-format",
            uri, name(files.get(0)), name(file));
      }
    }

    return first;
  }

  private static String name(CorpusFile file) {
    return file.path().substring(file.path().lastIndexOf('/') + 1);
  }

  private static Format formatOf(CorpusFile file) {
    String name = name(file).toLowerCase(Locale.ROOT);
    if (name.endsWith(".parquet")) {
      return Format.PARQUET;
    }

    return name.matches("(?s).*\\.(jsonl|ndjson|json)(\\.gz|\\.zst|\\.bz2)?")
        ? Format.JSONL
        : Format.TEXT;
  }

  /** The folder that all files are in, with its last slash: names of documents are below it. */
  String folder() {
    String first = files.get(0).path();
    int length = first.lastIndexOf('/') + 1;
    for (CorpusFile file : files) {
      while (!file.path().startsWith(first.substring(0, length))) {
        length = first.lastIndexOf('/', length - 2) + 1;
      }
    }

    return first.substring(0, length);
  }

  /** The pieces of a section, in order; they can be asked for once. */
  record Pieces(Section section, Iterator<Piece> pieces) {}

  /**
   * The corpus in sections, one a partition, in order. Later calls give the same sections as the
   * first one.
   *
   * @param places where the tokenizer allows documents to be cut
   * @param followingTokens how many tokens of what follows a piece needs
   */
  JavaRDD<Pieces> sections(CutPlaces places, int followingTokens) {
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    if (sections == null) {
      sections = cut(places, context.defaultParallelism());
    }

    Broadcast<SerializableConfiguration> hadoop =
        context.broadcast(
            new SerializableConfiguration(spark.sparkContext().hadoopConfiguration()));
    PieceReader read = reader;
    return context
        .parallelize(sections, sections.size())
        .map(
            section ->
                new Pieces(
                    section,
                    new PiecesOfSplits(
                        section.splits().iterator(),
                        split ->
                            read.read(split, hadoop.value().value(), places, followingTokens))));
  }

  /** All pieces; those of a section are in one partition. */
  JavaRDD<Piece> pieces(CutPlaces places, int followingTokens) {
    return sections(places, followingTokens).flatMap(Pieces::pieces);
  }

  private List<Section> cut(CutPlaces places, int cores) {
    long total = files.stream().mapToLong(CorpusFile::length).sum();
    long share = Math.max(CutPlaces.CHARACTERS.step(), total / (2L * cores) + 1);
    long sectionBytes = Math.min(share, format == Format.TEXT ? SECTION_BYTES : splitBytes());

    List<Section> cut = new ArrayList<>();
    List<Section.Split> section = new ArrayList<>();
    long bytes = 0;
    for (CorpusFile file : files) {
      long step = step(file, places, sectionBytes);
      for (long start = 0; start < Math.max(1, file.length()); start += step) {
        long end = start + Math.min(file.length() - start, step);
        section.add(new Section.Split(file, start, end));
        bytes += end - start;
        if (bytes >= sectionBytes || section.size() >= SECTION_FILES) {
          cut.add(new Section(section));
          section = new ArrayList<>();
          bytes = 0;
        }
      }
    }

    if (!section.isEmpty()) {
      cut.add(new Section(section));
    }

    return cut;
  }

  private long splitBytes() {
    return Math.max(1, spark.sessionState().conf().filesMaxPartitionBytes());
  }

  private long step(CorpusFile file, CutPlaces places, long sectionBytes) {
    Configuration hadoop = spark.sparkContext().hadoopConfiguration();
    return switch (format) {
      case PARQUET -> sectionBytes;
      case JSONL ->
          JsonLines.isCompressed(file.path(), hadoop) ? Math.max(1, file.length()) : sectionBytes;
      default -> places == CutPlaces.NOWHERE ? wholeDocument(file) : places.step();
    };
  }

  private long wholeDocument(CorpusFile file) {
    if (file.length() > CutPlaces.LONGEST) {
      throw new InvalidInput(
          "--corpus %s: %s has %d bytes; with this tokenizer a document is tokenised whole and"
              + " may have %d at most: split the file",
          uri, file.path(), file.length(), CutPlaces.LONGEST);
    }

    return Math.max(1, file.length());
  }

  /** The error for a problem, with the number of a line in its file. */
  InvalidInput invalid(Problem problem) {
    DocumentName document = problem.document();
    if (document.afterByte() == 0) {
      return problem.asInvalidInput();
    }

    CorpusFile file =
        files.stream().filter(one -> one.path().equals(document.path())).findFirst().orElseThrow();
    long before;
    try {
      before =
          JsonLines.linesBefore(
              file, document.afterByte(), spark.sparkContext().hadoopConfiguration());
    } catch (IOException e) {
      return problem.asInvalidInput(); // which says where the counting began
    }

    DocumentName inFile =
        new DocumentName(
            document.path(), document.unit(), before + document.number(), 0, document.id());
    return new Problem(inFile, problem.text()).asInvalidInput();
  }

  private interface OpenSplit {
    Iterator<Piece> open(Section.Split split);
  }

  private static final class PiecesOfSplits implements Iterator<Piece> {
    private final Iterator<Section.Split> splits;
    private final OpenSplit opening;
    private Iterator<Piece> pieces = List.<Piece>of().iterator();

    private PiecesOfSplits(Iterator<Section.Split> splits, OpenSplit opening) {
      this.splits = splits;
      this.opening = opening;
    }

    @Override
    public boolean hasNext() {
      while (!pieces.hasNext() && splits.hasNext()) {
        pieces = opening.open(splits.next());
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
  }
}
