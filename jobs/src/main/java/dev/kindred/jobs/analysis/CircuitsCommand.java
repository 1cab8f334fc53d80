/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.circuit.CircuitQuestion;
import dev.kindred.circuit.Folding;
import dev.kindred.circuit.SkipTrigrams;
import dev.kindred.circuit.TokenBasis;
import dev.kindred.jobs.option.Defaults.NoSetting;
import dev.kindred.jobs.option.ReadModelOptions;
import dev.kindred.jobs.option.Values;
import dev.kindred.jobs.report.Findings;
import dev.kindred.jobs.report.Findings.Element;
import dev.kindred.jobs.report.FindingsPage;
import dev.kindred.jobs.report.FindingsPage.Titles;
import dev.kindred.jobs.report.PageFile;
import dev.kindred.jobs.report.Report;
import dev.kindred.jobs.run.TextInput;
import dev.kindred.jobs.workspace.Terminal;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Warehouse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Circuits of heads, of weights alone. */
@Command(
    name = "circuits",
    description =
        "Says what each head of a model copies and matches, by the eigenvalues of its circuits, and"
            + " which heads read what earlier ones write: of the weights alone, norms folded. Tables"
            + " head_circuits, head_compositions, composition_nulls and virtual_heads; with a corpus also"
            + " skip_trigrams, skip_trigram_checks and direct_paths.",
    footer = {
      "kindred circuits --model models/dickens-small",
      "kindred circuits --model models/llama-shakespeare --distances 0,1,2,5",
      "kindred circuits --model SmolLM2 --untrained 1 --ranked-tokens 0",
      "kindred circuits --model models/tinyshakespeare --corpus input.txt"
    })
final class CircuitsCommand extends ModelAnalysisCommand {
  /** Up to so many tokens are all ranked unless an option says how many. */
  private static final int ALL_RANKED = 4096;

  private static final int RANKED = 2048; // of more

  @Option(
      names = "--bases",
      paramLabel = "A,B,..",
      split = ",",
      hideParamSyntax = true,
      converter = Basis.class,
      defaultValue = "embedding,normed,block0_normed,mlp0_normed",
      description =
          "what stands for a token: embedding, normed, normed_meanpos (with the mean position),"
              + " block0 (the stream after the first block, of the token alone), mlp0 (with the first"
              + " feed-forward network), block0_normed, mlp0_normed (${DEFAULT-VALUE})")
  private List<TokenBasis> bases;

  @Option(
      names = "--distances",
      paramLabel = "I,J,..",
      split = ",",
      hideParamSyntax = true,
      converter = Distance.class,
      defaultValue = "0",
      description =
          "how many positions queries stand after keys, where the model turns both by their"
              + " positions (${DEFAULT-VALUE})")
  private List<Integer> distances;

  @Option(
      names = "--ranked-tokens",
      paramLabel = "N|all",
      converter = RankedTokens.class,
      description =
          "for how many tokens each head is asked which tokens come before them: those that the"
              + " corpus has most often, or, without one, the first of the vocabulary; 0 for none"
              + " (all of a vocabulary of at most "
              + ALL_RANKED
              + ", else "
              + RANKED
              + ")")
  private Integer rankedTokens;

  @Option(
      names = "--draws",
      paramLabel = "N",
      converter = Values.Count.class,
      defaultValue = "400",
      description = "draws of what scores of chance are told from (${DEFAULT-VALUE})")
  private int draws;

  @Option(
      names = "--seed",
      paramLabel = "N",
      converter = Values.Whole.class,
      defaultValue = "1",
      description = "seed of these draws (${DEFAULT-VALUE})")
  private long seed;

  @Option(
      names = "--untrained",
      paramLabel = "SEED",
      converter = Values.Whole.class,
      description =
          "looks at weights that no training has changed, drawn with this seed; of the model's"
              + " folder only config.json is read (none)")
  private Long untrained;

  @NoSetting
  @Option(
      names = "--corpus",
      paramLabel = "URI",
      converter = Values.Uri.class,
      description =
          "a text, or embedded, which says what tokens are frequent, and in which what heads"
              + " predict is looked for: source .. destination output, among all tokens or the "
              + SkipTrigrams.TOKENS
              + " most frequent (none)")
  private String corpus;

