/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.architecture;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * How files may name tensors otherwise than a description.
 *
 * @param prefixes of the description's names that a file may leave out, the longest first
 * @param buffers names, without prefixes, of what is stored beside the weights and follows from the
 *     configuration: masks and tables of angles
 * @param head the unembedding's weight, which a file may have although the embedding's table is
 *     used for it; it must be equal to that
 */
public record StoredNames(List<String> prefixes, Pattern buffers, String head) {
  /** Names are those of the description, each of them and no others. */
  public static final StoredNames EXACT = new StoredNames(List.of(), Pattern.compile("(?!)"), "");

  /**
   * The name that a description has for a stored tensor.
   *
   * @param known names in the description
   * @return none if it has no such tensor
   */
  public Optional<String> described(String stored, Set<String> known) {
    if (known.contains(stored)) {
      return Optional.of(stored);
    }

    return prefixes.stream().map(prefix -> prefix + stored).filter(known::contains).findFirst();
  }

  /** Whether a stored tensor is no weight. */
  public boolean isBuffer(String stored) {
    return buffers.matcher(stored).matches()
        || prefixes.stream()
            .anyMatch(
                prefix ->
                    stored.startsWith(prefix)
                        && buffers.matcher(stored.substring(prefix.length())).matches());
  }
}
