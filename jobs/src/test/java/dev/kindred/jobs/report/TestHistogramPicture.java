/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Base64;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

class TestHistogramPicture {

  @Test
  void isAnImageOfTheSizeAndDensity() throws IOException {
    assertThat(image(new double[] {0.1, 0.2, 0.2}))
        .extracting(BufferedImage::getWidth, BufferedImage::getHeight)
        .containsExactly(
            Picture.Size.NARROW.width() * Picture.DENSITY,
            Picture.Size.NARROW.height() * Picture.DENSITY);
  }

  @Test
  void noDistancesStillDraw() throws IOException {
    assertThat(image(new double[0])).isNotNull();
  }

  private static BufferedImage image(double[] distances) throws IOException {
    String uri =
        HistogramPicture.of(Histogram.of(distances))
            .dataUri(Picture.Size.NARROW, Picture.Ink.LIGHT);
    byte[] bytes = Base64.getDecoder().decode(uri.substring(uri.indexOf(',') + 1));
    return ImageIO.read(new ByteArrayInputStream(bytes));
  }
}
