/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.head;

import dev.kindred.InvalidInput;
import dev.kindred.model.GpuTasks;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.files.ModelDirectory;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.IntFunction;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.SparkSession;

/**
 * Heads on many sequences, spread over executors. Each sequence is run by itself, so that tasks
 * make no difference; {@link HeadRows} takes the means in the sequences' order.
 */
public final class Heads {
  private Heads() {}

  /**
   * Checks that a model has heads.
   *
   * @param source the model, for the message
   * @throws InvalidInput if it has none
   */
  public static void check(String source, Blueprint blueprint) {
    HeadModel.check(source, blueprint);
  }

  /**
   * Looks at the patterns of all sequences.
   *
   * @param tasks over which sequences are spread, at most
   * @return one for each sequence of each stimulus, in no order
   */
  public static Dataset<SequenceHeads> measure(
      SparkSession spark,
      Broadcast<ModelDirectory> model,
      Broadcast<HeadQuestion> question,
      int tasks) {
    List<int[]> numbers = new ArrayList<>();
    List<Stimulus> stimuli = question.value().stimuli();
    for (int stimulus = 0; stimulus < stimuli.size(); stimulus++) {
      for (int sequence = 0; sequence < stimuli.get(stimulus).sequences(); sequence++) {
        numbers.add(new int[] {stimulus, sequence});
      }
    }

    return GpuTasks.mapNumbers(
        spark,
        numbers.size(),
        Math.max(1, Math.min(tasks, numbers.size())),
        new Measuring(model, question, numbers),
        Encoders.javaSerialization(SequenceHeads.class));
  }

  private static final class Measuring implements MapPartitionsFunction<Integer, SequenceHeads> {
    private static final long serialVersionUID = 1L;

    private final Broadcast<ModelDirectory> directory;
    private final Broadcast<HeadQuestion> question;
    private final List<int[]> numbers; // stimulus and sequence

    private Measuring(
        Broadcast<ModelDirectory> directory,
        Broadcast<HeadQuestion> question,
        List<int[]> numbers) {
      this.directory = directory;
      this.question = question;
      this.numbers = numbers;
    }

    @Override
    public Iterator<SequenceHeads> call(Iterator<Integer> ofTask) {
      HeadModel model = HeadModel.of(directory.value());
      HeadQuestion asked = question.value();
      return new Mapped<>(
          ofTask,
          number -> {
            int[] place = numbers.get(number);
            Stimulus stimulus = asked.stimuli().get(place[0]);
            return SequenceHeads.of(
                model, new PatternMeasures(stimulus, asked.kinds()), stimulus, place[0], place[1]);
          });
    }
  }

  /**
   * Runs all sequences without each head.
   *
   * @param means what heads mix on average, of each stimulus: [stimuli][heads][E]
   * @param tasks over which sequences are spread, at most
   * @return one for each sequence of each stimulus that is ablated, and each kind of ablation, in
   *     no order
   */
  public static Dataset<SequenceAblation> ablate(
      SparkSession spark,
      Broadcast<ModelDirectory> model,
      Broadcast<HeadQuestion> question,
      Broadcast<double[][][]> means,
      int tasks) {
    List<int[]> numbers = new ArrayList<>();
    List<Stimulus> stimuli = question.value().stimuli();
    for (int stimulus = 0; stimulus < stimuli.size(); stimulus++) {
      for (int sequence = 0;
          stimuli.get(stimulus).isAblated() && sequence < stimuli.get(stimulus).sequences();
          sequence++) {
        for (int kind = 0; kind < question.value().ablations().size(); kind++) {
          numbers.add(new int[] {stimulus, sequence, kind});
        }
      }
    }

    return GpuTasks.mapNumbers(
        spark,
        numbers.size(),
        Math.max(1, Math.min(tasks, numbers.size())),
        new Ablating(model, question, means, numbers),
        Encoders.javaSerialization(SequenceAblation.class));
  }

  private static final class Ablating implements MapPartitionsFunction<Integer, SequenceAblation> {
    private static final long serialVersionUID = 1L;

    private final Broadcast<ModelDirectory> directory;
    private final Broadcast<HeadQuestion> question;
    private final Broadcast<double[][][]> means;
    private final List<int[]> numbers; // stimulus, sequence, and kind

    private Ablating(
        Broadcast<ModelDirectory> directory,
        Broadcast<HeadQuestion> question,
        Broadcast<double[][][]> means,
        List<int[]> numbers) {
      this.directory = directory;
      this.question = question;
      this.means = means;
      this.numbers = numbers;
    }

    @Override
    public Iterator<SequenceAblation> call(Iterator<Integer> ofTask) {
      HeadModel model = HeadModel.of(directory.value());
      HeadQuestion asked = question.value();
      return new Mapped<>(
          ofTask,
          number -> {
            int[] place = numbers.get(number);
            Stimulus stimulus = asked.stimuli().get(place[0]);
            return SequenceAblation.of(
                model,
                new PatternMeasures(stimulus, asked.kinds()),
                stimulus,
                place[0],
                place[1],
                asked.ablations().get(place[2]),
                means.value()[place[0]]);
          });
    }
  }

  /** What a function makes of numbers, one after the other. */
  private static final class Mapped<T> implements Iterator<T> {
    private final Iterator<Integer> numbers;
    private final IntFunction<T> function;

    private Mapped(Iterator<Integer> numbers, IntFunction<T> function) {
      this.numbers = numbers;
      this.function = function;
    }

    @Override
    public boolean hasNext() {
      return numbers.hasNext();
    }

    @Override
    public T next() {
      return function.apply(numbers.next());
    }
  }
}
