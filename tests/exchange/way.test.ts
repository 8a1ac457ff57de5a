import { describe, expect, test } from "bun:test";
import type { Door } from "../../src/exchange/door.ts";
import { WayDoor } from "../../src/exchange/way.ts";
import type { Wire } from "../../src/exchange/wire.ts";

const START = 1_767_225_600_000_000;
const BLOCK = 70_000;

const bbo = (coin: string, n: number): string => `{"channel":"bbo","data":{"coin":"${coin}","time":${n}}}`;
const trades = (coin: string, n: number): string => `{"channel":"trades","data":[{"coin":"${coin}","tid":${n}}]}`;

/** A door whose wire a test holds, behind the way; what arrived, with the time of the mark before it. */
function bench(seed: number): { send(text: string): void; block(): void; arrived: [number, string][]; close(): void } {
  let nowUs = START;
  let wire: Wire | null = null;
  const door: Door = {
    post: () => {},
    open: (opened) => {
      wire = opened;
      return { onMessage: () => {}, onClose: () => {} };
    },
  };
  const way = new WayDoor(door, seed, () => nowUs);
  const arrived: [number, string][] = [];
  let markUs = 0;
  const connection = way.open({
    send: (text) => {
      const { channel, data } = JSON.parse(text);
      if (channel === "mmbinClock") markUs = data.timeUs;
      else arrived.push([markUs, text]);
    },
    drop: () => {},
  });
  return {
    send: (text) => wire?.send(text),
    block: () => {
      nowUs += BLOCK;
      way.tick();
    },
    arrived,
    close: () => connection.onClose(),
  };
}

describe("the way from the local exchange to a client", () => {
  test("takes a quarter of a second and some, marked, in the order of arrival", () => {
    const { send, block, arrived } = bench(1);
    for (let n = 0; n < 400; n++) {
      send(bbo("A", n));
      send(trades("A", n));
      send(bbo("B", n));
      block();
    }
    const times = arrived.map(([timeUs]) => timeUs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    const waysOf = (like: string): number[] =>
      arrived
        .filter(([, text]) => text.includes(like))
        .map(([timeUs, text]) => {
          const n = Number(/"(?:time|tid)":(\d+)/.exec(text)?.[1]);
          return timeUs - START - n * BLOCK;
        });
    const touches = waysOf('"bbo","data":{"coin":"A"');
    expect(touches.length).toBeGreaterThan(380);
    expect(Math.min(...touches)).toBeGreaterThanOrEqual(250_000);
    const mean = touches.reduce((a, b) => a + b, 0) / touches.length;
    expect(mean).toBeGreaterThan(262_000);
    expect(mean).toBeLessThan(280_000);
    // One push of trades in eight is late by 0.15 to 0.4 s, and holds back those behind it.
    const late = waysOf('"trades"').filter((way) => way > 400_000);
    expect(late.length).toBeGreaterThan(30);
    expect(late.length).toBeLessThan(200);
  });

  test("keeps the order of a coin's trades, and of all else of it", () => {
    const { send, block, arrived } = bench(2);
    for (let n = 0; n < 300; n++) {
      send(trades("A", n));
      send(bbo("A", n));
      block();
    }
    for (const like of ['"trades"', '"bbo"']) {
      const order = arrived
        .filter(([, text]) => text.includes(like))
        .map(([, text]) => Number(/"(?:time|tid)":(\d+)/.exec(text)?.[1]));
      expect(order).toEqual(order.toSorted((a, b) => a - b));
    }
    // Touches overtake trades that are late.
    const newest = { trades: -1, bbo: -1 };
    let overtaken = 0;
    for (const [, text] of arrived) {
      const n = Number(/"(?:time|tid)":(\d+)/.exec(text)?.[1]);
      if (text.includes('"bbo"')) newest.bbo = n;
      else if (n < newest.bbo) overtaken += 1;
    }
    expect(overtaken).toBeGreaterThan(20);
  });

  test("lets answers and acknowledgements pass at once, without a mark", () => {
    const { send, block, arrived } = bench(3);
    send('{"channel":"subscriptionResponse","data":{}}');
    send('{"channel":"pong"}');
    expect(arrived.map(([timeUs]) => timeUs)).toEqual([0, 0]);
    send(bbo("A", 0));
    for (let i = 0; i < 3; i++) block();
    expect(arrived.length).toBe(2);
    for (let i = 0; i < 20; i++) block();
    expect(arrived.length).toBe(3);
  });

  test("is a function of its seed", () => {
    const run = (seed: number): [number, string][] => {
      const { send, block, arrived } = bench(seed);
      for (let n = 0; n < 50; n++) {
        send(bbo("A", n));
        block();
      }
      return arrived;
    };
    expect(run(5)).toEqual(run(5));
    expect(run(5)).not.toEqual(run(6));
  });

  test("forgets a connection that is gone", () => {
    const { send, block, arrived, close } = bench(4);
    send(bbo("A", 0));
    close();
    for (let i = 0; i < 20; i++) block();
    expect(arrived).toEqual([]);
  });
});
