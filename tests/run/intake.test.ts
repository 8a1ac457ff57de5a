import { describe, expect, test } from "bun:test";
import { DESK, F, FrameLane, GAP, KIND, TRADE } from "../../src/core/frame.ts";
import { Intake } from "../../src/run/intake.ts";

const encoder = new TextEncoder();
const SECOND = 1_000_000;
const DAY = 86_400 * SECOND;
/** A Monday noon. */
const NOON = 20_000 * DAY + DAY / 2;

class Bench {
  readonly intake = new Intake([{ coin: "BTC", market: 0, szDecimals: 5 }]);
  readonly lane = new FrameLane(8192);

  /** Takes a push at `seconds` after noon; returns kinds of frames. */
  push(seconds: number, text: string): number[] {
    const bytes = encoder.encode(text);
    this.lane.clear();
    expect(this.intake.onPush(bytes, 0, bytes.length, NOON + seconds * SECOND, this.lane)).toBe("");
    const kinds: number[] = [];
    for (let at = 0; at < this.lane.length; at += this.lane.data[at] as number)
      kinds.push(this.lane.data[at + F.kind] as number);
    return kinds;
  }

  bbo(seconds: number, coin = "BTC"): number[] {
    const time = NOON / 1000 + Math.round(seconds * 1000);
    return this.push(seconds, `{"channel":"bbo","data":{"coin":"${coin}","time":${time},"bbo":[null,null]}}`);
  }

  trades(seconds: number, ...tids: number[]): number[] {
    const time = NOON / 1000 + Math.round(seconds * 1000);
    const one = (tid: number): string =>
      `{"coin":"BTC","side":"B","px":"100.0","sz":"1.0","time":${time},"tid":${tid}}`;
    return this.push(seconds, `{"channel":"trades","data":[${tids.map(one).join(",")}]}`);
  }

  replayed(): number[] {
    const flags: number[] = [];
    for (let at = 0; at < this.lane.length; at += this.lane.data[at] as number) {
      if (this.lane.data[at + F.kind] === KIND.trade) flags.push(this.lane.data[at + TRADE.replayed] as number);
    }
    return flags;
  }
}

describe("what a connection does to data", () => {
  test("the first trades after a start repeat older ones and are marked; later ones are new", () => {
    const b = new Bench();
    b.trades(0, 1, 2, 3);
    expect(b.replayed()).toEqual([1, 1, 1]);
    b.trades(1, 4);
    expect(b.replayed()).toEqual([0]);
    expect(b.intake.replayedCount).toBe(3);
  });

  test("a trade id seen before is taken out and counted", () => {
    const b = new Bench();
    b.trades(0, 1);
    b.trades(1, 2, 3);
    const time = NOON / 1000 + 1000;
    const one = (tid: number): string =>
      `{"coin":"BTC","side":"B","px":"100.0","sz":"1.0","time":${time},"tid":${tid}}`;
    expect(b.push(2, `{"channel":"trades","data":[${one(3)},${one(9)}]}`)).toEqual([KIND.trade]);
    expect(b.lane.data[TRADE.tid]).toBe(9);
    expect(b.intake.duplicateCount).toBe(1);
  });

  test("more than ten seconds of silence of the whole connection are a gap, told before the next message; another coin breaks the silence", () => {
    const b = new Bench();
    b.bbo(0);
    b.bbo(8, "ETH");
    expect(b.bbo(16)).toEqual([KIND.bbo]);
    expect(b.bbo(27)).toEqual([KIND.gap, KIND.bbo]);
    expect(b.lane.data[F.market]).toBe(DESK);
    expect(b.lane.data[GAP.lastVenueTimeUs]).toBe(NOON + 16 * SECOND);
    expect(b.lane.data[GAP.durationUs]).toBe(11 * SECOND);
    expect(b.intake.counts()).toMatchObject({ gaps: 1, gap_seconds: 11 });
  });

  test("a gap mark is a gap however short, and trades after it repeat older ones again", () => {
    const b = new Bench();
    b.trades(0, 1);
    b.trades(1, 2);
    b.intake.onMark("socket closed");
    expect(b.bbo(2)).toEqual([KIND.gap, KIND.bbo]);
    b.trades(3, 5);
    expect(b.replayed()).toEqual([1]);
  });

  test("a new UTC day is a gap within a file, and no new connection", () => {
    const b = new Bench();
    const midnight = DAY / 2 / SECOND;
    b.trades(midnight - 3, 1);
    b.trades(midnight - 2, 2);
    expect(b.trades(midnight + 1, 3)).toEqual([KIND.gap, KIND.trade]);
    expect(b.replayed()).toEqual([0]);
  });

  test("time that goes back a little is held and counted, time that goes back far is an error", () => {
    const b = new Bench();
    b.bbo(5);
    b.bbo(4.5);
    expect(b.lane.data[F.timeUs]).toBe(NOON + 5 * SECOND);
    expect(b.intake.backwardsCount).toBe(1);
    expect(() => b.bbo(-20)).toThrow("time goes back by 25.0 s: name the tapes in order of time, each once");
  });

  test("a push that is not understood is told, and leaves no frame", () => {
    const b = new Bench();
    const bytes = encoder.encode('{"channel":"bbo","data":{"coin":"BTC"}}');
    b.lane.clear();
    expect(b.intake.onPush(bytes, 0, bytes.length, NOON, b.lane)).toContain("not understood");
    expect(b.lane.length).toBe(0);
  });

  test.each([
    ["silence", 11],
    ["a gap mark", 1],
  ])("a gap by %s is told once and whole, though a push that is not understood came first", (name, seconds) => {
    const b = new Bench();
    b.bbo(0);
    if (name === "a gap mark") b.intake.onMark("socket closed");
    const bytes = encoder.encode('{"channel":"bbo"}');
    b.lane.clear();
    expect(b.intake.onPush(bytes, 0, bytes.length, NOON + seconds * SECOND, b.lane)).toContain("not understood");
    expect(b.lane.length).toBe(0);
    expect(b.bbo(seconds + 1)).toEqual([KIND.gap, KIND.bbo]);
    expect(b.lane.data[GAP.durationUs]).toBe((seconds + 1) * SECOND);
    expect(b.intake.counts()).toMatchObject({ gaps: 1, gap_seconds: seconds + 1 });
    expect(b.bbo(seconds + 2)).toEqual([KIND.bbo]);
  });

  test("a trade from before a gap is a repeat in whichever push it comes", () => {
    const b = new Bench();
    b.trades(0, 1);
    b.bbo(5);
    b.trades(30, 2);
    const time = NOON / 1000 + 4000;
    b.push(31, `{"channel":"trades","data":[{"coin":"BTC","side":"B","px":"1.0","sz":"1.0","time":${time},"tid":3}]}`);
    expect(b.replayed()).toEqual([1]);
    b.trades(32, 4);
    expect(b.replayed()).toEqual([0]);
  });

  test("equal trade ids of two coins are two trades", () => {
    const intake = new Intake([
      { coin: "BTC", market: 0, szDecimals: 5 },
      { coin: "ETH", market: 1, szDecimals: 4 },
    ]);
    const trade = (coin: string): string => `{"coin":"${coin}","side":"B","px":"1.0","sz":"1.0","time":5,"tid":7}`;
    const bytes = encoder.encode(`{"channel":"trades","data":[${trade("BTC")},${trade("ETH")}]}`);
    const lane = new FrameLane(1024);
    expect(intake.onPush(bytes, 0, bytes.length, NOON, lane)).toBe("");
    expect(lane.length).toBe(2 * TRADE.size);
    expect(intake.duplicateCount).toBe(0);
  });
});
