/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import dev.kindred.explanation.Explanation;
import dev.kindred.explanation.Following;
import dev.kindred.explanation.TokenCount;
import java.util.Locale;

/** The sentence that says which token really follows a prompt, and who was right. */
final class FollowingText {
  private FollowingText() {}

  /** The sentence; empty if nothing is known to follow. */
  static String of(Explanation explanation) {
    Following following = explanation.following();
    if (following == null) {
      return "";
    }

    return follows(following) + ": " + verdict(following) + ".";
  }

  private static String follows(Following following) {
    TokenCount first = following.tokens().get(0);
    String token = VisibleText.quoted(first.text());
    if (following.tokens().size() == 1) {
      return "In the corpus " + token + " follows";
    }

    return String.format(
        Locale.ROOT,
        "In the corpus %s follows most often (%s of the time)",
        token,
        Numbers.percent(first.share()));
  }

  private static String verdict(Following following) {
    if (following.modelIsRight()) {
      return following.stringsAreRight()
          ? "the model and the other similar strings are right"
          : "the model is right, the other similar strings are not";
    }

    return following.stringsAreRight()
        ? "the other similar strings are right, the model is not"
        : "neither the model nor the other similar strings are right";
  }
}
