import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExchangeCard } from "../../src/run/exchange.ts";
import { actionHash, agentDigest } from "../../src/wire/hyperliquid/hash.ts";
import { signDigest } from "../../src/wire/hyperliquid/sign.ts";
import { TapeLines } from "../fixtures/tape_venue.ts";
import { limit, orderAction } from "../fixtures/venue.ts";

const root = join(import.meta.dir, "..", "..");
const enabled = process.env.MMBIN_PROCESS_TESTS === "1";
const folder = mkdtempSync(join(tmpdir(), "mmbin-exchange-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Child = Bun.Subprocess<"ignore", "pipe", "pipe">;

function start(args: string[]): Child {
  return Bun.spawn([process.execPath, "src/main.ts", "exchange", ...args], {
    cwd: root,
    env: { PATH: process.env.PATH ?? "", HOME: folder, XDG_STATE_HOME: join(folder, "state") },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
}

async function end(child: Child): Promise<{ code: number; out: string; err: string }> {
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, out, err };
}

/** Starts, reads the first line, runs `use`, ends with a signal; what else was said. */
async function serve(
  args: string[],
  signal: NodeJS.Signals,
  use: (card: ExchangeCard) => Promise<void>,
): Promise<{ code: number; more: string; err: string }> {
  const child = start(["--port", "0", "--json", ...args]);
  const reader = child.stdout.getReader();
  const decoder = new TextDecoder();
  let text = "";
  const read = async (): Promise<boolean> => {
    const { value, done } = await reader.read();
    text += decoder.decode(value);
    return !done;
  };
  while (!text.includes("\n") && (await read()));
  try {
    await use(JSON.parse(text.slice(0, text.indexOf("\n"))));
  } finally {
    child.kill(signal);
  }
  while (await read());
  const [err, code] = await Promise.all([new Response(child.stderr).text(), child.exited]);
  return { code, more: text.slice(text.indexOf("\n") + 1), err };
}

async function post(url: string, body: object): Promise<{ status: number; text: string }> {
  const reply = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: reply.status, text: await reply.text() };
}

describe.skipIf(!enabled)("mmbin exchange (needs MMBIN_PROCESS_TESTS=1)", () => {
  test("answers over HTTP and a socket, and ends cleanly with Ctrl-C", async () => {
    const ran = await serve(
      ["--seed", "5", "--fund", `0x${"AB".repeat(20)}=250`, "--quiet"],
      "SIGINT",
      async (card) => {
        expect(card).toMatchObject({ schema: "mmbin.exchange/1", chain: "Testnet", seed: 5, speed: 1, control: false });
        expect([card.keys.length, card.markets]).toEqual([2, ["BTC", "ETH", "HYPE", "sim:HYPE", "sim:XYZ"]]);
        const meta = JSON.parse((await post(`${card.url}/info`, { type: "meta" })).text);
        expect(meta.universe.map((m: { name: string }) => m.name)).toEqual(["BTC", "ETH", "HYPE"]);
        // Whoever asks at once finds a market that stands.
        for (const coin of card.markets) {
          const book = JSON.parse((await post(`${card.url}/info`, { type: "l2Book", coin })).text);
          expect([coin, book.levels.map((side: unknown[]) => side.length >= 5)]).toEqual([coin, [true, true]]);
        }
        const worth = async (user: string, dex: string): Promise<string> =>
          JSON.parse((await post(`${card.url}/info`, { type: "clearinghouseState", user, dex })).text).withdrawable;
        expect(await worth(card.keys[0]?.address as string, "")).toBe("10000.0");
        expect(await worth(`0x${"ab".repeat(20)}`, "sim")).toBe("250.0");
        expect((await post(`${card.url}/control`, { do: "state" })).status).toBe(404);
        const socket = new WebSocket(card.ws);
        const heard = await new Promise<string>((resolve) => {
          socket.onopen = () => socket.send('{"method":"ping"}');
          socket.onmessage = (event) => resolve(String(event.data));
        });
        expect(heard).toBe('{"channel":"pong"}');
        // Left open: the end of the process must not wait for it.
      },
    );
    expect(ran).toEqual({ code: 130, more: "", err: "" });
  });

  test("steps by control alone at speed 0, warns of mainnet signatures, and ends with SIGTERM", async () => {
    const ran = await serve(["--control", "--speed", "0", "--chain", "mainnet"], "SIGTERM", async (card) => {
      const control = async (command: object): Promise<Record<string, number>> =>
        JSON.parse((await post(`${card.url}/control`, command)).text);
      expect((await control({ do: "state" })).blocks).toBe(0);
      expect((await control({ do: "step", blocks: 700 })).blocks).toBe(700);
      expect((await control({ do: "state" })).blocks).toBe(700);
      expect((await post(`${card.url}/control`, { do: "walk" })).status).toBe(400);
    });
    expect([ran.code, ran.more, ran.err.trim().split("\n").length]).toEqual([143, "", 1]);
    expect(ran.err).toContain("valid at the real venue too");
  });

  test("ends by itself when the venue's time is up", async () => {
    const ran = await end(start(["--port", "0", "--for", "30s", "--speed", "100", "--quiet"]));
    expect([ran.code, ran.err]).toEqual([0, ""]);
    expect(ran.out).toContain("http://127.0.0.1:");
    expect(ran.out).toContain("never send money to them");
  });

  test("a tape is the market until its end, and takes a client's signed orders now", async () => {
    const lines = new TapeLines().book(0, [["29.99", "50"]], [["30.01", "40"]]);
    for (let s = 1; s < 30; s++)
      lines.trades(1_000 * s, ["B", "30.01", "5"]).book(1_000 * s, [["29.99", "50"]], [["30.01", "40"]]);
    const tape = lines.write(join(folder, "aaa.ndjson"));
    const child = start(["--port", "0", "--json", "--tape", tape, "--speed", "10"]);
    const reader = child.stdout.getReader();
    let text = "";
    while (!text.includes("\n")) text += new TextDecoder().decode((await reader.read()).value);
    const card: ExchangeCard = JSON.parse(text);
    expect(card).toMatchObject({ markets: ["AAA"], tape: [tape], world: null, world_hash: null });
    const { key, address } = card.keys[0] as { key: string; address: string };
    const action = orderAction(limit(1, "sell", "2", "30.01"));
    const nonce = Date.now();
    const hash = actionHash(action, { nonce, vaultAddress: null, expiresAfter: null });
    const signature = signDigest(agentDigest(hash, "Testnet"), key);
    const placed = await post(`${card.url}/exchange`, { action, nonce, signature });
    expect(placed.text).toContain('"resting"');
    // Behind the 40 that stand there it waits its turn: eight trades of five.
    const socket = new WebSocket(card.ws);
    const filled = new Promise<object>((resolve) => {
      socket.onmessage = ({ data }) => {
        const { channel, data: told } = JSON.parse(String(data));
        if (channel === "userFills" && told.fills.length > 0) resolve(told.fills[0]);
      };
    });
    socket.onopen = () =>
      socket.send(JSON.stringify({ method: "subscribe", subscription: { type: "userFills", user: address } }));
    expect(await filled).toMatchObject({ px: "30.01", crossed: false });
    socket.close();
    const [err, code] = await Promise.all([new Response(child.stderr).text(), child.exited]);
    expect(code).toBe(0);
    expect(err).toMatch(/^mmbin: the tape is at its end: exchange: \d+ blocks, 0 clients, 1 actions, \d+ trades\n$/);
  });

  test("a port that is taken is told in one line", async () => {
    const taken = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response("") });
    const { port } = taken;
    const ran = await end(start(["--port", String(port)]));
    taken.stop(true);
    expect(ran).toMatchObject({ code: 12, out: "" });
    expect(ran.err).toBe(`mmbin: port ${port} of 127.0.0.1 cannot be used (EADDRINUSE)\n`);
  });

  test("the markets that it prints are the markets that it reads", async () => {
    const printed = await end(start(["--print-markets"]));
    const path = join(folder, "markets.toml");
    writeFileSync(path, printed.out);
    const again = await end(start(["--print-markets", "--markets", path]));
    expect([printed.code, again.code, again.out]).toEqual([0, 0, printed.out]);
    writeFileSync(path, printed.out.replace("items_max", "item_max"));
    const bad = await end(start(["--port", "0", "--markets", path]));
    expect([bad.code, bad.out]).toEqual([3, ""]);
    expect(bad.err).toMatch(/^mmbin: \S+markets\.toml:\d+: unknown key item_max: did you mean items_max\?\n$/);
  });

  test.each([
    [["--prot", "1"], 2, "unknown flag --prot: did you mean --port?"],
    [["--port", "70000"], 2, "--port is at most 65535"],
    [["--speed=-1"], 2, "--speed is at least 0"],
    [["--speed", "0"], 2, "it needs --control"],
    [["--chain", "mainet"], 2, "did you mean mainnet?"],
    [["--fund", "0x12=5"], 2, "--fund is an address"],
    [["--fund", `0x${"12".repeat(20)}=lots`], 2, "--fund is an address"],
    [["--for", "soon"], 2, "--for is a time like"],
    [["--markets", "/nowhere.toml"], 3, "/nowhere.toml: no such file"],
    [["BTC"], 2, '"BTC" is one word too many'],
  ] as [string[], number, string][])("%p ends with %d", async (args, code, message) => {
    const ran = await end(start(args));
    expect([ran.code, ran.out, ran.err.trim().split("\n").length]).toEqual([code, "", 1]);
    expect(ran.err).toContain(message);
  });
});