  @Option(
      names = "--within",
      paramLabel = "M",
      converter = Values.Positive.class,
      defaultValue = "10",
      description = "how many tokens before the destination a source may stand (${DEFAULT-VALUE})")
  private int within;

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description = "writes a page with the results and pictures of them, too")
  private String html;

  private CircuitQuestion question;

  /** What stands for a token. */
  static final class Basis implements ITypeConverter<TokenBasis> {
    @Override
    public TokenBasis convert(String text) {
      return Arrays.stream(TokenBasis.values())
          .filter(basis -> basis.text().equals(text))
          .findFirst()
          .orElseThrow(
              () ->
                  new TypeConversionException(
                      "expected some of "
                          + Arrays.stream(TokenBasis.values())
                              .map(TokenBasis::text)
                              .collect(Collectors.joining(", "))));
    }
  }

  /** Positions from a key to a query. */
  static final class Distance extends Values.WholeInRange {
    Distance() {
      super(0, 9_999_999);
    }
  }

  /** How many tokens are ranked. */
  static final class RankedTokens implements ITypeConverter<Integer> {
    private static final int MOST = 9_999_999;

    @Override
    public Integer convert(String text) {
      try {
        int tokens = text.equals("all") ? MOST : Integer.parseInt(text);
        if (tokens >= 0 && tokens <= MOST) {
          return tokens;
        }
      } catch (NumberFormatException e) {
        // is told below
      }

      throw new TypeConversionException("expected all, or a whole number from 0 to 9999999");
    }
  }

  @Override
  boolean hasOtherWeights() {
    return untrained != null;
  }

  @Override
  ModelDirectory read(ReadModelOptions model, Configuration hadoop) {
    return untrained == null
        ? super.read(model, hadoop)
        : model.untrained("--model", model.uri(), untrained, List.of(), hadoop);
  }

  @Override
  void check(Workspace workspace, String uri) {
    if (html != null) {
      PageFile.of("--html", html, workspace.hadoop()).check();
    }

    if (corpus != null) {
      TextInput.check(corpus, workspace.hadoop());
    }
  }

  @Override
  void checkOptions(ModelDirectory directory) {
    Folding.check("--model " + directory.uri(), directory.blueprint());
    int vocabulary = directory.shape().vocabularySize();
    int ranked =
        rankedTokens == null
            ? vocabulary <= ALL_RANKED ? vocabulary : RANKED
            : Math.min(rankedTokens, vocabulary);
    Folding.checkDistances("--distances", distances, directory.blueprint());
    question =
        new CircuitQuestion(
            new ArrayList<>(bases.stream().distinct().sorted().toList()),
            new ArrayList<>(distances.stream().distinct().sorted().toList()),
            CircuitQuestion.firstTokens(ranked),
            draws,
            seed);
    Folding.checkBases("--bases", question.bases(), directory.blueprint());
  }

  /** Whether it makes a difference what tokens are frequent. */
  private static boolean isAsked(int ranked, int vocabulary) {
    return ranked > 0 && ranked < vocabulary;
  }

  @Override
  Findings find(Workspace workspace, Warehouse tables, ModelDirectory directory) {
    try (CorpusTokens text =
        corpus == null
            ? null
            : new CorpusTokens(
                workspace.spark(), TextInput.open(workspace, tables, corpus), directory)) {
      return find(workspace, tables, directory, text);
    }
  }

  /**
   * Finds what is asked.
   *
   * @param text null without one
   */
  private Findings find(
      Workspace workspace, Warehouse tables, ModelDirectory directory, CorpusTokens text) {
    int vocabulary = directory.shape().vocabularySize();
    if (text != null) {
      text.counts(); // a text that cannot be read is refused before the long work
    }

    if (text != null && isAsked(question.ranked().length, vocabulary)) {
      question = question.ofTokens(text.mostFrequent(question.ranked().length));
    }

    CircuitTables found = new CircuitTables(workspace, tables, directory, question);
    CircuitFindings findings =
        new CircuitFindings(
            found.heads(), found.compositions(), found.nulls(), found.virtualHeads());
    List<Element> elements = new ArrayList<>(findings.elements());
    if (text != null) {
      elements.addAll(
          new SkipTrigramTables(workspace, tables, directory, question, text, within).shown());
    }

    Findings all = new Findings("", elements, List.of());
    if (html != null) {
      PageFile page = PageFile.of("--html", html, workspace.hadoop());
      page.write(
          Report.html(
              new FindingsPage(
                  "circuits",
                  "model " + directory.id(),
                  "What each head copies and matches, told by its weights, and which heads read what"
                      + " earlier ones write.",
                  Titles.WORDS,
                  List.of(all))));
      Terminal.standardError().line("kindred: " + page.shown());
    }

    return all;
  }

  @Override
  String lastLine() {
    return "kindred: question=" + question.key();
  }
}
