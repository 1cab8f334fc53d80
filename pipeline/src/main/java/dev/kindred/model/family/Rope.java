/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.family;

import dev.kindred.model.architecture.ConfigJson;
import dev.kindred.model.architecture.Positions.Rotary;
import dev.kindred.model.architecture.Positions.Rotary.Pairing;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/**
 * Rotary positions as {@code config.json} tells them: in the fields of transformers 4, {@code
 * rope_theta} and {@code rope_scaling}, or in the map {@code rope_parameters} of transformers 5.
 * Each setting is taken from the first place that has it; places that differ are refused.
 */
final class Rope {
  private static final String SCALING = "rope_scaling";
  private static final String PARAMETERS = "rope_parameters";
  private static final String BASE = "rope_theta";

  /** The share of a head's coordinates that are turned. */
  static final String SHARE = "partial_rotary_factor";

  private static final String ORIGINAL = "original_max_position_embeddings";
  private static final double USUAL_BASE = 10_000;

  /** What a map may have that names no type: nothing is scaled. */
  private static final Set<String> WITHOUT_TYPE = Set.of(BASE, SHARE, ORIGINAL);

  /** Fields of {@code config.json} that most families read. */
  static final Set<String> FIELDS = Set.of(BASE, SCALING, PARAMETERS);

  /** How frequencies are changed for contexts longer than those of the first training. */
  enum Scaling {
    DEFAULT,
    LINEAR,
    /** Changes nothing up to {@code max_position_embeddings}, and longer texts are refused. */
    DYNAMIC,
    LLAMA3,
    LONGROPE
  }

  private static final Set<String> KEYS =
      Set.of(
          "rope_type",
          "type",
          BASE,
          SHARE,
          "factor",
          "low_freq_factor",
          "high_freq_factor",
          ORIGINAL,
          "short_factor",
          "long_factor",
          "attention_factor");

  private final ConfigJson json;
  private final List<ConfigJson> maps;
  private final Set<String> baseFields;
  private final Set<String> shareFields;
  private final Set<Scaling> supported;
  private double baseOtherwise = USUAL_BASE;
  private boolean isOfShare;
  private double shareOtherwise = 1;
  private int contextOtherwise;

  private Rope(
      ConfigJson json,
      List<ConfigJson> maps,
      Set<String> baseFields,
      Set<String> shareFields,
      Set<Scaling> supported) {
    this.json = json;
    this.maps = maps;
    this.baseFields = baseFields;
    this.shareFields = shareFields;
    this.supported = supported;
    for (ConfigJson map : maps) {
      for (String key : map.names()) {
        if (map.has(key) && !KEYS.contains(key)) {
          throw map.invalid("%s is not known, and may change rotary positions", key);
        }
      }
    }
  }

  /** As most families have it: base {@code rope_theta}, scaled in any way but LONGROPE. */
  static Rope of(ConfigJson json) {
    return of(json, Scaling.DEFAULT, Scaling.LINEAR, Scaling.DYNAMIC, Scaling.LLAMA3);
  }

  /** Reads what {@link #of(ConfigJson)} reads, scaled in any of these ways. */
  static Rope of(ConfigJson json, Scaling... supported) {
    return of(json, Set.of(BASE), Set.of(SHARE), supported);
  }

  /**
   * Reads rotary positions whose fields have other names in transformers 4.
   *
   * @param baseFields of the base
   * @param shareFields of the share of a head's coordinates that are turned
   */
  static Rope of(
      ConfigJson json, Set<String> baseFields, Set<String> shareFields, Scaling... supported) {
    return new Rope(
        json,
        List.of(PARAMETERS, SCALING).stream().flatMap(map -> json.object(map).stream()).toList(),
        baseFields,
        shareFields,
        Set.of(supported));
  }

