/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.explanation;

import dev.kindred.activation.MappedVectors;
import dev.kindred.corpus.Prompt;
import dev.kindred.corpus.Tokenizer;
import dev.kindred.evaluation.Distances;
import dev.kindred.kernel.TileKernels;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.prediction.BlockCounts;
import dev.kindred.prediction.Predictions;
import dev.kindred.prediction.Rule;
import dev.kindred.prediction.TokenFrequencies;
import dev.kindred.prediction.WeightedCounts;
import dev.kindred.similarity.Evidence;
import dev.kindred.similarity.JoinSettings;
import dev.kindred.similarity.LocalJoin;
import dev.kindred.similarity.PromptVector;
import dev.kindred.similarity.SimilarityBins;
import dev.kindred.table.Warehouse;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;

/**
 * Explains prompts within this process, without Spark, where a warehouse's files are on this
 * machine: the same numbers as {@link Explanations}, bit for bit.
 */
public final class LocalExplanations {
  /** Most probable tokens that are listed whether or not strings have them. */
  private static final int TOP = 10;

  private final ModelDirectory model;
  private final CorpusStrings strings;
  private final List<MappedVectors> blocks;

  private LocalExplanations(
      ModelDirectory model, CorpusStrings strings, List<MappedVectors> blocks) {
    this.model = model;
    this.strings = strings;
    this.blocks = blocks;
  }

  /**
   * Maps the vectors of a block.
   *
   * @return none if the files are not on this machine, or not laid out so that they can be mapped
   */
  public static Optional<MappedVectors> vectors(
      Warehouse warehouse, ModelDirectory model, String corpusId, int block) {
    return MappedVectors.open(
        warehouse.part(model.precision().activations(), model.id(), corpusId, block),
        model.shape().modelDimension());
  }

  /**
   * Puts together what was opened.
   *
   * @param strings of the corpus
   * @param blocks vectors of the blocks that the model was read for, in their order
   */
  public static LocalExplanations of(
      ModelDirectory model, CorpusStrings strings, List<MappedVectors> blocks) {
    return new LocalExplanations(model, strings, blocks);
  }

  /**
   * How prompts are compared; none of it changes what is found.
   *
   * @param batchSize prompts that the model evaluates at once
   * @param threads that compare
   * @param count how many of them
   * @param compared takes numbers of vectors that were compared with all prompts, from any thread
   */
  public record Work(
      TileKernels.Choice kernel,
      int prefixAxes,
      int batchSize,
      ExecutorService threads,
      int count,
      LongConsumer compared) {}

  /** Returns the corpus's strings. */
  public CorpusStrings strings() {
    return strings;
  }

  /** Returns how many vectors there are, of all blocks. */
  public long vectors() {
    return blocks.stream().mapToLong(MappedVectors::rows).sum();
  }

  /**
   * Explains prompts. Several threads may ask at once.
   *
   * @param prompts as long as the strings
   * @return one a prompt, with its place as id; strings have no places yet
   */
  public List<Explanation> of(
      List<Prompt> prompts, Explainer.Settings settings, Ranks ranks, Work work) {
    int[][] tokens = prompts.stream().map(Prompt::tokenIds).toArray(int[][]::new);
    int[] own = strings.find(tokens);
    List<Predictions.Evaluated> evaluated =
        Predictions.here(model, List.of(tokens), work.batchSize());
    List<List<Evidence>> evidence =
        joined(own, evaluated, settings.rule(), settings.strings(), work);
    Explainer explainer = new Explainer(settings, model.tokenizerJson(), ranks);
    Tokenizer tokenizer = Tokenizer.of(model.tokenizerJson());
    List<Explanation> explanations = new ArrayList<>();
    for (int i = 0; i < own.length; i++) {
      int prompt = i;
      explanations.add(
          explainer.explain(
              findings(
                  i,
                  prompts.get(i),
                  own[i],
                  evaluated.get(i),
                  evidence.stream().map(ofBlock -> ofBlock.get(prompt)).toList(),
                  settings,
                  tokenizer)));
    }

    return explanations;
  }

  /**
   * Joins all blocks.
   *
   * @param own of each prompt, its number among the strings; negative if it is none
   * @param keep most similar strings of a block, at most
   * @return by block, then by prompt
   */
  private List<List<Evidence>> joined(
      int[] own, List<Predictions.Evaluated> evaluated, Rule rule, int keep, Work work) {
    List<List<Evidence>> evidence = new ArrayList<>();
    for (int place = 0; place < blocks.size(); place++) {
      List<PromptVector> vectors = new ArrayList<>();
      for (int i = 0; i < own.length; i++) {
        vectors.add(
            PromptVector.of(
                i,
                own[i] < 0 ? null : (Long) strings.windowId(own[i]),
                evaluated.get(i).vectors()[place]));
      }

      evidence.add(
          LocalJoin.join(
              blocks.get(place),
              strings.nextTokens(),
              vectors,
              new JoinSettings(
                  rule.bins(place),
                  keep,
                  model.shape().vocabularySize(),
                  work.kernel(),
                  work.prefixAxes()),
              work.threads(),
              work.count(),
              work.compared()));
    }

    return evidence;
  }

