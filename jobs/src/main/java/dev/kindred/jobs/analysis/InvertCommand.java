/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import static org.apache.spark.sql.functions.lit;

import dev.kindred.InvalidInput;
import dev.kindred.corpus.Prompt;
import dev.kindred.corpus.Prompts;
import dev.kindred.corpus.Tokenizer;
import dev.kindred.inversion.AllowedTokens;
import dev.kindred.inversion.Decoders;
import dev.kindred.inversion.Decoding;
import dev.kindred.inversion.FeatureChoice;
import dev.kindred.inversion.InversionGrid;
import dev.kindred.inversion.TokenVectors;
import dev.kindred.jobs.analysis.InversionFindings.Found;
import dev.kindred.jobs.analysis.InversionStudy.Question;
import dev.kindred.jobs.option.GivenPrompts;
import dev.kindred.jobs.option.ReadModelOptions;
import dev.kindred.jobs.report.Findings;
import dev.kindred.jobs.report.Findings.Element;
import dev.kindred.jobs.report.Findings.Note;
import dev.kindred.jobs.report.FindingsPage;
import dev.kindred.jobs.report.PageFile;
import dev.kindred.jobs.report.Report;
import dev.kindred.jobs.workspace.Terminal;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.model.ResidualStream;
import dev.kindred.model.files.LoadedModels;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Warehouse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Searches a grid of inversions. */
@Command(
    name = "invert",
    description =
        "Searches, by gradient descent from noise, for inputs that give the output of some blocks,"
            + " and reads them as tokens: tables inversions and inversion_oracles. Lists make a grid"
            + " of all combinations.",
    footer = {
      "kindred invert 'The sky is blue.' --model models/dickens-small --blocks 1,2,6",
      "kindred invert --prompts prompts.txt --loss l1,cosine --tokens '[:],[4:]'",
      "kindred invert 'The sky is blue.' --tokens '[1:]' --html inversion.html",
      "kindred invert 'The sky is blue.' --part attention-only --features '[:64],random:64:7'"
    })
class InvertCommand extends ModelAnalysisCommand {
  /** Products of numbers that reading tokens' own vectors may take: some ten seconds. */
  private static final double ROUND_TRIP_WORK = 1e10;

