/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.geometry.TipToTail;
import dev.kindred.geometry.TipToTail.Arrow;
import dev.kindred.geometry.TipToTail.Part;
import dev.kindred.geometry.TipToTail.Point;
import dev.kindred.jobs.report.Findings.Drawing;
import dev.kindred.jobs.report.Numbers;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Vectors tip to tail as an SVG picture, in its units.
 *
 * @param caption what is drawn
 * @param shafts in order
 * @param labels one a shaft, in order
 * @param sum from the origin to the last tip
 * @param sumNorm in units of the residual stream
 */
record PlanePicture(
    String caption,
    List<Shaft> shafts,
    List<Label> labels,
    Shaft sum,
    double sumNorm,
    double width,
    double height) {
  private static final double SIZE = 460; // of the longer side of what is drawn
  private static final double MARGIN = 56;
  private static final double HEAD_LENGTH = 8;
  private static final double HEAD_WIDTH = 3;
  private static final double CHARACTER_WIDTH = 7.4; // at most, on average over a label
  private static final double LINE_HEIGHT = 13;

  /** What it costs a label to hide another or to be cut off: more than to cross all lines. */
  private static final double HIDDEN = 1e6;

  /** Places of a label along its vector, and its distances to it, the best first. */
  private static final double[] ALONG = {.5, .35, .65, .2, .8};

  private static final double[] AWAY = {3, 10, 18, 28, 40, 54};

  /**
   * An arrow.
   *
   * @param kind embedding, attention, ffn or sum
   */
  record Shaft(String kind, double x1, double y1, double x2, double y2) {

    /** Its head: an SVG polygon's points; a short arrow has a small one. */
    private String head() {
      double length = length();
      double size = Math.min(1, length / (2 * HEAD_LENGTH));
      double back = length == 0 ? 0 : size * HEAD_LENGTH / length;
      double aside = length == 0 ? 0 : size * HEAD_WIDTH / length;
      double x = x2 - back * (x2 - x1);
      double y = y2 - back * (y2 - y1);
      return String.format(
          Locale.ROOT,
          "%.1f,%.1f %.1f,%.1f %.1f,%.1f",
          x2,
          y2,
          x - aside * (y2 - y1),
          y + aside * (x2 - x1),
          x + aside * (y2 - y1),
          y - aside * (x2 - x1));
    }

    private double length() {
      return Math.hypot(x2 - x1, y2 - y1);
    }
  }

  /** A text around a middle. */
  record Label(String kind, String text, double x, double y) {
    private double left() {
      return x - CHARACTER_WIDTH * text.length() / 2;
    }

    private double right() {
      return x + CHARACTER_WIDTH * text.length() / 2;
    }

    private boolean overlaps(Label other) {
      return left() < other.right()
          && other.left() < right()
          && Math.abs(y - other.y) < LINE_HEIGHT;
    }

    /** Whether a shaft passes behind the text. */
    private boolean isCrossedBy(Shaft shaft) {
      int steps = (int) Math.ceil(shaft.length() / 4);
      for (int i = 0; i <= steps; i++) {
        double t = steps == 0 ? 0 : (double) i / steps;
        double px = shaft.x1() + t * (shaft.x2() - shaft.x1());
        double py = shaft.y1() + t * (shaft.y2() - shaft.y1());
        if (px > left() && px < right() && Math.abs(py - y) < LINE_HEIGHT / 2) {
          return true;
        }
      }

      return false;
    }
  }

  /** Pictures with and without attention, of the same scale. */
  static List<PlanePicture> of(TipToTail whole, TipToTail withoutAttention) {
    double scale = SIZE / Math.max(extent(whole), extent(withoutAttention));
    return List.of(
        of("With attention outputs", whole, scale),
        of("Without attention outputs", withoutAttention, scale));
  }

  private static double extent(TipToTail vectors) {
    Box box = Box.of(vectors);
    return Math.max(box.right() - box.left(), box.top() - box.bottom());
  }

  private record Box(double left, double right, double bottom, double top) {
    private static Box of(TipToTail vectors) {
      double[] xs = vectors.arrows().stream().mapToDouble(arrow -> arrow.tip().x()).toArray();
      double[] ys = vectors.arrows().stream().mapToDouble(arrow -> arrow.tip().y()).toArray();
      Box box = new Box(0, 0, 0, 0);
      for (int i = 0; i < xs.length; i++) {
        box =
            new Box(
                Math.min(box.left, xs[i]),
                Math.max(box.right, xs[i]),
                Math.min(box.bottom, ys[i]),
                Math.max(box.top, ys[i]));
      }

      return box;
    }
  }

  private static PlanePicture of(String caption, TipToTail vectors, double scale) {
    Box box = Box.of(vectors);
    List<Shaft> shafts = new ArrayList<>();
    for (Arrow arrow : vectors.arrows()) {
      shafts.add(shaft(kind(arrow.part()), arrow.tail(), arrow.tip(), box, scale));
    }

    Shaft sum = shaft("sum", Point.ORIGIN, vectors.tip(), box, scale);
    double width = 2 * MARGIN + scale * (box.right() - box.left());
    double height = 2 * MARGIN + scale * (box.top() - box.bottom());
    return new PlanePicture(
        caption,
        shafts,
        labels(vectors.arrows(), shafts, sum, width, height),
        sum,
        vectors.tip().norm(),
        width,
        height);
  }

  private static String kind(Part part) {
    return switch (part) {
      case EMBEDDING -> "embedding";
      case ATTENTION -> "attention";
      case FEED_FORWARD -> "ffn";
    };
  }

  /** In the picture up is less. */
  private static Shaft shaft(String kind, Point from, Point to, Box box, double scale) {
    return new Shaft(
        kind,
        MARGIN + scale * (from.x() - box.left()),
        MARGIN + scale * (box.top() - from.y()),
        MARGIN + scale * (to.x() - box.left()),
        MARGIN + scale * (box.top() - to.y()));
  }

  private static List<Label> labels(
      List<Arrow> arrows, List<Shaft> shafts, Shaft sum, double width, double height) {
    List<Shaft> lines = new ArrayList<>(shafts);
    lines.add(sum);
    List<Label> labels = new ArrayList<>();
    for (int i = 0; i < shafts.size(); i++) {
      Arrow arrow = arrows.get(i);
      String text =
          switch (arrow.part()) {
            case EMBEDDING -> "embedding";
            case ATTENTION -> "attn " + arrow.block();
            case FEED_FORWARD -> "ffn " + arrow.block();
          };
      labels.add(placed(text, shafts.get(i), lines, labels, width, height));
    }

    return labels;
  }

  /** Where the text hides least; of places that are alike the first. */
  private static Label placed(
      String text,
      Shaft shaft,
      List<Shaft> lines,
      List<Label> others,
      double width,
      double height) {
    Label best = null;
    double least = Double.POSITIVE_INFINITY;
    double length = Math.max(1e-9, shaft.length());
    for (double away : AWAY) {
      for (double along : ALONG) {
        for (int side = -1; side <= 1; side += 2) {
          double nx = side * (shaft.y2() - shaft.y1()) / length;
          double ny = -side * (shaft.x2() - shaft.x1()) / length;
          Label label =
              new Label(
                  shaft.kind(),
                  text,
                  shaft.x1()
                      + along * (shaft.x2() - shaft.x1())
                      + nx * (away + CHARACTER_WIDTH * text.length() / 2),
                  shaft.y1() + along * (shaft.y2() - shaft.y1()) + ny * (away + LINE_HEIGHT / 2));
          double cost = away / 10;
          cost += HIDDEN * others.stream().filter(label::overlaps).count();
          cost += 5 * lines.stream().filter(label::isCrossedBy).count();
          cost += label.left() < 0 || label.right() > width ? HIDDEN : 0;
          cost += label.y() < LINE_HEIGHT || label.y() > height - LINE_HEIGHT ? HIDDEN : 0;
          if (cost < least) {
            least = cost;
            best = label;
          }
        }
      }
    }

    return best;
  }

  /** Returns the picture as a page has it. */
  Drawing drawing() {
    StringBuilder svg = new StringBuilder(line("sum", sum));
    for (Shaft shaft : shafts) {
      svg.append(line(shaft.kind(), shaft));
      svg.append(
          String.format(
              Locale.ROOT,
              "<polygon class=\"%s\" points=\"%s\"></polygon>",
              shaft.kind(),
              shaft.head()));
    }

    for (Label label : labels) {
      svg.append(
          String.format(
              Locale.ROOT,
              "<text class=\"%s\" x=\"%s\" y=\"%s\" text-anchor=\"middle\">%s</text>",
              label.kind(),
              label.x(),
              label.y() + 4,
              label.text()));
    }

    return new Drawing(
        caption,
        alt(),
        String.format(
            Locale.ROOT, "%s: the sum, dashed, has the norm %s.", caption, Numbers.mean(sumNorm)),
        width,
        height,
        svg.toString());
  }

  private static String line(String style, Shaft shaft) {
    return String.format(
        Locale.ROOT,
        "<line class=\"%s\" x1=\"%s\" y1=\"%s\" x2=\"%s\" y2=\"%s\"></line>",
        style,
        shaft.x1(),
        shaft.y1(),
        shaft.x2(),
        shaft.y2());
  }

  /** What the picture shows, in words. */
  private String alt() {
    return String.format(
        Locale.ROOT,
        "%s: %d vectors tip to tail, whose sum has the norm %.2f.",
        caption,
        shafts.size(),
        sumNorm);
  }
}
