/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.InvalidInput;
import dev.kindred.corpus.Tokenizer;
import dev.kindred.jobs.option.CorpusOptions;
import dev.kindred.jobs.option.ReadModelOptions;
import dev.kindred.jobs.option.Values;
import dev.kindred.jobs.report.Findings;
import dev.kindred.jobs.report.Findings.Element;
import dev.kindred.jobs.report.FindingsPage;
import dev.kindred.jobs.report.FindingsPage.Titles;
import dev.kindred.jobs.report.PageFile;
import dev.kindred.jobs.report.Report;
import dev.kindred.jobs.run.CorpusInput;
import dev.kindred.jobs.workspace.Terminal;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.locality.LocalityQuestion;
import dev.kindred.locality.Protocol;
import dev.kindred.locality.Protocol.Places;
import dev.kindred.model.Blocks;
import dev.kindred.model.files.Bos;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Warehouse;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How far back a model looks. */
@Command(
    name = "locality",
    description =
        "Says how far back a model looks: how near the residual stream at a token is to the one that"
            + " it has when it reads only the last few tokens, layer by layer, over a corpus; and what"
            + " each block does if its attention alone sees no farther. Tables truncation_summaries,"
            + " truncation_similarities, block_cuts, stream_means; with --text also prefix_effects.",
    footer = {
      "kindred locality --model models/dickens-small",
      "kindred locality --model models/llama-shakespeare --corpus input.txt --html locality.html",
      "kindred locality --model models/tinyshakespeare --corpus input.txt --every --places rebased --last 1,2,3,5,10",
      "kindred locality --text ' Kit' --prefix 'The old man looked at'"
    })
final class LocalityCommand extends ModelAnalysisCommand {
  private static final List<Integer> LENGTHS = List.of(1, 2, 3, 5, 10, 20, 40, 80, 160);

  /** Tokens of a text that is read as a whole, unless an option says how many. */
  private static final int TEXT_LENGTH = 256;

  @Mixin private CorpusOptions corpus;

  @Option(
      names = "--last",
      paramLabel = "K,K,..",
      split = ",",
      hideParamSyntax = true,
      converter = Values.Count.class,
      description =
          "how many last tokens are read, the one that is looked at included (1, 2, 3, 5, 10, 20, 40,"
              + " 80, 160, as far as texts go)")
  private List<Integer> lengths;

  @Option(
      names = "--first-token",
      paramLabel = "none|newline|bos,..",
      split = ",",
      hideParamSyntax = true,
      description =
          "what stands before whole texts and before their last tokens alike: nothing, a line break,"
              + " the token that begins texts (what the model reads before every text, or none)")
  private List<String> firstTokens;

  @Option(
      names = "--places",
      paramLabel = "kept,rebased",
      split = ",",
      hideParamSyntax = true,
      converter = Where.class,
      defaultValue = "kept,rebased",
      description =
          "where the last tokens stand: where they stand in the text, from the beginning on"
              + " (${DEFAULT-VALUE})")
  private List<Places> places;

  @Option(
      names = "--sample",
      paramLabel = "N",
      converter = Values.Count.class,
      defaultValue = "2000",
      description = "tokens that are looked at, ten of a text (${DEFAULT-VALUE})")
  private int sample;

  @Option(
      names = "--every",
      description = "looks at every token with 32 or more before it, and at the sample's besides")
  private boolean isEvery;

  @Option(
      names = "--text-length",
      paramLabel = "N",
      converter = Values.Count.class,
      description =
          "tokens of each text that is read as a whole (the model's context, at most "
              + TEXT_LENGTH
              + ")")
  private Integer textLength;

  @Option(
      names = "--seed",
      paramLabel = "N",
      converter = Values.Whole.class,
      defaultValue = "1",
      description = "seed of the sample (${DEFAULT-VALUE})")
  private long seed;

  @Option(
      names = "--text",
      paramLabel = "TEXT",
      description = "a string at whose last token it is asked what stands before it, with --prefix")
  private String text;

