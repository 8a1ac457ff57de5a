import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { SETTINGS } from "../src/io/settings.ts";

const root = join(import.meta.dir, "..");

function filesUnder(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}

const sources = filesUnder("src").map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
const tests = filesUnder("tests").map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
const scripts = filesUnder("scripts").map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));

/** First folder under src; `main` for the entry. */
const layerOf = (path: string): string => (path === "src/main.ts" ? "main" : (path.split("/")[1] as string));

const MAY_IMPORT: Record<string, readonly string[]> = {
  core: ["core"],
  wire: ["core", "wire"],
  sim: ["core", "wire", "sim"],
  stats: ["core", "stats"],
  io: ["core", "io"],
  venue: ["core", "wire", "io", "venue"],
  exchange: ["core", "wire", "sim", "io", "exchange", "worlds"],
  run: ["core", "wire", "sim", "stats", "io", "venue", "exchange", "run"],
  cli: ["core", "io", "run", "cli"],
  main: ["core", "io", "cli"],
};

/** Packages and where each may be named. */
const PACKAGES: Record<string, readonly string[]> = {
  zod: [
    "src/io/config.ts",
    "src/io/journal_format.ts",
    "src/io/keystore.ts",
    "src/io/nonce_file.ts",
    "src/wire/hyperliquid",
    "src/exchange/control_schema.ts",
    "src/exchange/markets_file.ts",
    "src/exchange/markets_schema.ts",
    "src/run/report_schema.ts",
    "src/run/paper_error_schema.ts",
    "src/run/status_schema.ts",
    "src/run/live_schema.ts",
    "src/run/ctl.ts",
    "src/run/checkpoint.ts",
    "src/cli/config.ts",
  ],
  "decimal.js": ["src/wire/hyperliquid"],
  "@noble/curves/secp256k1.js": ["src/wire/hyperliquid"],
  "@noble/hashes/sha3.js": ["src/wire/hyperliquid", "src/io/keystore.ts"],
  "@noble/hashes/sha2.js": ["src/io/keystore.ts"],
  "@noble/hashes/scrypt.js": ["src/io/keystore.ts"],
  "@noble/hashes/pbkdf2.js": ["src/io/keystore.ts"],
  "@noble/hashes/utils.js": ["src/wire/hyperliquid", "src/io/keystore.ts"],
  "@msgpack/msgpack": ["src/wire/hyperliquid"],
  citty: ["src/cli"],
  consola: ["src/io/log.ts"],
  "bun:sqlite": ["src/io/store.ts", "src/io/lock.ts"],
  "bun:jsc": ["src/io/virtual_clock.ts"],
};

interface Import {
  from: string;
  to: string;
}

function importsOf(file: { path: string; text: string }): Import[] {
  const found = file.text.matchAll(/(?:\bfrom\s+|\bimport\()"([^"\n]+)"/g);
  return [...found].map((match) => ({ from: file.path, to: match[1] as string }));
}

function resolveLocal(i: Import): string {
  return relative(root, join(root, dirname(i.from), i.to));
}

/** Code without comments and without the insides of strings, so that words in them do not count. */
function codeOf(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/(^|[^:])\/\/.*$/gm, "$1")
    .replace(/"(?:[^"\\\n]|\\.)*"/g, '""');
}

describe("layers", () => {
  test("imports go one way", () => {
    const wrong = sources.flatMap(importsOf).filter((i) => {
      if (!i.to.startsWith(".")) return false;
      return !(MAY_IMPORT[layerOf(i.from)] ?? []).includes(layerOf(resolveLocal(i)));
    });
    expect(wrong).toEqual([]);
  });

  test("each package is named in its own place only", () => {
    const wrong = sources.flatMap(importsOf).filter((i) => {
      if (i.to.startsWith(".") || i.to.startsWith("node:")) return false;
      return !(PACKAGES[i.to] ?? []).some((place) => i.from.startsWith(place));
    });
    expect(wrong).toEqual([]);
  });

  test("every source file is reached from the entry", () => {
    const graph = new Map(sources.map((file) => [file.path, importsOf(file)]));
    const seen = new Set<string>();
    const visit = (path: string): void => {
      if (seen.has(path)) return;
      seen.add(path);
      for (const i of graph.get(path) ?? []) if (i.to.startsWith(".")) visit(resolveLocal(i));
    };
    visit("src/main.ts");
    expect(sources.map((file) => file.path).filter((path) => !seen.has(path))).toEqual([]);
  });
});

