import { describe, expect, test } from "bun:test";
import { DirectNet, NO_WAY, type WayTimes } from "../../src/exchange/direct_net.ts";
import type { Door } from "../../src/exchange/door.ts";
import type { HttpReply, Wire } from "../../src/exchange/wire.ts";
import type { Socket } from "../../src/io/net.ts";
import { VirtualClock } from "../../src/io/virtual_clock.ts";

const START = 1_767_225_600_000_000;
const WAY: WayTimes = { outUs: 50_000, inUs: 250_000, jitterUs: 20_000, lateTradesChance: 0.12 };
const STEADY: WayTimes = { ...WAY, jitterUs: 0, lateTradesChance: 0 };

/** A venue that notes what comes when, and a client that notes what it hears when; times in ms. */
class Bench {
  readonly clock = new VirtualClock(START);
  readonly venue: string[] = [];
  readonly heard: string[] = [];
  readonly net: DirectNet;
  wire: Wire | null = null;
  /** Answers a request; null never does. */
  answer: ((reply: (reply: HttpReply) => void) => void) | null = (reply) =>
    reply({ status: 200, contentType: "application/json", text: "{}" });
  onOpen: (wire: Wire) => void = () => {};

  constructor(way: WayTimes, seed = 1) {
    const door: Door = {
      post: (path, body, reply) => {
        this.venue.push(`${this.ms} ${path} ${body}`);
        this.answer?.(reply);
      },
      open: (wire) => {
        this.venue.push(`${this.ms} open`);
        this.wire = wire;
        this.onOpen(wire);
        return {
          onMessage: (text) => this.venue.push(`${this.ms} ${text}`),
          onClose: () => this.venue.push(`${this.ms} close`),
        };
      },
    };
    this.net = new DirectNet(door, this.clock, seed, way);
  }

  get ms(): number {
    return (this.clock.nowUs() - START) / 1000;
  }

  connect(url = "ws://venue/ws"): Socket {
    return this.net.connect(url, {
      onOpen: () => this.heard.push(`${this.ms} open`),
      onMessage: (text) => this.heard.push(`${this.ms} ${text}`),
      onClose: (why) => this.heard.push(`${this.ms} ${why}`),
    });
  }

  ask(timeoutMs = 10_000): void {
    this.net.request("http://venue/info", "q", timeoutMs).then(
      (reply) => this.heard.push(`${this.ms} ${reply.status}`),
      (error) => this.heard.push(`${this.ms} ${error.name}: ${error.message}`),
    );
  }

  /** Until so many ms after the start. */
  async until(ms: number): Promise<void> {
    await this.clock.run(() => false, START + ms * 1000);
  }
}

