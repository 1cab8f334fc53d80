/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class TestRecipe {

  @Test
  void theLearningRateRisesThenFallsAlongACosine() {
    Recipe recipe = recipe(110, 10, Recipe.Decay.COSINE, 0);

    assertThat(recipe.learningRateAt(1)).isCloseTo(.1, within(1e-12));
    assertThat(recipe.learningRateAt(5)).isCloseTo(.5, within(1e-12));
    assertThat(recipe.learningRateAt(10)).isCloseTo(1, within(1e-12));
    assertThat(recipe.learningRateAt(60)).as("half way").isCloseTo(.6, within(1e-12));
    assertThat(recipe.learningRateAt(110)).isCloseTo(.2, within(1e-12));
  }

  @Test
  void theStudysLearningRateDropsAtOnce() {
    Recipe recipe = recipe(20, 0, Recipe.Decay.DROP, 15);

    assertThat(recipe.learningRateAt(1)).isEqualTo(1);
    assertThat(recipe.learningRateAt(15)).isEqualTo(1);
    assertThat(recipe.learningRateAt(16)).isCloseTo(.2, within(1e-12));
    assertThat(recipe.learningRateAt(20)).isCloseTo(.2, within(1e-12));
  }

  private static Recipe recipe(int steps, int warmUpSteps, Recipe.Decay decay, int decayStart) {
    return new Recipe(
        1,
        steps,
        8,
        List.of(0., 0., 0., 1.),
        1,
        .2,
        warmUpSteps,
        decay,
        decayStart,
        .9,
        .99,
        0,
        Recipe.DecayedWeights.ALL,
        0,
        0,
        1,
        1);
  }
}
