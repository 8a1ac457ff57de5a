import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AssertionError } from "../../src/core/assert.ts";
import { readTapes, type TapeHandler, type TapeOptions } from "../../src/io/tape.ts";
import { TapeWriter } from "../../src/io/tape_writer.ts";
import { ZstdWalker } from "../../src/io/zstd.ts";

const folder = mkdtempSync(join(tmpdir(), "mmbin-tape-"));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function file(content: string | Uint8Array): string {
  files += 1;
  const path = join(folder, `t${files}`);
  writeFileSync(path, content);
  return path;
}

interface Heard {
  pushes: [string, number][];
  infos: unknown[];
  marks: string[];
}

async function read(
  paths: string[],
  options: Partial<TapeOptions> = {},
): Promise<Heard & { stats: Awaited<ReturnType<typeof readTapes>> }> {
  const heard: Heard = { pushes: [], infos: [], marks: [] };
  const handler: TapeHandler = {
    onPush: (bytes, from, to, timeUs) => {
      heard.pushes.push([new TextDecoder().decode(bytes.subarray(from, to)), timeUs]);
      return "";
    },
    onInfo: (request) => {
      heard.infos.push(request);
    },
    onMark: (reason) => {
      heard.marks.push(reason);
    },
  };
  const stats = await readTapes(paths, handler, { skipBadLines: false, ...options });
  return { ...heard, stats };
}

const LINES = [
  '{"local_ms":1000,"info":{"request":{"type":"meta"},"response":{}}}',
  '{"local_ms":1000.5,"msg":{"channel":"pong"}}',
  '{"local_ms":1001.1234,"msg":{"channel":"bbo","data":{"coin":"A"}}}',
  '{"local_ms":1002,"mark":{"gap":"socket closed"}}',
  '{"msg":{"channel":"x"},"local_ms":1003}',
];
const TEXT = `${LINES.join("\n")}\n`;
const EXPECTED: [string, number][] = [
  ['{"channel":"pong"}', 1_000_500],
  ['{"channel":"bbo","data":{"coin":"A"}}', 1_001_123],
  ['{"channel":"x"}', 1_003_000],
];

async function failure(promise: Promise<unknown>): Promise<Error & { exitCode?: number }> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error("expected a failure");
}

describe("reading", () => {
  test.each([
    ["plain", TEXT],
    ["gzip", Bun.gzipSync(Buffer.from(TEXT))],
    ["zstd", Bun.zstdCompressSync(Buffer.from(TEXT))],
    [
      "zstd in two frames",
      Buffer.concat([
        Bun.zstdCompressSync(Buffer.from(TEXT.slice(0, 99))),
        Bun.zstdCompressSync(Buffer.from(TEXT.slice(99))),
      ]),
    ],
    ["with Windows line ends and blank lines", TEXT.replaceAll("\n", "\r\n\r\n")],
    ["without a last line end", TEXT.slice(0, -1)],
  ])("%s", async (_name, content) => {
    const heard = await read([file(content)]);
    expect(heard.pushes).toEqual(EXPECTED);
    expect(heard.marks).toEqual(["socket closed"]);
    expect(heard.infos).toEqual([{ type: "meta" }]);
  });

  test("lines longer than a chunk, and many of them, come out whole and in order", async () => {
    const wide = Array.from(
      { length: 9 },
      (_, i) => `{"local_ms":${i + 1},"msg":{"channel":"${"x".repeat(300_000)}${i}"}}`,
    ).join("\n");
    const heard = await read([file(wide)]);
    expect(heard.pushes.map(([text]) => text.slice(-3))).toEqual(Array.from({ length: 9 }, (_, i) => `${i}"}`));
  });

  test("what the writer wrote, the reader reads", async () => {
    const path = join(folder, "written.zst");
    const writer = await TapeWriter.create(path);
    await writer.writeInfo(1_000_000, { type: "meta" }, {});
    await writer.writePush(1_000_500, '{"channel":"pong"}');
    await writer.flush();
    await writer.writePush(1_001_123, '{"channel":"bbo","data":{"coin":"A"}}');
    await writer.writeMark(1_002_000, "socket closed");
    await writer.writePush(1_003_000, '{"channel":"x"}');
    await writer.close();
    const heard = await read([path]);
    expect(heard.pushes).toEqual(EXPECTED);
    expect(heard.marks).toEqual(["socket closed"]);
  });

  test("a pace is waited for, line by line, and a stop ends the reading", async () => {
    const waited: number[] = [];
    const pace = (timeUs: number): Promise<void> => {
      waited.push(timeUs);
      return Promise.resolve();
    };
    expect((await read([file(TEXT)], { pace })).pushes.length).toBe(3);
    expect(waited).toEqual([1_000_500, 1_001_123]);
    let asked = 0;
    const stopped = await read([file(TEXT)], { stop: () => asked++ >= 3 });
    expect(stopped.pushes.length).toBeLessThan(3);
  });
});

