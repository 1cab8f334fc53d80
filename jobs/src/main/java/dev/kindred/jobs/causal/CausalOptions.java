/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.causal;

import dev.kindred.InvalidInput;
import dev.kindred.jobs.option.Values;
import java.util.List;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** What the command causal trains, and how often. */
public final class CausalOptions {
  /** What is done to the training text. */
  public enum Study {
    /** Occurrences that were chosen for prompts are taken out. */
    TAKEN_AWAY,
    /** Random halves of the text are taken out. */
    HALVES
  }

  @Option(
      names = "--study",
      paramLabel = "taken-away|halves",
      converter = Studies.class,
      defaultValue = "taken-away",
      description =
          "taken-away: the occurrences that are evidence for a prompt, or that are chosen otherwise,"
              + " do not count in the loss; halves: random halves of the text do not, and scores of"
              + " its paragraphs are to say what follows (${DEFAULT-VALUE})")
  private Study study;

  @Option(
      names = "--explained",
      paramLabel = "N",
      converter = Values.Positive.class,
      defaultValue = "40",
      description =
          "prompts, of the text that the model was not trained on (${DEFAULT-VALUE}; 200 is more"
              + " usual for halves, which cost the same)")
  private int prompts;

  @Option(
      names = "--groups",
      paramLabel = "N",
      converter = Values.Positive.class,
      defaultValue = "4",
      description =
          "groups of prompts that share trainings, as their explained tokens differ"
              + " (${DEFAULT-VALUE})")
  private int groups;

  @Option(
      names = "--taken-away",
      paramLabel = "N",
      split = ",",
      converter = Values.Positive.class,
      defaultValue = "100,1000",
      description = "occurrences that are taken away for each prompt (${DEFAULT-VALUE})")
  private List<Integer> takenAway;

  @Option(
      names = "--blank",
      description =
          "replaces the strings before the occurrences, too, by tokens drawn from the text, which do"
              + " not count, either")
  private boolean isBlanked;

  @Option(
      names = "--seeds",
      paramLabel = "N",
      converter = Values.Positive.class,
      defaultValue = "2",
      description = "trainings of each case, with another seed each (${DEFAULT-VALUE})")
  private int seeds;

  @Option(
      names = "--whole-seeds",
      paramLabel = "N",
      converter = Values.Positive.class,
      defaultValue = "8",
      description = "trainings on the whole text, at least two (${DEFAULT-VALUE})")
  private int wholeSeeds;

  @Option(
      names = "--halves",
      paramLabel = "N",
      converter = Values.Positive.class,
      defaultValue = "64",
      description = "random halves of the text, at least three (${DEFAULT-VALUE})")
  private int halves;

  @Option(
      names = "--halves-again",
      paramLabel = "N",
      converter = Some.class,
      defaultValue = "16",
      description =
          "the first of them that are trained with a second seed, too: what a seed alone allows"
              + " (${DEFAULT-VALUE})")
  private int again;

  @Option(
      names = "--units",
      paramLabel = "N",
      converter = Values.Positive.class,
      defaultValue = "1000",
      description =
          "parts of the text that are drawn into halves, at most: paragraphs, of which neighbours"
              + " go together where there are more (${DEFAULT-VALUE})")
  private int units;

  @Option(
      names = "--draw",
      paramLabel = "SEED",
      converter = Values.Whole.class,
      defaultValue = "1",
      description = "draws prompts, random occurrences and halves (${DEFAULT-VALUE})")
  private long draw;

  @Option(
      names = "--plan",
      description = "says how many trainings there are and about how long they take, and ends")
  private boolean isPlan;

  /** A number that may be 0. */
  static final class Some extends Values.WholeInRange {
    Some() {
      super(0, 9_999_999);
    }
  }

  /** What {@code --study} can be. */
  static final class Studies extends Values.OneOf<Study> {
    Studies() {
      super(Study.class);
    }

    @Override
    public Study convert(String value) {
      try {
        return super.convert(value.replace('-', '_'));
      } catch (TypeConversionException e) {
        throw new TypeConversionException(e.getMessage().replace('_', '-'));
      }
    }
  }

  /**
   * Checks what no single option can tell.
   *
   * @throws InvalidInput naming the option
   */
  public void check() {
    if (study == Study.HALVES) {
      checkHalves();
    } else {
      checkTakenAway();
    }
  }

  private void checkTakenAway() {
    if (prompts % groups != 0) {
      throw new InvalidInput(
          "--groups %d: does not divide the %d prompts of --explained; groups are equally large",
          groups, prompts);
    }

    if (wholeSeeds < Math.max(2, seeds)) {
      throw new InvalidInput(
          "--whole-seeds %d: at least two, and as many as --seeds (%d), as each training is compared"
              + " with that of its seed on the whole text",
          wholeSeeds, seeds);
    }
  }

  private void checkHalves() {
    if (halves < 3) {
      throw new InvalidInput("--halves %d: ranks of fewer than three tell nothing", halves);
    }

    if (again > halves || again == 1 || again == 2) {
      throw new InvalidInput(
          "--halves-again %d: none, or from 3 to all %d of --halves", again, halves);
    }

    if (units < 2) {
      throw new InvalidInput("--units %d: a half is drawn from two at least", units);
    }
  }

  /** Returns the names of the study's steps. */
  public List<String> steps() {
    return study == Study.HALVES
        ? List.of("scores", "trainings", "correlations")
        : List.of("occurrences", "trainings", "effects");
  }

  Study study() {
    return study;
  }

  int prompts() {
    return prompts;
  }

  int groups() {
    return groups;
  }

  /** Returns numbers of occurrences, ascending. */
  List<Integer> takenAway() {
    return takenAway.stream().distinct().sorted().toList();
  }

  boolean isBlanked() {
    return isBlanked;
  }

  int seeds() {
    return seeds;
  }

  int wholeSeeds() {
    return wholeSeeds;
  }

  int halves() {
    return halves;
  }

  int again() {
    return again;
  }

  int units() {
    return units;
  }

  long draw() {
    return draw;
  }

  public boolean isPlan() {
    return isPlan;
  }

  /** Returns how many trainings there are. */
  int trainings(int choices) {
    return study == Study.HALVES
        ? halves + again
        : wholeSeeds + choices * takenAway().size() * groups * seeds;
  }

  /** Returns all that the study's answer depends on. */
  List<Object> settings() {
    return study == Study.HALVES
        ? List.of(study, prompts, halves, again, units, draw)
        : List.of(study, prompts, groups, takenAway(), isBlanked, seeds, wholeSeeds, draw);
  }
}
