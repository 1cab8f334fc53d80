/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.head;

import dev.kindred.ContentId;
import java.io.Serializable;
import java.util.List;

/**
 * What is asked of a model's heads.
 *
 * @param kinds of tokens
 * @param ablations what is put in the place of what a head mixes, one after another; none for no
 *     ablation
 */
public record HeadQuestion(List<Stimulus> stimuli, TokenKinds kinds, List<Ablation> ablations)
    implements Serializable {
  /** Says with which formulas rows were made. */
  private static final int VERSION = 2;

  /** Returns the name under which tables keep the answer. */
  public String key() {
    ContentId id = new ContentId().add(VERSION + " " + ablations + " " + kinds.description());
    stimuli.forEach(stimulus -> id.add(stimulus.description()));
    return id.id("h");
  }
}
