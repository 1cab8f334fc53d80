/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import dev.kindred.table.Figures.Measure;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Figures under the dotted names that version 0.2 gave them. */
public final class FormerNames {
  private static final Pattern ABLATION = Pattern.compile("(alone|whole)_without_.*");

  private FormerNames() {}

  /** Returns all figures but the agreements of alignments, whose names had a table's keys. */
  public static Map<String, Double> of(Figures figures) {
    Map<String, Double> named = new TreeMap<>();
    for (Measure measure : figures.measures()) {
      for (String statistic : figures.statistics(measure)) {
        named.put(name(measure, statistic), figures.get(measure, statistic));
      }
    }

    return named;
  }

  private static String name(Measure measure, String statistic) {
    if (measure.block() != null) {
      return ofBlock(measure, "block." + measure.block() + ".", statistic);
    }

    String slice = measure.slice() == null ? "" : "slice." + measure.slice() + ".";
    return slice.isEmpty()
        ? ofAll(measure, statistic)
        : (slice + ofAll(measure, statistic)).replace("compatible.prompts", "prompts");
  }

  private static String ofBlock(Measure measure, String block, String statistic) {
    String series = measure.series();
    String figure = measure.quantity() + "." + statistic;
    if (ABLATION.matcher(series).matches()) {
      return "ablation." + block + series.replace("_without", ".without") + "." + figure;
    }

    return switch (series) {
      case "similar_strings" -> block + "similar_strings." + statistic;
      case "join" -> block + "join." + statistic;
      case "vectors" -> "ablation." + block + figure;
      case "directions" -> "geometry." + block + figure;
      case "considered" ->
          "alignment."
              + block
              + (statistic.equals("without_evidence") ? "" : "considered.")
              + statistic;
      case "chance" ->
          "alignment." + block + "chance." + statistic.replace("simulated_", "simulated.");
      default -> "alignment." + series + "." + block + figure;
    };
  }

  private static String ofAll(Measure measure, String statistic) {
    String series = measure.series();
    String honest = "honest".equals(measure.protocol()) ? "honest." : "";
    String of = "." + measure.quantity();
    String figure = of + "." + statistic;
    if (measure.quantity().equals("fit")) {
      return "baseline." + series + "." + statistic;
    }

    if (measure.quantity().equals("next_token_right")) {
      boolean isPair = series.contains("_or_");
      String beside = statistic.equals("mean") ? "" : "." + statistic;
      return "following." + series + (isPair ? "." + statistic : ".right" + beside);
    }

    if (measure.protocol() == null
        && !measure.quantity().equals("hellinger")
        && !series.equals("noise_floor")
        && !series.equals("once")) {
      return "geometry.perturbation." + series + figure;
    }

    String name =
        switch (series) {
          case "similar_strings" -> measure.protocol() + ofStrings(measure, statistic);
          case "noise_floor" -> "noise_floor" + share(of, statistic);
          case "once" -> "following.prompts";
          case "ngram" -> honest + "ngram" + figure;
          default ->
              series.startsWith("alternate_")
                  ? series.replace("alternate_", "noise_floor.") + figure
                  : honest + "baseline." + series + figure;
        };
    return name;
  }

  private static String ofStrings(Measure measure, String statistic) {
    return switch (measure.quantity()) {
      case "prompts", "prompts_without_evidence" -> "." + measure.quantity();
      case "first_tokens_in_order" -> "." + statistic.replace('_', '.') + ".in_order";
      case "first_tokens_in_any_order" -> "." + statistic.replace('_', '.') + ".any_order";
      default -> share("." + measure.quantity(), statistic);
    };
  }

  /** A share had its name alone. */
  private static String share(String quantity, String statistic) {
    return quantity.equals(".top1") && statistic.equals("mean")
        ? quantity
        : quantity + "." + statistic;
  }

  /** Returns the figures of a run that had such names; those of analyses are not understood. */
  public static Figures figures(Map<String, Double> named) {
    Figures figures = new Figures();
    named.forEach((name, value) -> put(figures, name, value));
    return figures;
  }

  private static void put(Figures figures, String name, double value) {
    Matcher slice = Pattern.compile("slice\\.([a-z_0-9]+\\.[a-z_0-9]+)\\.(.*)").matcher(name);
    if (slice.matches()) {
      String rest = slice.group(2);
      put(figures, rest.equals("prompts") ? "compatible.prompts" : rest, slice.group(1), value);
    } else {
      put(figures, name, null, value);
    }
  }

  private static void put(Figures figures, String name, String slice, double value) {
    String[] parts = name.split("\\.");
    String last = parts[parts.length - 1];
    if (parts[0].equals("block")) {
      Measure of =
          parts[2].equals("join")
              ? Measure.of("join", "pairs")
              : Measure.of("similar_strings", "strings");
      figures.put(of.block(Integer.parseInt(parts[1])), last, value);
    } else if (parts[0].equals("following")) {
      boolean isRight = parts.length > 2 && parts[2].equals("right");
      figures.put(
          parts.length == 2
              ? Measure.of("once", "prompts")
              : Measure.of(parts[1], "next_token_right"),
          parts.length == 2 ? "count" : isRight && parts.length == 3 ? "mean" : last,
          value);
    } else if (parts[0].equals("noise_floor")) {
      boolean isOfAll = parts.length < 4;
      figures.put(
          Measure.of(isOfAll ? "noise_floor" : "alternate_" + parts[1], parts[isOfAll ? 1 : 2])
              .in(slice),
          parts.length == 2 ? "mean" : last,
          value);
    } else if (name.startsWith("baseline.") && !parts[2].equals("hellinger")) {
      figures.put(Measure.of(parts[1], "fit"), last, value);
    } else {
      boolean isHonest = parts[0].equals("honest");
      String series =
          name.contains("baseline.")
              ? parts[isHonest ? 2 : 1]
              : parts[isHonest ? 1 : 0].equals("ngram") ? "ngram" : "similar_strings";
      boolean isTop = parts.length > 2 && parts[1].equals("top");
      String quantity =
          isTop ? "first_tokens_" + last : name.contains("hellinger") ? "hellinger" : parts[1];
      String statistic =
          isTop
              ? "top_" + parts[2]
              : last.startsWith("prompts") ? "count" : last.equals("top1") ? "mean" : last;
      Measure of = Measure.of(series, quantity).in(slice);
      figures.put(isHonest ? of.honest() : of.compatible(), statistic, value);
    }
  }
}
