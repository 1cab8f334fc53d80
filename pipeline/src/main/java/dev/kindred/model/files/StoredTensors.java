/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.files;

import dev.kindred.InvalidInput;
import dev.kindred.model.architecture.StoredNames;
import dev.kindred.model.architecture.Tensors;
import dev.kindred.model.files.Safetensors.Tensor;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Where the tensors of a model are: in which of its files, and by which name there. */
public record StoredTensors(Map<String, Place> places) implements Serializable {

  /** A tensor in one of some files. */
  public record Place(int file, String name) implements Serializable {}

  /** The tensors of a file that has the names of a description. */
  static StoredTensors of(Safetensors file, Map<String, long[]> expected) {
    return of(file.source(), List.of(file), expected, StoredNames.EXACT);
  }

  /**
   * Checks that a file holds exactly these tensors and that all numbers are finite.
   *
   * @param expected name to shape
   * @throws InvalidInput naming what is wrong
   */
  public static void checkAll(Safetensors file, Map<String, long[]> expected) {
    of(file, expected);
    file.scan(bytes -> {}, name -> true);
  }

  /**
   * Finds the tensors of a model, and checks that its files hold these and no others, in dtypes
   * that Kindred takes, and that each byte is in one of them.
   *
   * @param source the folder or file, for messages
   * @param expected name to shape
   * @param names how the files may name them
   * @throws InvalidInput naming all tensors that are missing, surplus, misshapen or stored in
   *     another dtype
   */
  static StoredTensors of(
      String source, List<Safetensors> files, Map<String, long[]> expected, StoredNames names) {
    Map<String, Place> places = new LinkedHashMap<>();
    Map<String, Tensor> found = new LinkedHashMap<>();
    List<String> surplus = new ArrayList<>();
    for (int file = 0; file < files.size(); file++) {
      for (Tensor tensor : files.get(file).tensors()) {
        Optional<String> described = names.described(tensor.name(), expected.keySet());
        if (described.isPresent()) {
          Place other = places.put(described.get(), new Place(file, tensor.name()));
          found.put(described.get(), tensor);
          if (other != null) {
            throw new InvalidInput(
                "%s: tensor %s is stored twice, as %s and %s",
                source, described.get(), other.name(), tensor.name());
          }
        } else if (tensor.name().equals(names.head())) {
          places.put(names.head(), new Place(file, tensor.name()));
        } else if (!names.isBuffer(tensor.name())) {
          surplus.add(tensor.name());
        }
      }
    }

    prefix(surplus, files, expected)
        .ifPresent(
            problem -> {
              throw new InvalidInput("%s: %s", source, problem);
            });
    List<String> problems = new ArrayList<>();
    addNames(
        problems,
        "missing",
        expected.keySet().stream().filter(name -> !found.containsKey(name)).toList());
    addNames(problems, "not part of this architecture", surplus);
    expected.forEach(
        (name, shape) ->
            Optional.ofNullable(found.get(name))
                .flatMap(tensor -> Safetensors.problem(tensor, shape))
                .ifPresent(problems::add));
    addDtypes(problems, found);
    if (!problems.isEmpty()) {
      throw new InvalidInput("%s: %s", source, String.join("; ", problems));
    }

    files.forEach(Safetensors::checkPlaces);
    return new StoredTensors(places);
  }

  private static void addDtypes(List<String> problems, Map<String, Tensor> found) {
    found.values().stream()
        .filter(tensor -> Safetensors.bytesPerElement(tensor).isEmpty())
        .collect(
            Collectors.groupingBy(
                Tensor::dtype, TreeMap::new, Collectors.mapping(Tensor::name, Collectors.toList())))
        .forEach(
            (dtype, names) ->
                problems.add(
                    String.format(
                        Locale.ROOT,
                        "tensor%s %s %s dtype %s, supported are F16, BF16, F32 and F64; convert the"
                            + " file",
                        names.size() == 1 ? "" : "s",
                        grouped(names),
                        names.size() == 1 ? "has" : "have",
                        dtype)));
  }

