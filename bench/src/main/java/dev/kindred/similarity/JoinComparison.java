/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.similarity;

import ai.djl.Device;
import dev.kindred.bench.Median;
import dev.kindred.kernel.TileKernel;
import dev.kindred.kernel.TileKernels;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * The ways to join one block, on the same vectors in the same process: they take turns, each with
 * one thread a core and an equal share of the windows a thread.
 */
public final class JoinComparison {
  private static final int WARM_UP_BATCHES = 2;

  /** A window's FFN output. A bean for Spark's encoder. */
  public static final class Window implements Serializable {
    private static final long serialVersionUID = 1L;

    private long id;
    private float[] ffnOut;

    public long getId() {
      return id;
    }

    public void setId(long id) {
      this.id = id;
    }

    public float[] getFfnOut() {
      return ffnOut;
    }

    public void setFfnOut(float[] ffnOut) {
      this.ffnOut = ffnOut;
    }
  }

  /** Ways to join. */
  public enum Way {
    /** Every similarity in full by the kernel. */
    BRUTE,
    /** As the planner plans it for the block. */
    PRUNED,
    /** The same plan with the first quarter of the prompts. */
    PRUNED_QUARTER,
    /** DJL's matrix product and threshold scan on the CPU, one engine thread a core. */
    DJL;

    private static final List<Way> WITH_ALL_PROMPTS = List.of(BRUTE, PRUNED, DJL);
  }

  /**
   * One block of one corpus.
   *
   * @param windows the sample's FFN outputs, in the order in which they are stored
   * @param nextTokens of at least these windows
   * @param prompts in ascending order of their ids
   * @param vocabularySize {@code d_vocab}
   * @param keep the most similar windows to keep for a prompt
   */
  public record Block(
      List<Window> windows,
      NextTokens nextTokens,
      List<PromptVector> prompts,
      double threshold,
      int vocabularySize,
      int keep) {}

  /**
   * What pairs were settled by, as shares of all pairs, in [0, 1].
   *
   * @param byPrefix by the bounds of a prefix
   * @param byFloat by the similarity in single precision
   * @param byDouble by the similarity in double precision
   */
  public record Shares(double byPrefix, double byFloat, double byDouble) {}

  /**
   * How the ways compare.
   *
   * @param seconds median of the rounds, for each way
   * @param planSeconds what the planner took; in no way's seconds
   * @param plan the plan in words
   * @param pairs windows times prompts
   * @param found share of pairs above the threshold
   * @param pruned what settled the pairs of {@link Way#PRUNED}
   * @param equal whether all ways found the same, down to counts and the most similar windows
   */
  public record Outcome(
      Map<Way, Double> seconds,
      double planSeconds,
      String plan,
      double pairs,
      double found,
      Shares pruned,
      boolean equal) {}

  private final Block block;
  private final TileKernel kernel = TileKernels.get(TileKernels.Choice.SIMD);
  private final int threads;
  private final PromptVectors prompts;
  private final PromptVectors firstQuarter;
  private final JoinPlan plan;
  private final double planSeconds;

  private JoinComparison(Block block, int threads) {
    this.block = block;
    this.threads = threads;
    this.prompts = PromptVector.matrix(block.prompts());
    this.firstQuarter = prompts.slice(0, Math.max(1, prompts.count() / 4));
    int step = Math.max(1, block.windows().size() / JoinPlanner.SAMPLE_WINDOWS);
    List<float[]> sample = new ArrayList<>();
    for (int i = 0;
        i < block.windows().size() && sample.size() < JoinPlanner.SAMPLE_WINDOWS;
        i += step) {
      sample.add(block.windows().get(i).getFfnOut());
    }

    long started = System.nanoTime();
    this.plan = JoinPlanner.plan(kernel, prompts, sample, block.threshold());
    this.planSeconds = seconds(started);
  }

  /**
   * Joins a block in all ways, some rounds after one that warms up.
   *
   * @param threads one a core
   */
  public static Outcome compare(Block block, int threads, int rounds) {
    return new JoinComparison(block, threads).compare(rounds);
  }

  private Outcome compare(int rounds) {
    Map<Way, double[]> seconds = new EnumMap<>(Way.class);
    Map<Way, List<Evidence>> evidence = new EnumMap<>(Way.class);
    SettledPairs settled = new SettledPairs();
    for (Way way : Way.values()) {
      seconds.put(way, new double[rounds]);
      join(way, WARM_UP_BATCHES * threads * WindowBatch.CAPACITY, new SettledPairs());
    }

    for (int round = 0; round < rounds; round++) {
      for (Way way : Way.values()) {
        settled = way == Way.PRUNED ? new SettledPairs() : settled;
        long started = System.nanoTime();
        List<Evidence> found =
            join(way, block.windows().size(), way == Way.PRUNED ? settled : new SettledPairs());
        seconds.get(way)[round] = seconds(started);
        evidence.put(way, found);
      }
    }

    Map<Way, Double> medians = new EnumMap<>(Way.class);
    seconds.forEach((way, times) -> medians.put(way, Median.of(times)));
    double pairs = (double) block.windows().size() * prompts.count();
    List<Evidence> brute = evidence.get(Way.BRUTE);
    return new Outcome(
        medians,
        planSeconds,
        plan.toString(),
        pairs,
        brute.stream().mapToLong(Evidence::similarCount).sum() / pairs,
        shares(settled, pairs),
        Way.WITH_ALL_PROMPTS.stream().allMatch(way -> areEqual(brute, evidence.get(way))));
  }

