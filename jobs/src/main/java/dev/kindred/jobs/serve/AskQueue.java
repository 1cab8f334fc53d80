/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.serve;

import dev.kindred.corpus.Prompt;
import dev.kindred.jobs.explain.Explain;
import dev.kindred.jobs.explain.LocalExplain;
import dev.kindred.jobs.report.Explained;
import dev.kindred.similarity.LocalJoin;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Questions to one run from any number of threads. One thread answers: all that wait when it is
 * free are one pass over the vectors, which takes little longer than one question does.
 */
final class AskQueue implements AutoCloseable {
  /** Prompts of one pass, unless one question has more: those that are compared one by one. */
  private static final int MOST_PROMPTS = LocalJoin.FEW_PROMPTS;

  /** Questions that may wait; who asks after them is told to come again. */
  private static final int MOST_WAITING = 500;

  /**
   * Questions that wait.
   *
   * @param strings that are shown of a block, at most
   */
  private record Asked(List<Prompt> prompts, int strings, CompletableFuture<Explained> answer) {}

  private final LocalExplain explain;
  private final Thread worker;
  private final List<Asked> waiting = new ArrayList<>(); // guarded by itself
  private boolean isClosed;

  AskQueue(LocalExplain explain) {
    this.explain = explain;
    this.worker = new Thread(this::answer, "kindred-ask");
    worker.setDaemon(true);
    worker.start();
  }

  /**
   * Explains prompts, and waits for it.
   *
   * @param strings similar strings of a block, at most
   * @throws TooBusy if too many others wait
   */
  Explained ask(List<Prompt> prompts, int strings) {
    CompletableFuture<Explained> answer = new CompletableFuture<>();
    synchronized (waiting) {
      if (isClosed || waiting.size() >= MOST_WAITING) {
        throw new TooBusy();
      }

      waiting.add(new Asked(prompts, strings, answer));
      waiting.notifyAll();
    }

    try {
      return answer.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
  }

  private void answer() {
    while (true) {
      List<Asked> taken = next();
      if (taken.isEmpty()) {
        return;
      }

      try {
        answer(taken);
      } catch (RuntimeException | Error e) {
        taken.forEach(asked -> asked.answer().completeExceptionally(e));
      }
    }
  }

  /** Waits for questions and takes those of one pass; none once nobody asks any more. */
  private List<Asked> next() {
    synchronized (waiting) {
      while (waiting.isEmpty() && !isClosed) {
        try {
          waiting.wait();
        } catch (InterruptedException e) {
          isClosed = true;
        }
      }

      List<Asked> taken = new ArrayList<>();
      int prompts = 0;
      while (!waiting.isEmpty()
          && (taken.isEmpty() || prompts + waiting.get(0).prompts().size() <= MOST_PROMPTS)) {
        Asked asked = waiting.remove(0);
        taken.add(asked);
        prompts += asked.prompts().size();
      }

      return taken;
    }
  }

  private void answer(List<Asked> taken) {
    List<Prompt> prompts = taken.stream().flatMap(asked -> asked.prompts().stream()).toList();
    int strings = taken.stream().mapToInt(Asked::strings).max().orElseThrow();
    Explained all = explain.explain(prompts, strings, Explain.Shades.NOTHING, compared -> {});
    int from = 0;
    for (Asked asked : taken) {
      int to = from + asked.prompts().size();
      asked.answer().complete(all.part(from, to, asked.strings()));
      from = to;
    }
  }

  @Override
  public void close() {
    synchronized (waiting) {
      isClosed = true;
      waiting.forEach(asked -> asked.answer().completeExceptionally(new TooBusy()));
      waiting.clear();
      waiting.notifyAll();
    }
  }

  /** Too many wait already. */
  static final class TooBusy extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }
}
