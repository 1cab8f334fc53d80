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
import dev.kindred.jobs.report.FindingsPage.Titles;
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
import java.util.function.Function;
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
  private List<List<ModelDirectory>> directories; // models of each
  private List<Inverted> inverted;
  private String lastLine;

  @Option(
      names = "--models",
      paramLabel = "DIR,DIR,..",
      split = "\\s*,\\s*",
      hideParamSyntax = true,
      description = "asks the same of several model directories, in the place of --model's")
  private List<String> folders = List.of();

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

    if (!folders.isEmpty() && isSeries()) {
      throw new InvalidInput("--models: names all models; --checkpoints is about one");
    }

    if (!folders.isEmpty() && settings().isGiven("model")) {
      throw new InvalidInput(
          "--models: names all models; add that of --model to them, or leave it out");
    }
  }

  /**
   * What is asked of the models of a directory.
   *
   * @param models one, or those of all seeds
   * @param grid of the first model
   * @param questions of a study; none without one
   */
  record Inverted(
      List<ModelDirectory> models,
      List<Prompt> prompts,
      InversionGrid grid,
      List<Question> questions) {
    private ModelDirectory first() {
      return models.get(0);
    }

    /** The model, or the first of them. */
    ResidualStream model() {
      return LoadedModels.stream(first());
    }

    /** The vectors of its tokens. */
    TokenVectors vectors() {
      return Decoders.of(first().id(), model()).tokens();
    }
  }

  @Override
  boolean hasOtherWeights() {
    return options.hasOtherWeights();
  }

  @Override
  ModelDirectory read(ReadModelOptions model, Configuration hadoop) {
    long[] seeds = options.untrained();
    List<String> texts = seeds.length == 0 ? List.of() : texts(hadoop);
    String option = folders.isEmpty() ? "--model" : "--models";
    directories = new ArrayList<>();
    for (String uri : folders.isEmpty() ? List.of(model.uri()) : folders) {
      Stream<ModelDirectory> its =
          seeds.length == 0
              ? Stream.of(model.read(option, uri, hadoop))
              : Arrays.stream(seeds)
                  .mapToObj(seed -> model.untrained(option, uri, seed, texts, hadoop));
      directories.add(its.map(options::withEmbedding).toList());
    }

    return directories.get(0).get(0);
  }

  private List<String> texts(Configuration hadoop) {
    return options.study() == null || given.areGiven()
        ? given.texts(hadoop)
        : options.study().texts();
  }

  @Override
  void checkOptions(ModelDirectory first) {
    inverted = directories.stream().map(this::inverted).toList();
  }

  private Inverted inverted(List<ModelDirectory> models) {
    ModelDirectory directory = models.get(0);
    List<Prompt> prompts =
        options.study() == null || given.areGiven()
            ? given.read(
                directory.tokenizerJson(),
                Prompts.Lengths.upTo(directory.contextLength()),
                workspace.hadoop())
            : ofStudy(directory);
    InversionGrid grid = grid(directory, prompts, choices(directory));
    List<Question> questions =
        isStudy() ? options.questions(LoadedModels.stream(directory)) : List.of();
    return new Inverted(models, prompts, grid, questions);
  }

  private List<FeatureChoice> choices(ModelDirectory directory) {
    return options.featuresOr(features(directory.shape().modelDimension()));
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
  private InversionGrid grid(
      ModelDirectory directory, List<Prompt> prompts, List<FeatureChoice> choices) {
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

  /**
   * Returns what is shown of what was found.
   *
   * @param grid that was asked of the first model
   */
  List<Findings> shown(InversionFindings findings, Inverted its, InversionGrid grid, Found found) {
    return findings.of(found);
  }

  @Override
  Findings find(Workspace opened, Warehouse tables, ModelDirectory directory) {
    lastLine =
        String.format(
            Locale.ROOT,
            "kindred: grid=%s models=%d experiments=%s prompts=%s restarts=%d",
            joined(its -> its.grid().key()),
            inverted.stream().mapToInt(its -> its.models().size()).sum(),
            joined(its -> its.grid().experiments().size()),
            joined(its -> its.grid().prompts().size()),
            inverted.get(0).grid().restarts());
    List<Findings> sections = new ArrayList<>();
    for (Inverted its : inverted) {
      noteForbidden(its);
      Note regime = Note.everywhere(regime(its));
      sections.add(new Findings(title(its, ""), List.of(regime), List.of()));
      for (Findings one : found(opened, tables, its, its.grid(), choices(its.first()))) {
        sections.add(new Findings(title(its, one.title()), one.elements(), one.statements()));
      }
    }

    if (html != null) {
      long models = inverted.stream().mapToLong(its -> its.models().size()).sum();
      String about =
          models == 1
              ? "model " + directory.id()
              : String.format(Locale.ROOT, "%,d models, the first %s", models, directory.id());
      page()
          .write(
              Report.html(
                  new FindingsPage(head().get(0), about, head().get(1), Titles.WORDS, sections)));
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

  /** A value of each directory's models, with commas; equal ones once. */
  private String joined(Function<Inverted, Object> value) {
    return inverted.stream()
        .map(its -> String.valueOf(value.apply(its)))
        .distinct()
        .collect(Collectors.joining(","));
  }

  /** A title that tells the directory where there are several. */
  private String title(Inverted its, String title) {
    if (inverted.size() == 1) {
      return title;
    }

    return its.first().uri() + (title.isEmpty() ? "" : ": " + title);
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
   * Searches for what is asked of all models of a directory, and returns what is shown of it.
   *
   * @param first what is asked of the first model
   * @param choices of features
   */
  List<Findings> found(
      Workspace opened,
      Warehouse tables,
      Inverted its,
      InversionGrid first,
      List<FeatureChoice> choices) {
    Dataset<Row> searched = null;
    Dataset<Row> known = null;
    Dataset<Row> jacobians = null;
    for (int number = 0; number < its.models().size(); number++) {
      ModelDirectory model = its.models().get(number);
      InversionGrid grid = number == 0 ? first : grid(model, its.prompts(), choices);
      InvertGrid job = new InvertGrid(opened, tables, model, grid);
      searched = with(searched, job.searched(), number);
      known = isAskingTheOracle() ? with(known, job.known(), number) : null;
      jacobians = isDifferentiating() ? with(jacobians, job.differentiated(), number) : null;
    }

    Found all = new Found(searched, known, jacobians);
    InversionFindings findings =
        new InversionFindings(first, Tokenizer.of(its.first().tokenizerJson()));
    return isStudy() ? findings.of(its.questions(), all) : shown(findings, its, first, all);
  }

  /** What is asked of the first model about other features. */
  final InversionGrid grid(Inverted its, List<FeatureChoice> choices) {
    return grid(its.first(), its.prompts(), choices);
  }

  /** Adds the rows of a model to those of others, with its number. */
  private static Dataset<Row> with(Dataset<Row> others, Dataset<Row> rows, int number) {
    Dataset<Row> numbered = rows.withColumn(InversionFindings.MODEL, lit(number));
    return others == null ? numbered : others.unionByName(numbered);
  }

  /** Says what a restricted reading cannot find, and where it is not restricted. */
  private void noteForbidden(Inverted its) {
    InversionGrid grid = its.grid();
    long all = grid.prompts().stream().mapToLong(prompt -> prompt.length).sum();
    int vocabulary = its.vectors().size();
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
  private String regime(Inverted its) {
    TokenVectors vectors = its.vectors();
    double ofToken = (double) vectors.size() * vectors.dimension();
    int count = (int) Math.min(vectors.size(), Math.ceil(ROUND_TRIP_WORK / ofToken));
    int[] sample =
        IntStream.range(0, count).map(i -> (int) ((long) i * vectors.size() / count)).toArray();
    Map<Decoding, int[]> read =
        Decoders.of(its.first().id(), its.model()).decoder().roundTrip(sample);
    return String.format(
        Locale.ROOT,
        "%s%s; %,d tokens in %,d dimensions, deviation of their vectors %.4g; their own vectors are read as"
            + " themselves: %s%s",
        its.models().size() == 1
            ? ""
            : String.format(Locale.ROOT, "the first of %,d models: ", its.models().size()),
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