  /** Joins the first windows in one way, and adds up what the threads have found. */
  private List<Evidence> join(Way way, int windows, SettledPairs settled) {
    int count = Math.min(windows, block.windows().size());
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    try {
      List<Future<List<Evidence>>> shares = new ArrayList<>();
      for (int thread = 0; thread < threads; thread++) {
        int from = (int) ((long) count * thread / threads);
        int to = (int) ((long) count * (thread + 1) / threads);
        Callable<List<Evidence>> share = () -> joinShare(way, from, to, settled);
        shares.add(executor.submit(share));
      }

      List<List<Evidence>> parts = new ArrayList<>();
      for (int prompt = 0; prompt < prompts.count(); prompt++) {
        parts.add(new ArrayList<>());
      }

      int[] promptIds = new int[prompts.count()];
      Arrays.setAll(promptIds, prompts::promptId);
      for (Future<List<Evidence>> share : shares) {
        for (Evidence part : share.get()) {
          parts.get(Arrays.binarySearch(promptIds, part.getPromptId())).add(part);
        }
      }

      List<Evidence> merged = new ArrayList<>();
      for (int prompt = 0; prompt < prompts.count(); prompt++) {
        merged.add(Evidence.merge(promptIds[prompt], parts.get(prompt).iterator(), block.keep()));
      }

      return merged;
    } catch (InterruptedException | ExecutionException e) {
      throw new IllegalStateException(way + ": " + e.getMessage(), e);
    } finally {
      executor.shutdownNow();
    }
  }

  private List<Evidence> joinShare(Way way, int from, int to, SettledPairs total) {
    PromptVectors vectors = way == Way.PRUNED_QUARTER ? firstQuarter : prompts;
    EvidenceTable evidence = new EvidenceTable(vectors, block.vocabularySize(), 1, block.keep());
    SettledPairs settled = new SettledPairs();
    PairCheck check =
        new PairCheck(kernel, vectors, evidence, settled, SimilarityBins.above(block.threshold()));
    if (way == Way.DJL) {
      try (TorchJoin join = new TorchJoin(Device.cpu(), vectors, check, settled)) {
        joinBatches(join, JoinPlan.bruteForce(), from, to);
      }
    } else {
      JoinPlan chosen = way == Way.BRUTE ? JoinPlan.bruteForce() : plan;
      joinBatches(
          chosen.open(kernel, vectors, check, settled, block.threshold()), chosen, from, to);
    }

    synchronized (total) {
      total.byPrefix += settled.byPrefix;
      total.byFloat += settled.byFloat;
      total.byDouble += settled.byDouble;
    }

    return evidence.drain();
  }

  private void joinBatches(PairJoin join, JoinPlan chosen, int from, int to) {
    WindowBatch batch = new WindowBatch(prompts.dimension(), kernel);
    List<Window> share = block.windows().subList(from, to);
    int[] order = chosen.order(kernel, share.stream().map(Window::getFfnOut).toList());
    for (int i = 0; i < order.length; i++) {
      Window window = share.get(order[i]);
      batch.add(window.getId(), window.getFfnOut(), block.nextTokens());
      if (batch.isFull() || i == order.length - 1) {
        join.join(batch);
        batch.clear();
      }
    }
  }

  private static Shares shares(SettledPairs settled, double pairs) {
    return new Shares(settled.byPrefix / pairs, settled.byFloat / pairs, settled.byDouble / pairs);
  }

  private static boolean areEqual(List<Evidence> all, List<Evidence> others) {
    for (int i = 0; i < all.size(); i++) {
      Evidence one = all.get(i);
      Evidence other = others.get(i);
      if (one.getPromptId() != other.getPromptId()
          || one.similarCount() != other.similarCount()
          || one.getOwnBin() != other.getOwnBin()
          || !Arrays.equals(one.getTokens(), other.getTokens())
          || !Arrays.equals(one.getCounts(), other.getCounts())
          || !kept(one).equals(kept(other))) {
        return false;
      }
    }

    return all.size() == others.size();
  }

  private static List<KeptString> kept(Evidence evidence) {
    List<KeptString> kept = new ArrayList<>();
    for (int i = 0; i < evidence.getWindowIds().length; i++) {
      kept.add(new KeptString(evidence.getWindowIds()[i], evidence.getSimilarities()[i]));
    }

    kept.sort((a, b) -> Long.compare(a.windowId, b.windowId));
    return kept;
  }

  private record KeptString(long windowId, double similarity) {}

  private static double seconds(long started) {
    return (System.nanoTime() - started) / 1e9;
  }
}