  /** Names as other programs save them, {@code _orig_mod.wte.weight}, begin alike. */
  private static Optional<String> prefix(
      List<String> surplus, List<Safetensors> files, Map<String, long[]> expected) {
    String first = expected.keySet().iterator().next();
    return surplus.stream()
        .filter(name -> name.endsWith("." + first))
        .map(name -> name.substring(0, name.length() - first.length()))
        .findFirst()
        .map(
            prefix -> {
              long all = files.stream().mapToLong(file -> file.tensors().size()).sum();
              long prefixed = surplus.stream().filter(name -> name.startsWith(prefix)).count();
              return String.format(
                  Locale.ROOT,
                  "%s begin with \"%s\", which is not part of the architecture's; rename them"
                      + " without it",
                  prefixed == all
                      ? "all names of tensors"
                      : prefixed + " of " + all + " names of tensors",
                  prefix);
            });
  }

  private static void addNames(List<String> problems, String what, List<String> names) {
    if (!names.isEmpty()) {
      problems.add(
          String.format(
              Locale.ROOT,
              names.size() == 1 ? "tensor %s is %s" : "tensors %s are %s",
              grouped(names),
              what));
    }
  }

  /** All names, those that differ by the block's number as one: {@code h.0-11.ln_1.weight}. */
  static String grouped(List<String> names) {
    Map<List<String>, List<Integer>> blocks = new LinkedHashMap<>();
    for (String name : names) {
      String[] parts = name.split("\\.");
      int number = 0;
      while (number < parts.length && !parts[number].matches("\\d{1,9}")) {
        number++;
      }

      boolean has = number < parts.length;
      List<String> before = List.of(Arrays.copyOf(parts, number));
      List<String> after =
          has ? List.of(Arrays.copyOfRange(parts, number + 1, parts.length)) : List.of();
      blocks
          .computeIfAbsent(
              List.of(String.join(".", before), String.join(".", after)), key -> new ArrayList<>())
          .add(has ? Integer.valueOf(parts[number]) : -1);
    }

    return blocks.entrySet().stream()
        .map(
            group ->
                group.getValue().contains(-1)
                    ? group.getKey().get(0)
                    : group.getKey().get(0)
                        + "."
                        + ranges(group.getValue())
                        + "."
                        + group.getKey().get(1))
        .collect(Collectors.joining(", "));
  }

  private static String ranges(List<Integer> numbers) {
    List<Integer> sorted = numbers.stream().distinct().sorted().toList();
    List<String> ranges = new ArrayList<>();
    for (int from = 0, to; from < sorted.size(); from = to) {
      to = from + 1;
      while (to < sorted.size() && sorted.get(to) == sorted.get(to - 1) + 1) {
        to++;
      }

      int first = sorted.get(from);
      int last = sorted.get(to - 1);
      ranges.add(first == last ? String.valueOf(first) : first + "-" + last);
    }

    return String.join(",", ranges);
  }

  /**
   * Checks that an unembedding's weight that is stored beside the table that it is tied to is equal
   * to it: programs do not agree on which of the two counts.
   *
   * @param head its name
   * @param table name of the table
   */
  void checkTied(String source, List<Safetensors> files, String head, String table) {
    Place copy = places.get(head);
    if (copy == null || head.equals(table)) {
      return;
    }

    if (!Arrays.equals(floats(files, copy), floats(files, places.get(table)))) {
      throw new InvalidInput(
          "%s: config.json ties the unembedding to %s, but %s is stored and differs from it; set"
              + " tie_word_embeddings to false if that is what the model computes with, or save it"
              + " without %s",
          source, table, copy.name(), copy.name());
    }
  }

  private static float[] floats(List<Safetensors> files, Place place) {
    Safetensors file = files.get(place.file());
    return file.tensors().stream()
        .filter(tensor -> tensor.name().equals(place.name()))
        .findFirst()
        .map(file::floats)
        .orElseThrow();
  }

  /** Whether a stored tensor is a weight of the model. */
  boolean isWeight(String stored) {
    return places.values().stream().anyMatch(place -> place.name().equals(stored));
  }

  /** The tensors by the names of the description. */
  Tensors by(List<Tensors> files) {
    return name -> {
      Place place = places.get(name);
      return files.get(place.file()).floats(place.name());
    };
  }
}
