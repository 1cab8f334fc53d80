/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.jobs.option.KindredCommand;
import java.util.List;

/** The one list of analyses. */
public final class Analyses {
  private Analyses() {}

  /** Returns new commands of all analyses. */
  public static List<KindredCommand> commands() {
    return List.of(
        new LensCommand(),
        new AblateCommand(),
        new LearnEmbeddingsCommand(),
        new SubspacesCommand(),
        new GeometryCommand(),
        new AlignCommand());
  }
}
