/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.option;

import dev.kindred.InvalidInput;
import dev.kindred.activation.HookActivations.Positions;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Places of the forward pass to look at, and the prompts that pass there. */
public final class HookOptions {
  @Mixin private GivenPrompts prompts;

  @Option(
      names = "--hook",
      paramLabel = "NAME,..",
      split = ",",
      hideParamSyntax = true,
      description =
          "keeps what is there for the given prompts in the table hook_activations: places by"
              + " TransformerLens' names, such as blocks.3.attn.hook_z; blocks.*. is every block; can"
              + " be given several times")
  private List<String> names = List.of();

  @Option(
      names = "--positions",
      paramLabel = "all|last",
      converter = PositionsConverter.class,
      defaultValue = "all",
      description = "positions of the prompts that are kept of hooks (${DEFAULT-VALUE})")
  private Positions positions;

  /** Takes the name of positions. */
  static final class PositionsConverter extends Values.OneOf<Positions> {
    PositionsConverter() {
      super(Positions.class);
    }
  }

  /**
   * Whether places are to be looked at.
   *
   * @throws InvalidInput if there are prompts and no places
   */
  public boolean areGiven() {
    if (names.isEmpty() && prompts.areGiven()) {
      throw new InvalidInput(
          "prompts without --hook: add the places to keep, such as --hook blocks.0.attn.hook_z");
    }

    return !names.isEmpty();
  }

  /** Returns the names as they were given. */
  public List<String> names() {
    return names.stream().map(String::strip).toList();
  }

  public GivenPrompts prompts() {
    return prompts;
  }

  public Positions positions() {
    return positions;
  }
}