describe("a socket through the process", () => {
  test("opens, speaks and ends with the way between", async () => {
    const bench = new Bench(STEADY);
    const socket = bench.connect();
    socket.send("lost: it is not open yet");
    await bench.until(400);
    socket.send("hello");
    await bench.until(500);
    bench.wire?.send("news");
    await bench.until(1_000);
    socket.close();
    bench.wire?.send("nobody listens");
    await bench.until(2_000);
    expect(bench.venue).toEqual(["50 open", "450 hello", "1050 close"]);
    expect(bench.heard).toEqual(["300 open", "750 news", "1000 closed by us"]);
  });

  test("what the venue said before it ends the connection still arrives, nothing after; it is told once", async () => {
    const bench = new Bench(STEADY);
    const socket = bench.connect();
    await bench.until(400);
    bench.wire?.send("last words");
    bench.wire?.drop();
    bench.wire?.send("never");
    await bench.until(500);
    // Both ends at once: each is told once.
    socket.close();
    await bench.until(2_000);
    expect(bench.heard).toEqual(["300 open", "500 closed by us"]);
    expect(bench.venue).toEqual(["50 open"]);

    const other = new Bench(STEADY);
    other.connect();
    await other.until(400);
    other.wire?.send("last words");
    other.wire?.drop();
    other.wire?.send("never");
    await other.until(2_000);
    expect(other.heard).toEqual(["300 open", "650 last words", "650 closed with code 1006"]);
  });

  test("a venue that refuses at the door opens and ends", async () => {
    const bench = new Bench(STEADY);
    bench.onOpen = (wire) => wire.drop();
    bench.connect();
    await bench.until(1_000);
    expect(bench.heard).toEqual(["300 open", "300 closed with code 1006"]);
  });

  test.each([
    ["the venue is away", false, "ws://venue/ws"],
    ["the path is another", true, "ws://venue/other"],
  ])("nobody answers where %s", async (_, isReachable, url) => {
    const bench = new Bench(STEADY);
    bench.net.isReachable = isReachable;
    bench.connect(url);
    await bench.until(1_000);
    expect([bench.venue, bench.heard]).toEqual([[], ["300 nobody answers there"]]);
  });

  test("nothing overtakes on either lane, and each takes at least the way (jitter, seeds 1 to 5)", async () => {
    for (let seed = 1; seed <= 5; seed++) {
      const bench = new Bench({ ...WAY, lateTradesChance: 0 }, seed);
      const socket = bench.connect();
      await bench.until(1_000);
      for (let i = 0; i < 100; i++) {
        socket.send(`${i}`);
        bench.wire?.send(`${i}`);
        await bench.until(1_000 + 5 * (i + 1));
      }
      await bench.until(5_000);
      for (const [lane, leastMs] of [
        [bench.venue.slice(1), 50],
        [bench.heard.slice(1), 250],
      ] as const) {
        const times = lane.map((line) => Number(line.split(" ")[0]));
        expect(lane.map((line) => Number(line.split(" ")[1]))).toEqual(Array.from({ length: 100 }, (_, i) => i));
        expect(times.every((ms, i) => ms >= 1_000 + 5 * i + leastMs && ms >= (times[i - 1] ?? 0))).toBe(true);
        expect(new Set(times).size).toBeGreaterThan(10);
      }
    }
  });

  test("one push of trades in eight is late and is overtaken by touches; trades keep their order", async () => {
    const bench = new Bench({ ...STEADY, lateTradesChance: 0.12 }, 3);
    bench.connect();
    await bench.until(1_000);
    for (let i = 0; i < 1_000; i++) {
      bench.wire?.send(`{"channel":"trades","n":${i}}`);
      bench.wire?.send(`{"channel":"bbo","n":${i}}`);
      await bench.until(1_000 + 50 * (i + 1));
    }
    await bench.until(60_000);
    const said = bench.heard.slice(1).map((line) => {
      const [ms, text] = line.split(" ") as [string, string];
      const { channel, n } = JSON.parse(text);
      return { channel, n, lateMs: Number(ms) - (1_000 + 50 * n) - 250 };
    });
    const trades = said.filter((s) => s.channel === "trades");
    const struck = trades.filter((s) => s.lateMs >= 150);
    expect(trades.map((s) => s.n)).toEqual(Array.from({ length: 1_000 }, (_, i) => i));
    // Those behind a late one wait for it, some of them long enough to look struck.
    expect(struck.length).toBeGreaterThan(80);
    expect(struck.length).toBeLessThan(700);
    expect(Math.max(...trades.map((s) => s.lateMs))).toBeLessThanOrEqual(400);
    expect(said.filter((s) => s.channel === "bbo" && s.lateMs !== 0)).toEqual([]);
  });

  test("the same seed takes the same times", async () => {
    const run = async (seed: number): Promise<string[]> => {
      const bench = new Bench(WAY, seed);
      bench.connect();
      await bench.until(1_000);
      for (let i = 0; i < 50; i++) bench.wire?.send(`{"channel":"trades","n":${i}}`);
      await bench.until(3_000);
      return bench.heard;
    };
    expect(await run(7)).toEqual(await run(7));
    expect(await run(7)).not.toEqual(await run(8));
  });
});

describe("a request", () => {
  test("is answered after the way there and back", async () => {
    const bench = new Bench(STEADY);
    bench.ask();
    await bench.until(1_000);
    expect([bench.venue, bench.heard]).toEqual([["50 /info q"], ["300 200"]]);
  });

  test("without a way it is answered in the same moment, and not before the caller waits", async () => {
    const bench = new Bench(NO_WAY);
    bench.ask();
    expect(bench.heard).toEqual([]);
    await bench.until(0);
    expect(bench.heard).toEqual(["0 200"]);
  });

  test("ends with the time-out where no answer comes, although it was executed", async () => {
    const bench = new Bench(STEADY);
    bench.answer = null;
    bench.ask(2_000);
    await bench.until(5_000);
    expect([bench.venue, bench.heard]).toEqual([
      ["50 /info q"],
      ["2000 NetError: http://venue/info: no answer within 2 s"],
    ]);
  });

  test("an answer after the time-out is nobody's", async () => {
    const bench = new Bench(STEADY);
    let late: ((reply: HttpReply) => void) | null = null;
    bench.answer = (reply) => {
      late = reply;
    };
    bench.ask(2_000);
    await bench.until(2_500);
    (late as unknown as (reply: HttpReply) => void)({ status: 200, contentType: "", text: "" });
    await bench.until(5_000);
    expect(bench.heard).toEqual(["2000 NetError: http://venue/info: no answer within 2 s"]);
  });

  test("finds nobody where the venue is away", async () => {
    const bench = new Bench(STEADY);
    bench.net.isReachable = false;
    bench.ask();
    await bench.until(1_000);
    expect([bench.venue, bench.heard]).toEqual([[], ["300 NetError: http://venue/info: nobody answers there"]]);
  });
});