  /**
   * Finds all evidence for prompts. Several threads may ask at once.
   *
   * @param prompts as long as the strings; few, as all similar strings of all of them are held
   * @return one a prompt
   */
  public List<WholeEvidence> whole(List<Prompt> prompts, Rule rule, Work work) {
    int[][] tokens = prompts.stream().map(Prompt::tokenIds).toArray(int[][]::new);
    int[] own = strings.find(tokens);
    List<Predictions.Evaluated> evaluated =
        Predictions.here(model, List.of(tokens), work.batchSize());
    List<List<Evidence>> evidence = joined(own, evaluated, rule, Integer.MAX_VALUE, work);
    List<WholeEvidence> whole = new ArrayList<>();
    for (int i = 0; i < own.length; i++) {
      List<WholeEvidence.OfBlock> found = new ArrayList<>();
      for (int place = 0; place < blocks.size(); place++) {
        found.add(whole(evidence.get(place).get(i), rule.bins(place), own[i]));
      }

      whole.add(new WholeEvidence(evaluated.get(i).distribution(), found));
    }

    return whole;
  }

  private WholeEvidence.OfBlock whole(Evidence evidence, SimilarityBins bins, int own) {
    BlockCounts counts = counts(evidence, bins.count());
    int[] windows = new int[evidence.getWindowIds().length];
    int size = 0;
    double[] similarities = new double[windows.length];
    for (int i = 0; i < windows.length; i++) {
      int window = strings.find(evidence.getWindowIds()[i]);
      if (window != own) {
        windows[size] = window;
        similarities[size] = evidence.getSimilarities()[i];
        size++;
      }
    }

    return new WholeEvidence.OfBlock(
        own < 0 ? counts : counts.withoutOwn(strings.following(own)),
        Arrays.copyOf(windows, size),
        Arrays.copyOf(similarities, size));
  }

  /** The evidence for a prompt in bins of .01 that begin .25 below each block's threshold. */
  public BinnedEvidence bins(Prompt prompt, WeightedCounts rule, Work work) {
    int own = strings.find(new int[][] {prompt.tokenIds()})[0];
    Predictions.Evaluated evaluated =
        Predictions.here(model, List.of(prompt.tokenIds()), work.batchSize()).get(0);
    List<SimilarityBins> bins = new ArrayList<>();
    List<Evidence> evidence = new ArrayList<>();
    int vocabulary = model.shape().vocabularySize();
    for (int place = 0; place < blocks.size(); place++) {
      bins.add(bins(rule.thresholds()[place]));
      evidence.add(
          LocalJoin.join(
                  blocks.get(place),
                  strings.nextTokens(),
                  List.of(
                      PromptVector.of(
                          0,
                          own < 0 ? null : (Long) strings.windowId(own),
                          evaluated.vectors()[place])),
                  new JoinSettings(bins.get(place), 0, vocabulary, work.kernel(), 0),
                  work.threads(),
                  work.count(),
                  work.compared())
              .get(0));
    }

    Map<Integer, Long> follows = own < 0 ? Map.of() : strings.following(own);
    SortedSet<Integer> tokens = new TreeSet<>(follows.keySet());
    IntStream.of(evaluated.distribution().top(TOP)).forEach(tokens::add);
    evidence.forEach(
        found -> IntStream.of(found.getTokens()).forEach(key -> tokens.add(key % vocabulary)));
    Map<Integer, Integer> places = new HashMap<>();
    List<BinnedEvidence.BinnedToken> listed = new ArrayList<>();
    Tokenizer tokenizer = Tokenizer.of(model.tokenizerJson());
    for (int token : tokens) {
      places.put(token, listed.size());
      listed.add(
          new BinnedEvidence.BinnedToken(
              tokenizer.text(token),
              evaluated.distribution().probability(token),
              follows.getOrDefault(token, 0L)));
    }

    List<BinnedEvidence.BinnedBlock> found = new ArrayList<>();
    for (int place = 0; place < blocks.size(); place++) {
      found.add(
          new BinnedEvidence.BinnedBlock(
              model.blocks().number(place),
              rule.thresholds()[place],
              rule.weights()[place],
              evidence.get(place).getOwnBin(),
              bins(bins.get(place), evidence.get(place), places)));
    }

    double[] dense = evaluated.distribution().dense();
    double others =
        IntStream.range(0, dense.length)
            .filter(token -> !tokens.contains(token))
            .mapToDouble(token -> dense[token])
            .sum();
    double saturation = rule.mixture().saturation();
    return new BinnedEvidence(
        listed, others, found, Double.isInfinite(saturation) ? null : (Double) saturation);
  }

