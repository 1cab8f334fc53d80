/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Which source files know which, as their text says: by import, by qualified name, or by simple
 * name within a package. Comments and literals count for nothing. A file is one node, with all the
 * types that it declares.
 */
public final class SourceGraph {
  /**
   * What stands in comments, text blocks, strings and characters; whichever begins first is taken.
   */
  private static final Pattern NOT_CODE =
      Pattern.compile(
          "//[^\n]*|/\\*.*?\\*/|\"\"\".*?(?<!\\\\)\"\"\"|\"(?:\\\\.|[^\"\\\\\n])*\"|'(?:\\\\.|[^'\\\\\n])*'",
          Pattern.DOTALL);

  private static final Pattern PACKAGE = Pattern.compile("(?m)^package ([\\w.]+);");
  private static final Pattern IMPORT =
      Pattern.compile("(?m)^import (?:static )?([\\w.]+)(\\.\\*)?;");
  private static final Pattern DECLARED =
      Pattern.compile(
          "(?<![\\w.])(?:class|interface|enum|record)\\s+([A-Z]\\w*)\\s*(?=[<({]|extends|implements|permits)");
  private static final Pattern OF_THE_FILE =
      Pattern.compile("(?m)^(?:[a-z-]+ )*(?:class|@?interface|enum|record) ([A-Z]\\w*)");
  private static final Pattern NAME = Pattern.compile("(?<![\\w.])[A-Za-z_]\\w*(?:\\.\\w+)*");

  /** A file by its package and the name of its first type, with its code. */
  private record Source(String packageName, String name, String code) {
    String qualified() {
      return packageName + "." + name;
    }
  }

  private final SortedMap<String, Source> sources = new TreeMap<>();

  /** The file of each type that stands in a file by itself or beside others, by qualified names. */
  private final Map<String, String> files = new HashMap<>();

  private final Set<String> described = new HashSet<>();
  private final SortedMap<String, SortedSet<String>> known = new TreeMap<>();

  private SourceGraph() {}