  /**
   * Reads the rotary positions of the blocks of one type of attention, where {@code
   * rope_parameters} has a map a type.
   *
   * @param type of attention, as {@code layer_types} names it
   * @param baseField of transformers 4
   * @param isScaled whether {@code rope_scaling} is for them
   */
  static Rope ofType(
      ConfigJson json, String type, String baseField, boolean isScaled, Scaling... supported) {
    List<ConfigJson> maps = new ArrayList<>();
    json.object(PARAMETERS)
        .ifPresent(
            byType -> {
              byType.names().stream()
                  .filter(name -> !name.endsWith("_attention"))
                  .findFirst()
                  .ifPresent(
                      name -> {
                        throw byType.invalid(
                            "%s stands where types of attention are expected", name);
                      });
              byType.object(type).ifPresent(maps::add);
            });
    if (isScaled) {
      json.object(SCALING).ifPresent(maps::add);
    }

    return new Rope(json, maps, Set.of(baseField), Set.of(SHARE), Set.of(supported));
  }

  /** The base where no place names it. */
  Rope baseOtherwise(double base) {
    this.baseOtherwise = base;
    return this;
  }

  /**
   * For families that turn a share of a head's coordinates; others turn all, whatever {@code
   * config.json} says, so that another share than 1 is refused there.
   *
   * @param share where no place names it
   */
  Rope shareOtherwise(double share) {
    this.isOfShare = true;
    this.shareOtherwise = share;
    return this;
  }

  /** The context, and that of the first training, where no place names them, for LONGROPE. */
  Rope contextOtherwise(int context) {
    this.contextOtherwise = context;
    return this;
  }

  /** Positions for heads of this width whose planes are of coordinates i and i + width / 2. */
  Rotary halves(int headWidth) {
    double share = share();
    if (!isOfShare && share != 1) {
      throw json.invalid(
          "%s is %s, but models of this family turn all coordinates of a head", SHARE, share);
    }

    int width = (int) (headWidth * share);
    checkWidth(json, width, headWidth);
    double base = number(BASE, baseFields, baseOtherwise);
    Scaling scaling = scaling();
    Rotary plain = Rotary.of(width, base, Pairing.HALVES);
    return switch (scaling) {
      case DEFAULT, DYNAMIC -> plain;
      case LINEAR -> {
        double factor = required("factor");
        yield scaled(plain, i -> plain.frequencies().get(i) / factor, 1);
      }
      case LLAMA3 -> llama3(plain);
      case LONGROPE -> longrope(plain);
    };
  }

  /** The share of a head's coordinates that are turned. */
  double share() {
    return number(SHARE, shareFields, shareOtherwise);
  }

  /** Fields about rotary positions, with those that a family has beside the usual ones. */
  static Set<String> fields(String... more) {
    Set<String> fields = new HashSet<>(FIELDS);
    fields.addAll(List.of(more));
    return fields;
  }

  /** Refuses widths that have no planes. */
  static void checkWidth(ConfigJson json, int width, int headWidth) {
    if (width <= 0 || width % 2 != 0 || width > headWidth) {
      throw json.invalid(
          "%d of the %d coordinates of a head are turned by their position, expected an even"
              + " number of them",
          width, headWidth);
    }
  }

  private static Rotary scaled(Rotary plain, IntToDoubleFunction frequency, double factor) {
    return new Rotary(
        IntStream.range(0, plain.frequencies().size()).mapToDouble(frequency).boxed().toList(),
        plain.pairing(),
        factor);
  }

  /** Slow planes are slowed down by a factor, fast ones not, and those between in part. */
  private Rotary llama3(Rotary plain) {
    double factor = required("factor");
    double low = required("low_freq_factor");
    double high = required("high_freq_factor");
    double original = required(ORIGINAL);
    if (high <= low) {
      throw json.invalid("high_freq_factor %s is not above low_freq_factor %s", high, low);
    }

    return scaled(
        plain,
        i -> {
          double frequency = plain.frequencies().get(i);
          double wavelength = 2 * Math.PI / frequency;
          if (wavelength > original / low) {
            return frequency / factor;
          }

          if (wavelength < original / high) {
            return frequency;
          }

          double share = (original / wavelength - low) / (high - low);
          return (1 - share) * frequency / factor + share * frequency;
        },
        1);
  }