  /** Bins of .01, of which one begins at a threshold. */
  private static SimilarityBins bins(double threshold) {
    BigDecimal exact = new BigDecimal(Double.toString(threshold));
    BigDecimal floor = exact.subtract(new BigDecimal("0.25"));
    while (floor.compareTo(BigDecimal.ONE.negate()) < 0) {
      floor = floor.add(new BigDecimal("0.01"));
    }

    return SimilarityBins.grid(floor.toPlainString(), "0.01");
  }

  private List<BinnedEvidence.Bin> bins(
      SimilarityBins bins, Evidence evidence, Map<Integer, Integer> places) {
    int vocabulary = model.shape().vocabularySize();
    List<BinnedEvidence.Bin> listed = new ArrayList<>();
    int from = 0;
    for (int bin = 0; bin < bins.count(); bin++) {
      int to = from;
      while (to < evidence.getTokens().length && evidence.getTokens()[to] / vocabulary == bin) {
        to++;
      }

      listed.add(
          new BinnedEvidence.Bin(
              bins.edge(bin),
              evidence.getSimilarCounts().length == 0 ? 0 : evidence.getSimilarCounts()[bin],
              IntStream.range(from, to)
                  .map(i -> places.get(evidence.getTokens()[i] % vocabulary))
                  .toArray(),
              Arrays.copyOfRange(evidence.getCounts(), from, to)));
      from = to;
    }

    return listed;
  }

  private PromptFindings findings(
      int id,
      Prompt prompt,
      int own,
      Predictions.Evaluated evaluated,
      List<Evidence> evidence,
      Explainer.Settings settings,
      Tokenizer tokenizer) {
    Rule rule = settings.rule();
    List<BlockCounts> counts = new ArrayList<>();
    for (int place = 0; place < evidence.size(); place++) {
      counts.add(counts(evidence.get(place), rule.bins(place).count()));
    }

    Map<Integer, Long> following = own < 0 ? Map.of() : strings.following(own);
    TokenFrequencies frequencies = settings.frequencies();
    SortedMap<Integer, Double> approximation = rule.mix(counts, frequencies);
    SortedMap<Integer, Double> leaveOneOut =
        rule.mix(
            counts.stream().map(block -> block.withoutOwn(following)).toList(),
            frequencies == null ? null : frequencies.without(following));
    Distances.Measured measured =
        Distances.measure(
            evaluated.distribution(),
            Distances.Prediction.of(approximation),
            Distances.Prediction.of(leaveOneOut));
    List<PromptFindings.OfBlock> found = new ArrayList<>();
    for (int place = 0; place < counts.size(); place++) {
      found.add(
          new PromptFindings.OfBlock(
              model.blocks().number(place),
              evidence.get(place).similarCount(),
              counts.get(place),
              mostSimilar(evidence.get(place), tokenizer)));
    }

    return new PromptFindings(
        id,
        prompt.text(),
        prompt.tokenIds(),
        own < 0 ? -1 : strings.windowId(own),
        own < 0 ? 0 : strings.occurrences(own),
        own < 0 ? null : following,
        evaluated.distribution(),
        approximation,
        leaveOneOut,
        measured.hellinger(),
        measured.hellingerLeaveOneOut(),
        measured.modelTopToken(),
        measured.leaveOneOutTopToken(),
        found);
  }

  private BlockCounts counts(Evidence evidence, int rings) {
    int vocabulary = model.shape().vocabularySize();
    List<SortedMap<Integer, Long>> counts = new ArrayList<>();
    for (int ring = 0; ring < rings; ring++) {
      counts.add(new TreeMap<>());
    }

    for (int i = 0; i < evidence.getTokens().length; i++) {
      counts
          .get(evidence.getTokens()[i] / vocabulary)
          .put(evidence.getTokens()[i] % vocabulary, evidence.getCounts()[i]);
    }

    return new BlockCounts(counts, evidence.getOwnBin());
  }

  /** The strings in the order in which tables have them: similarities are floats there. */
  private List<PromptFindings.FoundString> mostSimilar(Evidence evidence, Tokenizer tokenizer) {
    return IntStream.range(0, evidence.getWindowIds().length)
        .mapToObj(
            i -> {
              int window = strings.find(evidence.getWindowIds()[i]);
              return new PromptFindings.FoundString(
                  evidence.getWindowIds()[i],
                  tokenizer.text(strings.tokenIds(window)),
                  (float) evidence.getSimilarities()[i],
                  strings.occurrences(window),
                  strings.following(window));
            })
        .sorted(
            Comparator.comparing(PromptFindings.FoundString::similarity)
                .reversed()
                .thenComparing(PromptFindings.FoundString::windowId))
        .toList();
  }
}
