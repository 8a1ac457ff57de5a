import { afterAll, describe, expect, test } from "bun:test";
import {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { UserError } from "../../src/io/exit.ts";
import { LineEditor, readPassword, type Terminal } from "../../src/io/password.ts";
import {
  makePrivateFolder,
  readPrivate,
  replacePrivate,
  replaceProblem,
  writePrivate,
} from "../../src/io/private_file.ts";
import { looksLikeKey, parseKey, readSecretLine, refuseKeyOnArgv } from "../../src/io/secret.ts";

const HEX = "a1B2c3D4".repeat(8);
const folder = mkdtempSync(join(tmpdir(), "mmbin-secret-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const codeOf = (call: () => unknown): string => {
  try {
    call();
  } catch (error) {
    return `${(error as UserError).exitCode} ${(error as Error).message}`;
  }
  return "";
};

describe("a key on the command line", () => {
  test.each([
    HEX,
    `0x${HEX}`,
    `0X${HEX}`,
    `--key=0x${HEX}`,
    `--${HEX}`,
    `--set=a,${HEX}`,
    `"${HEX}"`,
    ` ${HEX}\n`,
    `{"key":"${HEX}"}`,
    HEX.slice(1),
    `0x${HEX}0`,
  ])("%p is refused with 4, and not repeated", (word) => {
    expect(looksLikeKey(word)).toBe(true);
    const told = codeOf(() => refuseKeyOnArgv(["keys", "add", word]));
    expect(told).toStartWith("4 word 3 of the command line looks like a private key");
    expect(told.toLowerCase()).not.toContain(HEX.slice(2, 20).toLowerCase());
  });

  test.each([
    "",
    "0x2222222222222222222222222222222222222222",
    "0x2222222222222222222222222222222222222222=500",
    "0x000000000000000000065d291c305ae0",
    "20260904T194657Z-paper",
    "xyz:TSLA",
    `tapes/${"z".repeat(64)}.zst`,
    `/store/${HEX}.zst`,
    "f".repeat(128),
  ])("%p is none", (word) => {
    expect(looksLikeKey(word)).toBe(false);
    refuseKeyOnArgv([word]);
  });
});

describe("the text of a key", () => {
  const bytes = Uint8Array.from(Buffer.from(HEX, "hex"));
  test.each([HEX, `0x${HEX}`, `0X${HEX.toUpperCase()}`, `  ${HEX}\r\n`, `\t0x${HEX.toLowerCase()} `])("%p", (text) => {
    const given = utf8(text);
    expect(parseKey(given, "it")).toEqual(bytes);
    // Nothing of it is left.
    expect(given.every((byte) => byte === 0)).toBe(true);
  });

  test.each(["", "0x", HEX.slice(1), `${HEX}0`, `0x0x${HEX.slice(2)}`, HEX.replace("B", "g"), HEX.replace("B", " ")])(
    "%p is none, and only its length is told",
    (text) => {
      const given = utf8(text);
      const told = codeOf(() => parseKey(given, "it"));
      expect(told).toStartWith("4 it: a private key is 64 hexadecimal digits");
      expect(told).not.toContain(HEX.slice(8, 20));
      expect(given.every((byte) => byte === 0)).toBe(true);
    },
  );
});

describe("a secret from a descriptor", () => {
  const lineOf = (text: string): string => {
    writeFileSync(join(folder, "line"), text);
    const fd = openSync(join(folder, "line"), "r");
    try {
      return Buffer.from(readSecretLine(fd, "--key-fd")).toString();
    } finally {
      closeSync(fd);
    }
  };

  test("is its first line, with or without an end", () => {
    expect([lineOf("abc\ndef\n"), lineOf("abc\r\n"), lineOf("abc"), lineOf(" a b ")]).toEqual([
      "abc",
      "abc",
      "abc",
      " a b ",
    ]);
  });

  test("two secrets of one descriptor are two lines", () => {
    writeFileSync(join(folder, "two"), "key\npassword\n");
    const fd = openSync(join(folder, "two"), "r");
    expect([1, 2].map(() => Buffer.from(readSecretLine(fd, "--key-fd")).toString())).toEqual(["key", "password"]);
    expect(codeOf(() => readSecretLine(fd, "--key-fd"))).toBe(`4 --key-fd ${fd}: nothing to read there`);
    closeSync(fd);
  });

  test("one that is not open, one without end", () => {
    expect(codeOf(() => readSecretLine(987, "--password-fd"))).toBe("4 --password-fd 987: not open");
    expect(codeOf(() => lineOf("x".repeat(5_000)))).toContain("longer than 4096 bytes");
  });
});

describe("a password", () => {
  const typed = (...lines: string[]): Terminal & { asked: string[] } => ({
    asked: [],
    async secret(prompt) {
      this.asked.push(prompt);
      return utf8(lines.shift() ?? "");
    },
    line: async () => "",
  });
  const read = async (env: { [name: string]: string }, terminal: Terminal | null, isNew: boolean): Promise<string> => {
    const got = await readPassword({ fd: null, env, terminal }, "maker", isNew).catch((error) => error as UserError);
    return got instanceof Uint8Array ? Buffer.from(got).toString() : `${got.exitCode} ${got.message}`;
  };

  test("of the environment goes before asking, and is taken out of it", async () => {
    const env = { MMBIN_KEY_PASSWORD: "correct horse" };
    expect(await read(env, typed("other"), true)).toBe("correct horse");
    expect(env as object).toEqual({});
  });

  test("is asked once to open, twice to add", async () => {
    const once = typed("short");
    expect([await read({}, once, false), once.asked]).toEqual(["short", ["password of maker: "]]);
    const twice = typed("correct horse", "correct horse");
    expect([await read({}, twice, true), twice.asked]).toEqual([
      "correct horse",
      ["new password of maker: ", "the same again: "],
    ]);
    expect(await read({}, typed("correct horse", "correct hors"), true)).toBe("4 the two passwords differ");
    expect(await read({}, typed("correct horse", "correct horses"), true)).toBe("4 the two passwords differ");
  });

  test("a new one has eight characters; without a terminal the ways are told", async () => {
    expect(await read({ MMBIN_KEY_PASSWORD: "1234567" }, null, true)).toBe(
      "4 the password has fewer than 8 characters",
    );
    expect(await read({ MMBIN_KEY_PASSWORD: "1234567" }, null, false)).toBe("1234567");
    expect(await read({}, null, false)).toStartWith("4 the password of maker is missing: --password-fd N");
  });

  test.each([
    ["abc\r", "done", "abc"],
    ["abc\ndef", "done", "abc"],
    ["ab\x7fc\x08d\r", "done", "ad"],
    ["aé\x7fb\r", "done", "ab"],
    ["密码\x7f\x7f\x7fx\r", "done", "x"],
    ["wrong\x15right\r", "done", "right"],
    ["a\tb\x1b\r", "done", "ab"],
    ["\r", "ended", ""],
    ["ab\x04", "ended", ""],
    ["ab\x03cd\r", "interrupted", ""],
    [`${"x".repeat(1_024)}\r`, "done", "x".repeat(1_024)],
    [`${"x".repeat(1_025)}\r`, "long", ""],
  ])("typed %p", (keys, state, line) => {
    const editor = new LineEditor();
    for (const byte of utf8(keys)) editor.push(byte);
    expect([editor.state, Buffer.from(editor.take()).toString()] as string[]).toEqual([state, line]);
    expect(editor.take().length).toBe(0);
  });
});

describe("private files", () => {
  const path = (name: string): string => join(folder, name);

  test("are written once, for their owner alone, with nothing left beside them", () => {
    makePrivateFolder(path("keys"));
    expect(statSync(path("keys")).mode & 0o777).toBe(0o700);
    expect([writePrivate(path("keys/a"), "one"), writePrivate(path("keys/a"), "two")]).toEqual([true, false]);
    expect(readPrivate(path("keys/a")).toString()).toBe("one");
    replacePrivate(path("keys/a"), "three");
    expect(readFileSync(path("keys/a"), "utf8")).toBe("three");
    expect([statSync(path("keys/a")).mode & 0o777, readdirSync(path("keys"))]).toEqual([0o600, ["a"]]);
  });

  test.each([0o640, 0o604, 0o620, 0o602, 0o610, 0o644, 0o777])(
    "a file of mode %o is refused, with what mends it",
    (mode) => {
      writePrivate(path("open"), "x");
      chmodSync(path("open"), mode);
      const told = codeOf(() => readPrivate(path("open")));
      expect(told).toStartWith(
        `4 ${path("open")}: group or others can read it (mode ${mode.toString(8)}): chmod 600 /`,
      );
      rmSync(path("open"));
    },
  );

  test.each([0o600, 0o400, 0o700])("one of mode %o is read", (mode) => {
    writePrivate(path("own"), "x");
    chmodSync(path("own"), mode);
    expect(readPrivate(path("own")).toString()).toBe("x");
    rmSync(path("own"));
  });

  test.each([0o750, 0o705, 0o755, 0o711, 0o701])("a folder of mode %o is refused", (mode) => {
    mkdirSync(path("wide folder"), { recursive: true });
    chmodSync(path("wide folder"), mode);
    const told = codeOf(() => makePrivateFolder(path("wide folder")));
    expect(told).toContain(`chmod 700 '${path("wide folder")}'`);
  });

  test("a file that others can replace is told; not in a folder like /tmp", () => {
    mkdirSync(path("shared"));
    chmodSync(path("shared"), 0o777);
    expect(replaceProblem(path("shared/key"))).toContain("chmod go-w");
    chmodSync(path("shared"), 0o1777);
    expect(replaceProblem(path("shared/key"))).toBe("");
    chmodSync(path("shared"), 0o755);
    expect(replaceProblem(path("shared/key"))).toBe("");
  });

  test("what cannot be read or written is told", () => {
    expect(codeOf(() => readPrivate(path("nowhere")))).toBe(`4 ${path("nowhere")}: no such file`);
    expect(codeOf(() => writePrivate("/proc/none/x", "x"))).toStartWith("12 /proc/none/x: cannot be written");
    expect(codeOf(() => makePrivateFolder("/proc/none"))).toStartWith("12 /proc/none: cannot be made");
    writePrivate(path("long"), "x".repeat(70_000));
    expect(codeOf(() => readPrivate(path("long")))).toContain("this is no key file");
  });
});