  @Option(names = "--prefix", paramLabel = "TEXT", description = "what stands before --text")
  private String prefix;

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description = "writes a page with the results and pictures, too")
  private String html;

  private Workspace workspace;
  private int ownFirstToken; // that the model reads before every text
  private LocalityQuestion question;
  private String key;

  /** Where the last tokens stand. */
  static final class Where extends Values.OneOf<Places> {
    Where() {
      super(Places.class, Places::text);
    }
  }

  @Override
  void check(Workspace opened, String uri) {
    workspace = opened;
    if (html != null) {
      page().check();
    }

    if (text == null ^ prefix == null) {
      throw new InvalidInput(
          "%s: give %s, too",
          text == null ? "--prefix" : "--text", text == null ? "--text" : "--prefix");
    }

    CorpusInput.check(corpus, Optional.empty(), opened.hadoop());
  }

  /** Reads the model as one without a token before every text: this command puts it there. */
  @Override
  ModelDirectory read(ReadModelOptions options, Configuration hadoop) {
    int[] before = options.read(hadoop).input(new int[0]);
    ownFirstToken = before.length == 0 ? Protocol.NONE : before[0];
    return read(options.uri(), hadoop);
  }

  static ModelDirectory read(String uri, Configuration hadoop) {
    return ModelDirectory.read("--model", uri, Bos.NO, Blocks.ALL, hadoop);
  }

  @Override
  void checkOptions(ModelDirectory directory) {
    Tokenizer tokenizer = Tokenizer.of(directory.tokenizerJson());
    List<Integer> first =
        firstTokens == null
            ? List.of(ownFirstToken)
            : firstTokens.stream().map(name -> firstToken(tokenizer, name)).distinct().toList();
    int before = first.stream().allMatch(token -> token == Protocol.NONE) ? 0 : 1;
    int room = directory.contextLength() - before;
    int length = textLength == null ? Math.min(room, TEXT_LENGTH) : textLength;
    if (length > room) {
      throw new InvalidInput(
          "--text-length %d: the model's context has %d tokens%s; give at most %d",
          length,
          directory.contextLength(),
          before == 1 ? ", of which a first token takes one" : "",
          room);
    }

    if (length < LocalityQuestion.first() + LocalityQuestion.OF_A_TEXT) {
      throw new InvalidInput(
          "--text-length %d: tokens are looked at that have %d before them, %d of a text; give at"
              + " least %d, or a model with a longer context",
          length,
          LocalityQuestion.first(),
          LocalityQuestion.OF_A_TEXT,
          LocalityQuestion.first() + LocalityQuestion.OF_A_TEXT);
    }

    List<Integer> last =
        (lengths == null ? LENGTHS : lengths).stream().distinct().sorted().toList();
    if (lengths == null) {
      last = last.stream().filter(k -> k < length).toList();
    } else if (last.get(last.size() - 1) > length) {
      throw new InvalidInput(
          "--last %d: whole texts have %d tokens; give at most that",
          last.get(last.size() - 1), length);
    }

    question =
        new LocalityQuestion(
            new ArrayList<>(last),
            new ArrayList<>(first),
            new ArrayList<>(places.stream().distinct().sorted().toList()),
            length,
            isEvery,
            sample,
            seed);
    if (text != null) {
      int[] all = tokens(tokenizer, "--prefix and --text", prefix + text);
      if (all.length > directory.contextLength()) {
        throw new InvalidInput(
            "--prefix and --text: %d tokens; the model reads at most %d",
            all.length, directory.contextLength());
      }

      if (prefix.isEmpty() || text.isEmpty()) {
        throw new InvalidInput("%s: empty", text.isEmpty() ? "--text" : "--prefix");
      }
    }
  }

  private static int firstToken(Tokenizer tokenizer, String name) {
    switch (name.strip()) {
      case "none":
        return Protocol.NONE;
      case "newline":
        int[] tokens = tokenizer.encodeWithin("\n");
        if (tokens.length != 1) {
          throw new InvalidInput("--first-token newline: the tokenizer has no token for it alone");
        }

        return tokens[0];
      case "bos":
        if (tokenizer.beginning() == null) {
          throw new InvalidInput(
              "--first-token bos: tokenizer.json has no token that begins texts; give none or"
                  + " newline");
        }

        return tokenizer.beginning();
      default:
        throw new InvalidInput(
            "--first-token %s: expected some of none, newline, bos", name.strip());
    }
  }

  private static int[] tokens(Tokenizer tokenizer, String option, String given) {
    return tokenizer
        .encodeWhole(given)
        .orElseThrow(
            () -> new InvalidInput("%s: the tokenizer has no tokens for all of it", option));
  }

  @Override
  Findings find(Workspace opened, Warehouse tables, ModelDirectory directory) {
    CorpusInput read =
        CorpusInput.open(
            opened,
            tables,
            corpus,
            Optional.empty(),
            directory.tokenizerJson(),
            1,
            CorpusInput.CORPORA);
    LocalityTables found = new LocalityTables(opened, tables, directory, read, question);
    key = found.key();
    found.fill();
    List<Element> elements =
        new ArrayList<>(
            LocalityFindings.of(
                    tables, directory.id(), key, Tokenizer.of(directory.tokenizerJson()))
                .elements());
    if (text != null) {
      elements.addAll(0, behindPrefix(directory, found));
    }

    if (html != null) {
      page()
          .write(
              Report.html(
                  new FindingsPage(
                      "How far back the model looks",
                      "model " + directory.id(),
                      "How near the residual stream at a token is to the one that the model has when"
                          + " it reads only the last few tokens.",
                      Titles.WORDS,
                      List.of(new Findings("", elements, List.of())))));
      Terminal.standardError().line("kindred: " + page().shown());
    }

    return new Findings("", elements, List.of());
  }

  private List<Element> behindPrefix(ModelDirectory directory, LocalityTables found) {
    Tokenizer tokenizer = Tokenizer.of(directory.tokenizerJson());
    int[] before = tokens(tokenizer, "--prefix", prefix);
    int[] all = tokens(tokenizer, "--prefix and --text", prefix + text);
    boolean isCutThere =
        all.length > before.length
            && IntStream.range(0, before.length).allMatch(i -> all[i] == before[i]);
    if (!isCutThere) {
      throw new InvalidInput(
          "--text: its first characters and the prefix's last ones make one token; begin it with a"
              + " blank, or cut elsewhere");
    }

    int[] string = IntStream.range(before.length, all.length).map(i -> all[i]).toArray();
    return LocalityFindings.behindPrefix(
        String.format(Locale.ROOT, "'%s' behind '%s'", text, prefix),
        found.prefixEffects(prefix, before, text, string));
  }

  private PageFile page() {
    return PageFile.of("--html", html, workspace.hadoop());
  }

  @Override
  String lastLine() {
    return "kindred: question=" + key;
  }
}
