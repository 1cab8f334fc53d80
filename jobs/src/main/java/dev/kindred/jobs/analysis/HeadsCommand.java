/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.explode;

import dev.kindred.InvalidInput;
import dev.kindred.corpus.Corpus;
import dev.kindred.corpus.CorpusScan;
import dev.kindred.corpus.Passages;
import dev.kindred.corpus.Tokenizer;
import dev.kindred.head.Ablation;
import dev.kindred.head.HeadQuestion;
import dev.kindred.head.Heads;
import dev.kindred.head.Stimuli;
import dev.kindred.head.Stimulus;
import dev.kindred.head.Stimulus.Kind;
import dev.kindred.head.TokenKinds;
import dev.kindred.jobs.option.Defaults.NoSetting;
import dev.kindred.jobs.option.Values;
import dev.kindred.jobs.report.Findings;
import dev.kindred.jobs.run.TextInput;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Warehouse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Patterns of heads, and predictions without heads. */
@Command(
    name = "heads",
    description =
        "Says what each head of a model attends to: the token before, the earlier copy of a token,"
            + " what came after it (induction), and how far back, each beside attention that is alike"
            + " to all; and what predictions lose without the head. Sequences are drawn by a seed."
            + " Tables head_scores, attention_distances, stimulus_losses and head_ablations.",
    footer = {
      "kindred heads --model models/dickens-small",
      "kindred heads --model models/llama-shakespeare --corpus input.txt",
      "kindred heads --model models/mine --stimulus permutation,text --corpus books --ablate none"
    })
final class HeadsCommand extends ModelAnalysisCommand {

  /** Distinct tokens of a permutation, unless an option says how many. */
  private static final int PERIOD = 60;

  /** Tokens of a part that is repeated, and of a text, unless there is less context. */
  private static final int LONG_PERIOD = 512;

  @Option(
      names = "--stimulus",
      paramLabel = "A,B,..",
      split = ",",
      hideParamSyntax = true,
      converter = StimulusKind.class,
      description =
          "sequences: permutation (distinct tokens twice), repeated (tokens by chance twice), random"
              + " (tokens by chance), prefix (25 distinct tokens four times), text (pieces of"
              + " --corpus) (all that the model can read; text with --corpus)")
  private List<Kind> kinds;

  @Option(
      names = "--sequences",
      paramLabel = "N",
      converter = Values.Positive.class,
      defaultValue = "20",
      description = "sequences of each kind (${DEFAULT-VALUE})")
  private int sequences;

  @Option(
      names = "--length",
      paramLabel = "L",
      converter = Length.class,
      description =
          "tokens that are repeated; of random and text, twice as many are read (60 of permutations"
              + " and random, at most the vocabulary; of others half of the context, up to 512)")
  private Integer length;

  @Option(
      names = "--ablate",
      paramLabel = "A,B,..",
      split = ",",
      hideParamSyntax = true,
      converter = AblationKind.class,
      defaultValue = "mean",
      description =
          "what stands for what a head mixes when it is taken away: mean (over the sequences), zero,"
              + " zero_folded (value biases stay), or none to take no head away (${DEFAULT-VALUE})")
  private List<AblationChoice> ablations;

  @Option(
      names = "--seed",
      paramLabel = "N",
      converter = Values.Whole.class,
      defaultValue = "1",
      description = "seed of what is drawn (${DEFAULT-VALUE})")
  private long seed;

  @NoSetting
  @Option(
      names = "--corpus",
      paramLabel = "URI",
      converter = Values.Uri.class,
      description = "a text, or embedded; only tokens that occur there are drawn (none)")
  private String corpus;

  private String question;

  /** What sequences are made of. */
  static final class StimulusKind implements ITypeConverter<Kind> {
    @Override
    public Kind convert(String text) {
      return Arrays.stream(Kind.values())
          .filter(kind -> kind.text().equals(text))
          .findFirst()
          .orElseThrow(
              () ->
                  new TypeConversionException(
                      "expected some of "
                          + Arrays.stream(Kind.values())
                              .map(Kind::text)
                              .collect(Collectors.joining(", "))));
    }
  }