describe("one line says what is wrong", () => {
  const gz = Bun.gzipSync(Buffer.from(TEXT.repeat(50)));
  const zst = Bun.zstdCompressSync(Buffer.from(TEXT.repeat(50)));
  test.each([
    ["a broken line", `${LINES[1]}\n{"local_ms":1002,"msg":{"chan\n`, "line 2 is not JSON"],
    ["a cut last line", TEXT.slice(0, -20), "line 5 is not JSON"],
    ["a foreign format", "time,price\n1,2\n", "line 1 is not JSON: name a tape file"],
    ["JSON that is no tape", '{"a":1}\n', 'line 1 has no "local_ms"'],
    ["neither push nor fact", '{"local_ms":1}\n', 'holds neither "msg" nor "info" nor "mark"'],
    ["a cut gzip file", gz.subarray(0, gz.length - 6), "is cut short"],
    ["a cut zstd file", zst.subarray(0, zst.length - 5), "is cut short"],
    ["an empty file", "", "is empty"],
  ])("%s", async (_name, content, message) => {
    const error = await failure(read([file(content)]));
    expect(error.message).toContain(message);
    expect(error.message).not.toContain("\n");
    expect(error.exitCode).toBe(11);
  });

  test("an empty file is passed over when asked to", async () => {
    const handler = { onPush: () => "", onInfo: () => {}, onMark: () => {} };
    expect(await readTapes([file("")], handler, { skipBadLines: true })).toMatchObject([
      { truncated: true, lineCount: 0 },
    ]);
  });

  test("a tape that is there is not overwritten", async () => {
    const path = file("precious");
    expect((await failure(TapeWriter.create(path))) as unknown).toMatchObject({ code: "EEXIST" });
    expect(readFileSync(path, "utf8")).toBe("precious");
  });

  test("a missing file, a folder", async () => {
    expect((await failure(read([join(folder, "none")]))).message).toContain("no such file");
    expect((await failure(read([folder]))).message).toContain("is a folder");
  });

  test("with skipBadLines they are counted with their numbers, and the rest is used", async () => {
    const text = `${LINES[1]}\nrubbish\n${LINES[2]}\n{"local_ms":"x"}\n${LINES[4]}\n`;
    const heard = await read([file(text)], { skipBadLines: true });
    expect(heard.pushes).toEqual(EXPECTED);
    expect(heard.stats[0]).toMatchObject({ lineCount: 5, badLineCount: 2, badLines: [2, 4] });
    const cut = await read([file(Buffer.concat([zst, zst.subarray(0, zst.length - 5)]))], { skipBadLines: true });
    expect(cut.stats[0]).toMatchObject({ truncated: true });
  });
});

describe("what a handler throws", () => {
  test.each([false, true])("is its own, never a fault of the tape (skipBadLines %p)", async (skipBadLines) => {
    const handler: TapeHandler = {
      onPush: () => {
        throw new AssertionError("frame: the lane has room");
      },
      onInfo: () => {},
      onMark: () => {},
    };
    for (const content of [TEXT, Bun.gzipSync(Buffer.from(TEXT)), Bun.zstdCompressSync(Buffer.from(TEXT))]) {
      const error = await failure(readTapes([file(content)], handler, { skipBadLines }));
      expect([error.name, error.message]).toEqual(["AssertionError", "frame: the lane has room"]);
    }
  });
});

describe("the end of a zstd stream", () => {
  test("is found at every frame end and nowhere else, whatever the chunks", () => {
    const one = Bun.zstdCompressSync(Buffer.from("hello ".repeat(9_999)));
    const two = Bun.zstdCompressSync(Buffer.from(crypto.getRandomValues(new Uint8Array(60_000))));
    const all = Buffer.concat([one, two]);
    const walker = new ZstdWalker();
    const ends: number[] = [];
    for (let i = 0; i < all.length; i++) {
      walker.push(all.subarray(i, i + 1));
      if (walker.isComplete) ends.push(i + 1);
    }
    expect(ends).toEqual([one.length, all.length]);
    const whole = new ZstdWalker();
    whole.push(all);
    expect(whole.isComplete).toBe(true);
  });
});