  /** Reads all main sources of some modules. */
  public static SourceGraph ofModules(String... modules) {
    SourceGraph graph = new SourceGraph();
    for (String module : modules) {
      Path root = Path.of(System.getProperty("kindred.home"), module, "src/main/java");
      try (Stream<Path> paths = Files.walk(root)) {
        for (Path path : paths.filter(file -> file.toString().endsWith(".java")).toList()) {
          graph.add(path.getFileName().toString(), Files.readString(path));
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    graph.connect();
    return graph;
  }

  /**
   * The same of texts.
   *
   * @param texts contents of files by their names, such as {@code Corpus.java}
   */
  static SourceGraph ofTexts(Map<String, String> texts) {
    SourceGraph graph = new SourceGraph();
    texts.forEach(graph::add);
    graph.connect();
    return graph;
  }

  /** Qualified names of the files' types by the one that knows them; sorted. */
  public SortedMap<String, SortedSet<String>> known() {
    return known;
  }

  /** The package of a file's type. */
  public String packageOf(String qualified) {
    return sources.get(qualified).packageName();
  }

  /** Packages without a {@code package-info.java}, sorted. */
  public SortedSet<String> undescribedPackages() {
    SortedSet<String> packages = packages();
    packages.removeAll(described);
    return packages;
  }

  /** All packages that have a class, sorted. */
  public SortedSet<String> packages() {
    SortedSet<String> packages = new TreeSet<>();
    sources.values().forEach(source -> packages.add(source.packageName()));
    return packages;
  }

  /**
   * Circles of classes that know each other within a package: of each set of classes that all reach
   * each other, one of the shortest, as {@code dev.kindred.table: Runs -> Warehouse -> Runs}.
   */
  public List<String> circles() {
    Map<String, SortedSet<String>> within = new TreeMap<>();
    for (String from : known.keySet()) {
      SortedSet<String> to = new TreeSet<>();
      for (String other : known.get(from)) {
        if (packageOf(other).equals(packageOf(from))) {
          to.add(other);
        }
      }

      within.put(from, to);
    }

    List<String> circles = new ArrayList<>();
    Set<String> named = new HashSet<>();
    for (String start : within.keySet()) {
      List<String> circle = shortest(start, within);
      if (!circle.isEmpty() && named.add(start)) {
        Set<String> reached = reached(start, within);
        for (String other : reached) {
          if (reached(other, within).contains(start)) {
            named.add(other);
          }
        }

        List<String> names = circle.stream().map(one -> sources.get(one).name()).toList();
        circles.add(packageOf(start) + ": " + String.join(" -> ", names));
      }
    }

    return circles;
  }

  private void add(String fileName, String text) {
    String code = NOT_CODE.matcher(text).replaceAll(Matcher.quoteReplacement("\"\""));
    Matcher in = PACKAGE.matcher(code);
    Matcher types = OF_THE_FILE.matcher(code);
    if (!in.find()) {
      throw new IllegalArgumentException(fileName + " has no package");
    }

    if (fileName.equals("package-info.java")) {
      described.add(in.group(1));
    } else if (types.find()) {
      Source source = new Source(in.group(1), fileName.replaceAll("\\.java$", ""), code);
      sources.put(source.qualified(), source);
      do {
        files.put(source.packageName() + "." + types.group(1), source.qualified());
      } while (types.find());
    } else {
      throw new IllegalArgumentException(fileName + " declares no type");
    }
  }

  private void connect() {
    for (Source source : sources.values()) {
      SortedSet<String> others = new TreeSet<>();
      Set<String> otherwiseNamed = new HashSet<>();
      Matcher declared = DECLARED.matcher(source.code());
      while (declared.find()) {
        otherwiseNamed.add(declared.group(1));
      }

      Matcher imports = IMPORT.matcher(source.code());
      while (imports.find()) {
        if (imports.group(2) == null) {
          otherwiseNamed.add(imports.group(1).replaceAll(".*\\.", ""));
        } else if (packages().contains(imports.group(1))) {
          throw new IllegalArgumentException(
              source.qualified() + " imports " + imports.group(1) + ".*");
        }
      }

      Matcher names = NAME.matcher(source.code().replaceAll("\\s*\\.(?!\\.)\\s*", "."));
      while (names.find()) {
        String name = names.group();
        String simple = name.replaceAll("\\..*", "");
        String file =
            Character.isUpperCase(simple.charAt(0))
                ? otherwiseNamed.contains(simple)
                    ? null
                    : files.get(source.packageName() + "." + simple)
                : qualified(name);
        if (file != null && !file.equals(source.qualified())) {
          others.add(file);
        }
      }

      known.put(source.qualified(), others);
    }
  }

  /**
   * The file whose type a name begins with, such as {@code dev.kindred.table.Figures.Measure}; or
   * null.
   */
  private String qualified(String name) {
    for (int end = name.indexOf('.'); end >= 0; end = name.indexOf('.', end + 1)) {
      String file = files.get(name.substring(0, end));
      if (file != null) {
        return file;
      }
    }

    return files.get(name);
  }

  private static Set<String> reached(String start, Map<String, SortedSet<String>> edges) {
    Set<String> reached = new HashSet<>();
    Deque<String> next = new ArrayDeque<>(edges.get(start));
    while (!next.isEmpty()) {
      String one = next.remove();
      if (reached.add(one)) {
        next.addAll(edges.get(one));
      }
    }

    return reached;
  }

  /**
   * One of the shortest ways from a class to itself, which it begins and ends with; empty without
   * one.
   */
  private static List<String> shortest(String start, Map<String, SortedSet<String>> edges) {
    Map<String, String> before = new HashMap<>();
    Deque<String> next = new ArrayDeque<>(List.of(start));
    while (!next.isEmpty()) {
      String one = next.remove();
      for (String other : edges.get(one)) {
        if (before.putIfAbsent(other, one) == null) {
          next.add(other);
        }
      }
    }

    List<String> way = new ArrayList<>();
    if (before.containsKey(start)) {
      way.add(start);
      for (String one = before.get(start); !one.equals(start); one = before.get(one)) {
        way.add(0, one);
      }

      way.add(0, start);
    }

    return way;
  }
}