  /**
   * An ablation, or none.
   *
   * @param kind null for none
   */
  record AblationChoice(Ablation kind) {}

  /** What stands for what a head mixes. */
  static final class AblationKind implements ITypeConverter<AblationChoice> {
    @Override
    public AblationChoice convert(String text) {
      return text.equals("none")
          ? new AblationChoice(null)
          : Arrays.stream(Ablation.values())
              .filter(kind -> kind.text().equals(text))
              .findFirst()
              .map(AblationChoice::new)
              .orElseThrow(
                  () ->
                      new TypeConversionException(
                          "expected some of mean, zero, zero_folded, or none"));
    }
  }

  /** Tokens that are repeated. */
  static final class Length extends Values.WholeInRange {
    Length() {
      super(2, 9_999_999);
    }
  }

  @Override
  void check(Workspace workspace, String uri) {
    if (corpus != null) {
      TextInput.check(corpus, workspace.hadoop());
    } else if (kinds != null && kinds.contains(Kind.TEXT)) {
      throw new InvalidInput("--stimulus text: there is no text; give one with --corpus");
    }
  }

  @Override
  void checkOptions(ModelDirectory directory) {
    Heads.check("--model " + directory.uri(), directory.blueprint());
    if (ablations.size() > 1 && ablations.contains(new AblationChoice(null))) {
      throw new InvalidInput("--ablate none: is given with others; leave out either");
    }

    int[] allowed = allowed(directory);
    for (Kind kind : kinds()) {
      String problem = problem(kind, directory, allowed.length);
      if (problem != null && (kinds != null || kind == Kind.PERMUTATION)) {
        throw new InvalidInput("%s", problem);
      }
    }
  }

  private List<Kind> kinds() {
    return kinds != null
        ? kinds.stream().distinct().sorted().toList()
        : Arrays.stream(Kind.values()).filter(kind -> kind != Kind.TEXT || corpus != null).toList();
  }

  /** All tokens but the one that begins texts and those that no text has. */
  private static int[] allowed(ModelDirectory directory) {
    Tokenizer tokenizer = Tokenizer.of(directory.tokenizerJson());
    int known = Math.min(tokenizer.vocabularySize(), directory.shape().vocabularySize());
    return IntStream.range(0, known)
        .filter(
            id ->
                !tokenizer.isAdded(id)
                    && (directory.firstToken() == null || id != directory.firstToken()))
        .toArray();
  }

  /** Says why sequences of a kind cannot be made; null if they can. */
  private String problem(Kind kind, ModelDirectory directory, int tokens) {
    int context = directory.contextLength();
    int period = period(kind, context, tokens);
    int read = kind == Kind.PREFIX ? Stimuli.PREFIX_COPIES * period : 2 * period;
    if (read > context) {
      return String.format(
          Locale.ROOT,
          "%s: %s would have %d tokens, the model reads %d; give less, or other stimuli",
          option(kind),
          kind.text(),
          read,
          context);
    }

    if (kind == Kind.TEXT && read > Passages.TOKENS) {
      return String.format(
          Locale.ROOT,
          "%s: a text would have %d tokens, at most %d are read; give at most %d",
          option(kind),
          read,
          Passages.TOKENS,
          Passages.TOKENS / 2);
    }

    boolean isDistinct = kind == Kind.PERMUTATION || kind == Kind.PREFIX;
    if (tokens < 2 || isDistinct && period > tokens) {
      return String.format(
          Locale.ROOT,
          "%s: %s needs %d different tokens, the model has %d to draw; give less, or other stimuli",
          option(kind),
          kind.text(),
          Math.max(2, period),
          tokens);
    }

    return null;
  }

