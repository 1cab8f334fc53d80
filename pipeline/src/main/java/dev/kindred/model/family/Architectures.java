/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.family;

import dev.kindred.model.architecture.Architecture;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.architecture.ConfigJson;
import dev.kindred.model.architecture.OwnArchitecture;
import dev.kindred.model.architecture.TrainedArchitecture;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The architectures that Kindred knows: the one list. */
public final class Architectures {
  /** Kindred's own, by {@code architecture}. */
  private static final List<OwnArchitecture> OWN = List.of(new Gpt(), new MaskedMixer());

  private static final String OWN_FIELD = "architecture";

  /** The architectures of Hugging Face's transformers, by {@code model_type}. */
  private static final List<Architecture> FAMILIES =
      List.of(
          new Gpt2(),
          new GptNeo(),
          new GptNeoX(),
          new GptJ(),
          new Llama(),
          new Mistral(),
          new Qwen(false),
          new Qwen(true),
          new Gemma(),
          new Gemma2(),
          new Gemma3(),
          new Phi(),
          new Phi3(),
          new Opt(),
          new Olmo(),
          new Olmo2());

  private Architectures() {}

  /**
   * Describes the model of a configuration.
   *
   * @throws dev.kindred.InvalidInput if its architecture is not known, or a field is wrong
   */
  public static Blueprint read(ConfigJson config) {
    return of(config).read(config);
  }

  /**
   * The architecture of a configuration.
   *
   * @throws dev.kindred.InvalidInput if it is not known
   */
  public static Architecture of(ConfigJson config) {
    if (isHuggingFace(config)) {
      HuggingFace.checkKinds(config);
      return of(config, HuggingFace.FAMILY, FAMILIES);
    }

    if (!config.has(OWN_FIELD)) {
      throw config.invalid(
          "%s is missing, which names the family of a Hugging Face model; supported are %s",
          HuggingFace.FAMILY, String.join(", ", families()));
    }

    return of(config, OWN_FIELD, OWN);
  }

  /** Whether a configuration is one of Hugging Face's transformers. */
  public static boolean isHuggingFace(ConfigJson config) {
    return config.has(HuggingFace.FAMILY) && !config.has(OWN_FIELD);
  }

  /** Whether a configuration names an architecture. */
  public static boolean isNamed(ConfigJson config) {
    return config.has(OWN_FIELD) || config.has(HuggingFace.FAMILY);
  }

  private static Architecture of(
      ConfigJson config, String field, List<? extends Architecture> choices) {
    String name = config.string(field);
    return choices.stream()
        .filter(architecture -> architecture.name().equals(name))
        .findFirst()
        .<Architecture>map(architecture -> architecture)
        .orElseThrow(
            () ->
                config.invalid(
                    "%s is \"%s\", supported are %s",
                    field,
                    name,
                    choices.stream()
                        .map(known -> "\"" + known.name() + "\"")
                        .collect(Collectors.joining(", "))));
  }

  /** The names of all families of Hugging Face's transformers that are read. */
  public static List<String> families() {
    return FAMILIES.stream().map(Architecture::name).toList();
  }

  /** The names of the architectures that {@code kindred train} trains. */
  public static List<String> trained() {
    return trainedOnes().map(Architecture::name).toList();
  }

  /**
   * One of the architectures that {@code kindred train} trains.
   *
   * @param name one of {@link #trained()}
   */
  public static TrainedArchitecture trained(String name) {
    return trainedOnes()
        .filter(architecture -> architecture.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("not trained: " + name));
  }

  private static Stream<TrainedArchitecture> trainedOnes() {
    return Stream.concat(OWN.stream(), FAMILIES.stream())
        .filter(TrainedArchitecture.class::isInstance)
        .map(TrainedArchitecture.class::cast);
  }
}