  @Mixin private GivenPrompts given;
  @Mixin private InversionOptions options;
  private Workspace workspace;
  private List<ModelDirectory> models;
  private List<Prompt> prompts;
  private InversionGrid grid; // of the first model
  private List<Question> questions; // of a study
  private String lastLine;

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description = "writes a page with the results, too")
  private String html;

  @Override
  void check(Workspace opened, String warehouse) {
    workspace = opened;
    options.check();
    if (html != null) {
      page().check();
    }
  }

  @Override
  ModelDirectory read(ReadModelOptions model, Configuration hadoop) {
    long[] seeds = options.untrained();
    List<String> texts = seeds.length == 0 ? List.of() : texts(hadoop);
    Stream<ModelDirectory> directories =
        seeds.length == 0
            ? Stream.of(model.read(hadoop))
            : Arrays.stream(seeds).mapToObj(seed -> model.untrained(seed, texts, hadoop));
    models = directories.map(options::withEmbedding).toList();
    return models.get(0);
  }

  private List<String> texts(Configuration hadoop) {
    return options.study() == null || given.areGiven()
        ? given.texts(hadoop)
        : options.study().texts();
  }

  @Override
  void checkOptions(ModelDirectory directory) {
    prompts =
        options.study() == null || given.areGiven()
            ? given.read(
                directory.tokenizerJson(),
                Prompts.Lengths.upTo(directory.contextLength()),
                workspace.hadoop())
            : ofStudy(directory);
    grid = grid(directory, options.featuresOr(features(directory.shape().modelDimension())));
    questions = isStudy() ? options.questions(model()) : List.of();
  }

  /** The study's texts that the model can read and that are not too long for it. */
  private List<Prompt> ofStudy(ModelDirectory directory) {
    InversionStudy study = options.study();
    List<Prompt> all = new ArrayList<>();
    for (String text : study.texts()) {
      try {
        Prompt prompt = Prompts.parse("--study", text, directory.tokenizerJson());
        int tokens = prompt.tokenIds().length;
        if (study.takes(tokens) && tokens <= directory.contextLength()) {
          all.add(prompt);
        }
      } catch (InvalidInput e) {
        workspace.progress().note("left out: %s", e.getMessage());
      }
    }

    if (all.isEmpty()) {
      throw new InvalidInput(
          "--study %s: none of its texts is one for the model of %s; give prompts",
          study.text(), directory.uri());
    }

    workspace
        .progress()
        .note("%d of the study's %d texts are taken", all.size(), study.texts().size());
    return all;
  }

  /** What is asked of a model; noise and rates follow the size of its token vectors. */
  private InversionGrid grid(ModelDirectory directory, List<FeatureChoice> choices) {
    ResidualStream model = LoadedModels.stream(directory);
    TokenVectors vectors = Decoders.of(directory.id(), model).tokens();
    return options.grid(directory, model, vectors, prompts, choices);
  }

  /** Whether a study asks its questions. */
  final boolean isStudy() {
    return options.study() != null;
  }

  /** Returns the features that count if none are given. */
  List<FeatureChoice> features(int dimension) {
    return List.of(FeatureChoice.ALL);
  }

  /** Whether every token is tried in every place, too. */
  boolean isAskingTheOracle() {
    return options.isAskingTheOracle();
  }

  /** Whether outputs are differentiated, too. */
  final boolean isDifferentiating() {
    return options.isDifferentiating();
  }

  /** The model that is inverted, or the first of them. */
  ResidualStream model() {
    return LoadedModels.stream(models.get(0));
  }

  /** The vectors of its tokens. */
  TokenVectors vectors() {
    return Decoders.of(models.get(0).id(), model()).tokens();
  }

  /** Returns what is shown of what was found. */
  List<Findings> shown(InversionFindings findings, InversionGrid all, Found found) {
    return findings.of(found);
  }

  @Override
  Findings find(Workspace opened, Warehouse tables, ModelDirectory directory) {
    noteForbidden();
    String regime = regime(directory);
    lastLine =
        String.format(
            Locale.ROOT,
            "kindred: grid=%s models=%d experiments=%d prompts=%d restarts=%d",
            grid.key(),
            models.size(),
            grid.experiments().size(),
            grid.prompts().size(),
            grid.restarts());
    List<Findings> sections = new ArrayList<>();
    sections.add(new Findings("", List.of(Note.everywhere(regime)), List.of()));
    sections.addAll(
        found(
            opened,
            tables,
            grid,
            options.featuresOr(features(directory.shape().modelDimension()))));
    if (html != null) {
      String about =
          models.size() == 1
              ? "model " + directory.id()
              : String.format(
                  Locale.ROOT, "%,d models, the first %s", models.size(), directory.id());
      page().write(Report.html(new FindingsPage(head().get(0), about, head().get(1), sections)));
      Terminal.standardError().line("kindred: " + page().shown());
    }

    List<Element> elements = new ArrayList<>();
    for (Findings section : sections) {
      if (!section.title().isEmpty()) {
        elements.add(Note.everywhere(section.title()));
      }

      elements.addAll(section.elements());
    }

    return new Findings("", elements, List.of());
  }

  private PageFile page() {
    return PageFile.of("--html", html, workspace.hadoop());
  }

  /** Returns what a page says on top: a title and a sentence. */
  List<String> head() {
    return List.of(
        "inversion",
        "What descends from noise to the output of some blocks, read as tokens, the best five of"
            + " each position. Stars mark positions whose output counts, and a shade the true token.");
  }

  /**
   * Searches for what is asked of all models, and returns what is shown of it.
   *
   * @param first what is asked of the first model
   * @param choices of features
   */
  List<Findings> found(
      Workspace opened, Warehouse tables, InversionGrid first, List<FeatureChoice> choices) {
    Dataset<Row> searched = null;
    Dataset<Row> known = null;
    Dataset<Row> jacobians = null;
    for (int number = 0; number < models.size(); number++) {
      ModelDirectory model = models.get(number);
      InversionGrid its = number == 0 ? first : grid(model, choices);
      InvertGrid job = new InvertGrid(opened, tables, model, its);
      searched = with(searched, job.searched(), number);
      known = isAskingTheOracle() ? with(known, job.known(), number) : null;
      jacobians = isDifferentiating() ? with(jacobians, job.differentiated(), number) : null;
    }

    Found all = new Found(searched, known, jacobians);

    InversionFindings findings =
        new InversionFindings(first, Tokenizer.of(models.get(0).tokenizerJson()));
    return isStudy() ? findings.of(questions, all) : shown(findings, first, all);
  }

  /** What is asked of the first model about other features. */
  final InversionGrid grid(List<FeatureChoice> choices) {
    return grid(models.get(0), choices);
  }

  /** Adds the rows of a model to those of others, with its number. */
  private static Dataset<Row> with(Dataset<Row> others, Dataset<Row> rows, int number) {
    Dataset<Row> numbered = rows.withColumn(InversionFindings.MODEL, lit(number));
    return others == null ? numbered : others.unionByName(numbered);
  }

  /** Says what a restricted reading cannot find, and where it is not restricted. */
  private void noteForbidden() {
    long all = grid.prompts().stream().mapToLong(prompt -> prompt.length).sum();
    int vocabulary = vectors().size();
    for (AllowedTokens allowed : grid.allowed()) {
      if (allowed.isOwn()) {
        long whole =
            grid.prompts().stream()
                .filter(prompt -> allowed.isMoreThan(vocabulary, prompt))
                .count();
        if (whole > 0) {
          workspace
              .progress()
              .note(
                  "--allowed-own %d: with a prompt's own that is more than the model's %,d tokens, so"
                      + " that %,d of %,d prompts are read among all of them; give fewer",
                  allowed.others(), vocabulary, whole, grid.prompts().size());
        }

        continue;
      }

      long forbidden =
          grid.prompts().stream()
              .flatMapToInt(Arrays::stream)
              .filter(token -> Arrays.binarySearch(allowed.tokens(), token) < 0)
              .count();
      if (forbidden > 0) {
        workspace
            .progress()
            .note(
                "--allowed: %,d of %,d tokens of the prompts are not in it, and cannot be found"
                    + " there",
                forbidden, all);
      }
    }
  }

  /**
   * What decides what can be found at all: V against D, and which tokens are read as themselves.
   */
  private String regime(ModelDirectory directory) {
    TokenVectors vectors = vectors();
    double ofToken = (double) vectors.size() * vectors.dimension();
    int count = (int) Math.min(vectors.size(), Math.ceil(ROUND_TRIP_WORK / ofToken));
    int[] sample =
        IntStream.range(0, count).map(i -> (int) ((long) i * vectors.size() / count)).toArray();
    Map<Decoding, int[]> read = Decoders.of(directory.id(), model()).decoder().roundTrip(sample);
    return String.format(
        Locale.ROOT,
        "%s%s; %,d tokens in %,d dimensions, deviation of their vectors %.4g; their own vectors are read as"
            + " themselves: %s%s",
        models.size() == 1
            ? ""
            : String.format(Locale.ROOT, "the first of %,d models: ", models.size()),
        options.weights(),
        vectors.size(),
        vectors.dimension(),
        vectors.deviation(),
        read.entrySet().stream()
            .map(
                entry ->
                    String.format(
                        Locale.ROOT,
                        "%s %.1f%%",
                        entry.getKey().text(),
                        100 * share(entry.getValue(), sample)))
            .collect(Collectors.joining(", ")),
        count == vectors.size()
            ? ""
            : String.format(Locale.ROOT, " (of %,d tokens, evenly spaced)", count));
  }

  private static double share(int[] read, int[] tokens) {
    return (double) IntStream.range(0, read.length).filter(i -> read[i] == tokens[i]).count()
        / read.length;
  }

  @Override
  String lastLine() {
    return lastLine;
  }
}
