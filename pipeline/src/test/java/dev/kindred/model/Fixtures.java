/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import dev.kindred.model.files.Safetensors;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * FFN outputs and probabilities of models/tinyshakespeare for 64 windows, computed with PyTorch;
 * see fixtures/README.md.
 *
 * @param tokenIds 64 x 10
 * @param ffnOutputs 6 x (64 x 384)
 * @param probabilities 64 x 65
 */
record Fixtures(int[][] tokenIds, float[][] ffnOutputs, float[] probabilities) {
  private static final int WINDOWS = 64;
  private static final int LENGTH = 10;
  private static final int BLOCKS = 6;

  static Fixtures read() throws IOException {
    byte[] file = resource("tinyshakespeare-activations.safetensors");
    Safetensors tensors = Safetensors.parse("fixtures", file);
    float[] allOutputs = null;
    float[] probabilities = null;
    int[][] tokenIds = new int[WINDOWS][LENGTH];
    long headerLength = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
    for (Safetensors.Tensor tensor : tensors.tensors()) {
      switch (tensor.name()) {
        case "ffn_out" -> allOutputs = tensors.floats(tensor);
        case "probabilities" -> probabilities = tensors.floats(tensor);
        case "token_ids" -> {
          ByteBuffer ids = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
          ids.position((int) (8 + headerLength + tensor.begin()));
          for (int i = 0; i < WINDOWS * LENGTH; i++) {
            tokenIds[i / LENGTH][i % LENGTH] = (int) ids.getLong();
          }
        }
        default -> throw new IOException("unknown fixture " + tensor.name());
      }
    }

    float[][] byBlock = new float[BLOCKS][];
    int size = allOutputs.length / BLOCKS;
    for (int block = 0; block < BLOCKS; block++) {
      byBlock[block] = java.util.Arrays.copyOfRange(allOutputs, block * size, (block + 1) * size);
    }

    return new Fixtures(tokenIds, byBlock, probabilities);
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream in = Fixtures.class.getResourceAsStream("/fixtures/" + name)) {
      return in.readAllBytes();
    }
  }
}
