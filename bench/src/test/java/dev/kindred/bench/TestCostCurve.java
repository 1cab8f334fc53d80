/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.bench.CostCurve.Point;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TestCostCurve {
  private static final List<Point> TWO_CORES =
      List.of(
          new Point(1 / 16.0, 50), new Point(0.25, 180), new Point(0.5, 345), new Point(1, 680));
  private static final List<Point> ONE_CORE =
      List.of(new Point(1 / 16.0, 90), new Point(0.25, 350));

  @TempDir Path folder;

  @Test
  void drawsACurveForEachNumberOfCores() throws IOException {
    BufferedImage image = draw(TWO_CORES, ONE_CORE);
    assertThat(image.getWidth()).isEqualTo(1360);
    assertThat(image.getHeight()).isEqualTo(760);
    assertThat(pixels(image, CostCurve.ALL_CORES.getRGB())).isGreaterThan(1000);
    assertThat(pixels(image, CostCurve.ONE_CORE.getRGB())).isGreaterThan(1000);
  }

  @Test
  void drawsOneCurveOnAMachineWithOneCore() throws IOException {
    BufferedImage image = draw(TWO_CORES, List.of());
    assertThat(pixels(image, CostCurve.ALL_CORES.getRGB())).isGreaterThan(1000);
    assertThat(pixels(image, CostCurve.ONE_CORE.getRGB())).isZero();
  }

  private BufferedImage draw(List<Point> allCores, List<Point> oneCore) throws IOException {
    Path file = folder.resolve("cost.png");
    CostCurve.write(allCores, 2, oneCore, file);
    assertThat(Files.readAllBytes(file)).startsWith(0x89, 'P', 'N', 'G');
    return ImageIO.read(file.toFile());
  }

  private static long pixels(BufferedImage image, int color) {
    return IntStream.of(
            image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth()))
        .filter(pixel -> pixel == color)
        .count();
  }
}