  private String option(Kind kind) {
    return length != null && kind != Kind.PREFIX
        ? "--length " + length
        : "--stimulus " + kind.text();
  }

  /** Tokens after which a kind's sequences repeat, or half of its tokens. */
  private int period(Kind kind, int context, int tokens) {
    if (kind == Kind.PREFIX) {
      return Stimuli.PREFIX_TOKENS;
    }

    if (length != null) {
      return length;
    }

    return kind == Kind.REPEATED || kind == Kind.TEXT
        ? Math.max(2, Math.min(LONG_PERIOD, context / 2))
        : Math.max(2, Math.min(Math.min(PERIOD, context / 2), tokens));
  }

  @Override
  Findings find(Workspace workspace, Warehouse tables, ModelDirectory directory) {
    Dataset<Row> passages = corpus == null ? null : passages(workspace, tables, directory);
    int[] allowed = passages == null ? allowed(directory) : seen(directory, passages);
    List<Stimulus> stimuli = new ArrayList<>();
    List<String> leftOut = new ArrayList<>();
    for (Kind kind : kinds()) {
      String problem = problem(kind, directory, allowed.length);
      if (problem == null) {
        stimuli.add(stimulus(kind, directory, passages, allowed));
      } else if (kinds == null && kind != Kind.PERMUTATION) {
        leftOut.add(kind.text());
      } else {
        throw new InvalidInput("%s", problem);
      }
    }

    HeadQuestion asked =
        new HeadQuestion(
            stimuli,
            kinds(directory),
            ablations.stream()
                .map(AblationChoice::kind)
                .filter(kind -> kind != null)
                .distinct()
                .sorted()
                .toList());
    question = asked.key();
    HeadTables found = new HeadTables(workspace, tables, directory, asked);
    found.fill();
    return new Findings("", found.shown(leftOut), List.of());
  }

  private static TokenKinds kinds(ModelDirectory directory) {
    Tokenizer tokenizer = Tokenizer.of(directory.tokenizerJson());
    int known = tokenizer.vocabularySize();
    return TokenKinds.of(
        directory.shape().vocabularySize(), id -> id < known ? tokenizer.text(id) : "");
  }

  private Dataset<Row> passages(
      Workspace workspace, Warehouse warehouse, ModelDirectory directory) {
    Corpus text = TextInput.open(workspace, warehouse, corpus);
    CorpusScan scan = CorpusScan.scan(text, directory.tokenizerJson(), 1);
    return Passages.of(workspace.spark(), text, scan, directory.tokenizerJson(), 1);
  }

  /** The allowed tokens that a corpus has. */
  private static int[] seen(ModelDirectory directory, Dataset<Row> passages) {
    boolean[] isSeen = new boolean[directory.shape().vocabularySize()];
    passages
        .select(explode(col("token_ids")).as("token"))
        .distinct()
        .collectAsList()
        .forEach(row -> isSeen[row.getInt(0)] = true);
    return Arrays.stream(allowed(directory)).filter(id -> isSeen[id]).toArray();
  }

  private Stimulus stimulus(
      Kind kind, ModelDirectory directory, Dataset<Row> passages, int[] allowed) {
    int period = period(kind, directory.contextLength(), allowed.length);
    if (kind != Kind.TEXT) {
      return Stimuli.draw(kind, sequences, period, allowed, directory.firstToken(), seed);
    }

    List<int[]> pieces =
        Stimuli.pieces(passages, sequences, 2 * period, seed).collectAsList().stream()
            .map(row -> row.<Integer>getList(0).stream().mapToInt(Integer::intValue).toArray())
            .toList();
    if (pieces.isEmpty()) {
      throw new InvalidInput(
          "--corpus %s: no document has %d tokens; give a longer text, or less with --length",
          corpus, 2 * period);
    }

    return Stimuli.ofText(pieces, directory.firstToken());
  }

  @Override
  String lastLine() {
    return "kindred: question=" + question;
  }
}