describe("bans", () => {
  const pure = sources.filter((file) => ["core", "wire", "sim", "stats"].includes(layerOf(file.path)));
  const ambient =
    /\b(Date|Math\.random|performance|setTimeout|setInterval|setImmediate|queueMicrotask|fetch|WebSocket|process|Bun|async|await|console)\b/;

  test("core, wire, sim and stats know no clock, chance, world or waiting", () => {
    const wrong = pure
      .filter((file) => ambient.test(codeOf(file.text)))
      .map((f) => `${f.path}: ${ambient.exec(codeOf(f.text))?.[0]}`);
    expect(wrong).toEqual([]);
    expect(pure.flatMap(importsOf).filter((i) => i.to.startsWith("node:"))).toEqual([]);
  });

  test("only io/clock.ts reads or waits for time", () => {
    const time = /\b(Date|performance|setTimeout|setInterval)\b/;
    const wrong = sources.filter((f) => f.path !== "src/io/clock.ts" && time.test(codeOf(f.text))).map((f) => f.path);
    expect(wrong).toEqual([]);
  });

  test("only io/net.ts opens connections, only io/serve.ts takes them", () => {
    const word = /\b(fetch|WebSocket|XMLHttpRequest|Bun\.serve|Bun\.connect|Bun\.listen)\b/;
    const allowed = ["src/io/net.ts", "src/io/serve.ts"];
    const wrong = sources.filter((f) => !allowed.includes(f.path) && word.test(codeOf(f.text))).map((f) => f.path);
    expect(wrong).toEqual([]);
  });

  test("nothing reaches for chance but the seeded generator", () => {
    expect(sources.filter((f) => /Math\.random/.test(codeOf(f.text))).map((f) => f.path)).toEqual([]);
  });

  test("the core throws assertions only", () => {
    const wrong = sources.filter(
      (f) => layerOf(f.path) === "core" && f.path !== "src/core/assert.ts" && /\bthrow\b/.test(codeOf(f.text)),
    );
    expect(wrong.map((f) => f.path)).toEqual([]);
  });

  test("no code asks which mode or profile runs inside the core", () => {
    const wrong = sources.filter(
      (f) =>
        layerOf(f.path) === "core" && /"(live|paper|backtest|hip3)"/.test(f.text) && f.path !== "src/core/params.ts",
    );
    expect(wrong.map((f) => f.path)).toEqual([]);
  });
});

describe("form", () => {
  test("files hold at most 500 lines, lines at most 160 columns", () => {
    const long = [...sources, ...scripts, ...tests].filter((f) => f.text.split("\n").length > 501).map((f) => f.path);
    const wide = [...sources, ...scripts, ...tests].flatMap((f) =>
      f.text.split("\n").flatMap((l, i) => (l.length > 160 ? [`${f.path}:${i + 1}`] : [])),
    );
    expect({ long, wide }).toEqual({ long: [], wide: [] });
  });

  test("functions hold at most 70 lines", () => {
    const long = [...sources, ...scripts].flatMap((file) => longFunctions(file.path, file.text));
    expect(long).toEqual([]);
  });

  test("every file opens with what it is", () => {
    const bare = [...sources, ...scripts]
      .filter((f) => !/^\/\*\*\n \* [\s\S]{10,}? \* @module\n \*\//.test(f.text))
      .map((f) => f.path);
    expect(bare).toEqual([]);
  });

  test("every exported function and class says what it is for", () => {
    const silent = [...sources, ...scripts].flatMap((f) => {
      const lines = f.text.split("\n");
      return lines.flatMap((line, i) => {
        if (!/^export (async )?(function|class|abstract class) /.test(line)) return [];
        const before = lines[i - 1]?.trim() ?? "";
        return before.endsWith("*/") ? [] : [`${f.path}:${i + 1} ${line.slice(0, 60)}`];
      });
    });
    expect(silent).toEqual([]);
  });

  test("nothing is left to do, and nothing tells how it came about", () => {
    const words = /\b(TODO|FIXME|XXX|HACK)\b|DESIGN\.md|\.\.\/shared|issue #\d|theory \d+\.\d|\/work\/|\/root\//;
    const wrong = [...sources, ...scripts, ...tests].filter(
      (f) => f.path !== "tests/tidy.test.ts" && words.test(f.text),
    );
    expect(wrong.map((f) => `${f.path}: ${words.exec(f.text)?.[0]}`)).toEqual([]);
  });

  test("every setting has a row that shows what it moves", () => {
    const knobs = tests.find((f) => f.path === "tests/run/knobs.test.ts")?.text ?? "";
    expect(SETTINGS.map((s) => s.key).filter((key) => !new RegExp(`\\b${key}\\b`).test(knobs))).toEqual([]);
  });
});

/** Methods and functions over 70 lines, by indentation of formatted code. */
function longFunctions(path: string, text: string): string[] {
  const lines = text.split("\n");
  const found: string[] = [];
  lines.forEach((line, start) => {
    const head =
      /^(\s*)(?:export )?(?:static )?(?:async )?(?:function\*? \w+|(?:get |set )?#?\w+)\s*(?:<[^>]*>)?\(/.exec(line);
    if (head === null || /^\s*(if|for|while|switch|return|expect|test|describe)\b/.test(line)) return;
    const indent = head[1] as string;
    const open = lines.findIndex((l, i) => i >= start && /\{$/.test(l));
    if (open < 0 || open - start > 14 || !(line.endsWith("{") || line.endsWith("("))) return;
    const end = lines.findIndex((l, i) => i > open && l.startsWith(`${indent}}`));
    if (end - start > 70) found.push(`${path}:${start + 1}`);
  });
  return found;
}
