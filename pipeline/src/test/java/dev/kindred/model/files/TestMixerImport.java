/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.files;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import dev.kindred.model.Hook;
import dev.kindred.model.HookPoint;
import dev.kindred.model.MixerReference;
import dev.kindred.model.ResidualStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Checkpoints of mixers as the published code saves them: with numbers where nothing is read. */
class TestMixerImport {
  @TempDir private Path folder;

  private static List<MixerReference> mixers() {
    return MixerReference.all();
  }

  @ParameterizedTest
  @MethodSource("mixers")
  void anUnmaskedCheckpointIsImported(MixerReference mixer) throws IOException {
    Path from = Files.createDirectory(folder.resolve("from"));
    for (String file : List.of("config.json", "model.safetensors")) {
      Files.copy(mixer.file(file), from.resolve(file));
    }

    String vocabulary =
        IntStream.range(0, 50)
            .mapToObj(id -> "\"" + (char) ('A' + id + (id < 26 ? 0 : 6)) + "\": " + id)
            .collect(Collectors.joining(", "));
    Files.writeString(
        from.resolve("tokenizer.json"),
        """
        {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
         "normalizer": null, "post_processor": null, "decoder": {"type": "Fuse"},
         "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "[\\\\s\\\\S]"},
                           "behavior": "Isolated", "invert": false},
         "model": {"type": "WordLevel", "vocab": {%s}, "unk_token": "<unk>"}}
        """
            .replace("%s", vocabulary));
    Path out = folder.resolve("out");

    ModelImport.convert(
        from.toString(), out.toString(), Safetensors.Dtype.F32, new Configuration(false));

    ModelDirectory directory = ModelDirectory.read(out.toString(), new Configuration(false));
    assertThat(directory.isChecked()).isTrue();
    try (ResidualStream stream = directory.loadStream(Device.cpu());
        ResidualStream.Pass pass = stream.run(mixer.sequences("full"))) {
      MixerReference.assertClose(
          "logits",
          pass.all(Hook.of(HookPoint.LOGITS)),
          mixer.tensors("expected.safetensors").get("full.logits"),
          2e-5);
    }
  }
}