  /** The length up to which LONGROPE has its short factors; longer texts are refused. */
  int shortContext(int context) {
    return scaling() == Scaling.LONGROPE ? Math.min(context, original()) : context;
  }

  private int original() {
    double original = number(ORIGINAL, Set.of(ORIGINAL), contextOtherwise);
    if (original != (int) original || original < 2) {
      throw json.invalid("%s is %s, expected a whole number of 2 or more", ORIGINAL, original);
    }

    return (int) original;
  }

  private Rotary longrope(Rotary plain) {
    List<Double> factors = factors("short_factor", plain);
    factors("long_factor", plain); // which longer texts would need
    double original = original();
    double scale =
        number(
            "factor",
            Set.of(),
            json.positiveInt("max_position_embeddings", contextOtherwise) / original);
    double usual = scale <= 1 ? 1 : Math.sqrt(1 + Math.log(scale) / Math.log(original));
    return scaled(
        plain,
        i -> plain.frequencies().get(i) / factors.get(i),
        number("attention_factor", Set.of(), usual));
  }

  private List<Double> factors(String key, Rotary plain) {
    List<Double> factors =
        maps.stream()
            .filter(map -> map.has(key))
            .findFirst()
            .orElseThrow(() -> json.invalid("rope_scaling lacks %s", key))
            .positives(key);
    if (factors.size() != plain.frequencies().size()) {
      throw json.invalid(
          "%s has %d numbers, expected %d, one a plane of rotary positions",
          key, factors.size(), plain.frequencies().size());
    }

    return factors;
  }

  private Scaling scaling() {
    for (ConfigJson map : maps) {
      if (!map.has("rope_type") && !map.has("type")) {
        for (String key : map.names()) {
          if (map.has(key) && !WITHOUT_TYPE.contains(key)) {
            throw map.invalid("%s stands without a rope_type", key);
          }
        }
      }
    }

    String found =
        only(
            maps.stream()
                .map(map -> map.string("rope_type", map.string("type", null)))
                .filter(Objects::nonNull)
                .toList(),
            "rope_type",
            "default");
    for (Scaling scaling : supported) {
      if (scaling.name().equals(name(found))) {
        return scaling;
      }
    }

    throw json.invalid(
        "rope_type is \"%s\", supported for %s are %s",
        found,
        json.string(HuggingFace.FAMILY),
        String.join(
            ", ",
            supported.stream().map(s -> s.name().toLowerCase(Locale.ROOT)).sorted().toList()));
  }

  /** What some files call it. */
  private String name(String found) {
    boolean isOld = found.equals("su") || found.equals("yarn"); // of Phi-3 alone
    return isOld && supported.contains(Scaling.LONGROPE)
        ? Scaling.LONGROPE.name()
        : found.toUpperCase(Locale.ROOT);
  }

  private double required(String key) {
    double found = number(key, Set.of(), Double.NaN);
    if (Double.isNaN(found)) {
      throw json.invalid("rope_scaling lacks %s", key);
    }

    return found;
  }

  private double number(String key, Set<String> fields, double otherwise) {
    List<Double> found = new ArrayList<>();
    for (ConfigJson map : maps) {
      if (map.has(key)) {
        found.add(map.positive(key, 0));
      }
    }

    for (String field : fields) {
      if (json.has(field)) {
        found.add(json.positive(field, 0));
      }
    }

    return only(found, key, otherwise);
  }

  private <T> T only(List<T> found, String key, T otherwise) {
    List<T> distinct = found.stream().distinct().toList();
    if (distinct.size() > 1) {
      throw json.invalid(
          "%s is %s in one place and %s in another", key, distinct.get(0), distinct.get(1));
    }

    return distinct.isEmpty() ? otherwise : distinct.get(0);
  }
}
