import { describe, expect, test } from "bun:test";
import { BBO, BOOK, BUY, F, FrameLane, KIND, TRADE } from "../../src/core/frame.ts";
import { isLegalPx } from "../../src/core/market/grid.ts";
import { type FlowPush, GENERATED_MARKET, GeneratedMarket } from "../../src/sim/flow.ts";
import { MarketCodec } from "../../src/wire/hyperliquid/codec.ts";
import { marketSheet } from "../../src/wire/hyperliquid/instrument.ts";

const START_US = 1_767_225_600_000_000;
const BLOCK_US = 70_000;
const COINS = ["HYPE", GENERATED_MARKET];
const SZ_DECIMALS = 2;

interface Touch {
  timeUs: number;
  bid: [number, number];
  ask: [number, number];
}
interface Book {
  timeUs: number;
  fast: boolean;
  bids: [number, number][];
  asks: [number, number][];
  /** The newest touch that had been received before it. */
  touch: Touch | undefined;
}
interface Print {
  timeUs: number;
  receivedUs: number;
  side: number;
  px: number;
  lots: number;
  tid: number;
  /** First push of trades after the subscribe. */
  replayed: boolean;
  /** A newer touch of the coin had been received before. */
  overtaken: boolean;
}
/** Everything one coin said, decoded. */
interface Heard {
  touches: Touch[];
  books: Book[];
  prints: Print[];
  /** Receipt times. */
  contexts: number[];
}
interface Listened {
  coins: Heard[];
  codec: MarketCodec;
  receivedUs: number[];
  /** Least and most microseconds between what is true at the venue and its receipt, replayed trades aside. */
  lagUs: { min: number; max: number };
}

function* pushesOf(seed: number, seconds: number): Generator<FlowPush> {
  const market = new GeneratedMarket(seed, START_US);
  for (let push = market.next(); push.timeUs <= START_US + seconds * 1e6; push = market.next()) yield push;
}

function pairs(data: Float64Array, from: number, count: number): [number, number][] {
  return Array.from({ length: count }, (_, i) => [data[from + 2 * i] as number, data[from + 2 * i + 1] as number]);
}

/** Lets a world speak for a while through the codec that real feeds go through. */
function listen(seed: number, seconds: number): Listened {
  const codec = new MarketCodec(COINS.map((coin, market) => ({ coin, market, szDecimals: SZ_DECIMALS })));
  const coins: Heard[] = COINS.map(() => ({ touches: [], books: [], prints: [], contexts: [] }));
  const lane = new FrameLane(8192);
  const encoder = new TextEncoder();
  const out: Listened = { coins, codec, receivedUs: [], lagUs: { min: Infinity, max: 0 } };
  for (const push of pushesOf(seed, seconds)) {
    out.receivedUs.push(push.timeUs);
    const bytes = encoder.encode(push.text);
    lane.clear();
    codec.decode(bytes, 0, bytes.length, push.timeUs, lane);
    const heard = coins[codec.market] as Heard;
    const opening = heard.prints.length === 0;
    for (let at = 0; at < lane.length; at += lane.data[at] as number) hear(heard, lane.data, at, opening);
    const age = push.timeUs - codec.messageVenueTimeUs;
    if (codec.messageVenueTimeUs > 0 && !opening) {
      out.lagUs = { min: Math.min(out.lagUs.min, age), max: Math.max(out.lagUs.max, age) };
    }
  }
  return out;
}

function hear(heard: Heard, data: Float64Array, at: number, opening: boolean): void {
  const timeUs = data[at + F.venueTimeUs] as number;
  const receivedUs = data[at + F.timeUs] as number;
  const touch = heard.touches.at(-1);
  switch (data[at + F.kind]) {
    case KIND.bbo: {
      const [bid, ask] = pairs(data, at + BBO.bidPx, 2) as [[number, number], [number, number]];
      heard.touches.push({ timeUs, bid, ask });
      break;
    }
    case KIND.book: {
      const bidCount = data[at + BOOK.bidCount] as number;
      const bids = pairs(data, at + BOOK.levels, bidCount);
      const asks = pairs(data, at + BOOK.levels + 2 * bidCount, data[at + BOOK.askCount] as number);
      heard.books.push({ timeUs, fast: data[at + BOOK.fast] === 1, bids, asks, touch });
      break;
    }
    case KIND.trade: {
      const [px, lots, side, tid] = [...data.subarray(at + TRADE.px, at + TRADE.tid + 1)] as [
        number,
        number,
        number,
        number,
      ];
      const overtaken = touch !== undefined && touch.timeUs > timeUs;
      heard.prints.push({ timeUs, receivedUs, side, px, lots, tid, replayed: opening, overtaken });
      break;
    }
    case KIND.context:
      heard.contexts.push(receivedUs);
      break;
  }
}

/** Last touch strictly before a venue time. */
function touchBefore(touches: readonly Touch[], timeUs: number): Touch | undefined {
  let low = 0;
  let high = touches.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((touches[middle] as Touch).timeUs < timeUs) low = middle + 1;
    else high = middle;
  }
  return touches[low - 1];
}
const midOf = (touch: Touch): number => (touch.bid[0] + touch.ask[0]) / 2;
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] as number;

/** A sweep: prints of one coin, side and moment. Distances in bps of the mid strictly before it. */
interface Sweep {
  depthBps: number;
  captureBps: number;
  markoutBps: number;
}

function sweepsOf(heard: Heard, endUs: number): Sweep[] {
  const groups = Map.groupBy(
    heard.prints.filter((p) => !p.replayed && p.timeUs < endUs - 6e6),
    (p) => p.timeUs * 2 + (p.side === BUY ? 1 : 0),
  );
  return [...groups.values()].flatMap((prints) => {
    const { timeUs, side } = prints[0] as Print;
    const before = touchBefore(heard.touches, timeUs);
    const later = touchBefore(heard.touches, timeUs + 5e6);
    if (before === undefined || later === undefined) return [];
    const mid = midOf(before);
    const bps = (px: number): number => ((side * (px - mid)) / mid) * 1e4;
    const lots = prints.reduce((sum, p) => sum + p.lots, 0);
    const average = prints.reduce((sum, p) => sum + p.px * p.lots, 0) / lots;
    const depthBps = Math.max(...prints.map((p) => bps(p.px)));
    return [{ depthBps, captureBps: bps(average), markoutBps: bps(midOf(later)) }];
  });
}

/** Least-squares slope of the 5 s markout on depth: the share of a sweep that is still there. */
function phiOf(sweeps: readonly Sweep[]): number {
  const depth = mean(sweeps.map((s) => s.depthBps));
  const markout = mean(sweeps.map((s) => s.markoutBps));
  const cross = sweeps.reduce((sum, s) => sum + (s.depthBps - depth) * (s.markoutBps - markout), 0);
  return cross / sweeps.reduce((sum, s) => sum + (s.depthBps - depth) ** 2, 0);
}

const RETURN_US = 500_000;

/** Seconds that the mirror's half-second returns come after the leader's, where they are most alike. */
function lagOf(leader: Heard, mirror: Heard, endUs: number): number {
  const step = 100_000;
  const returns = (heard: Heard): number[] => {
    const out: number[] = [];
    for (let t = START_US + 5e6; t < endUs - 5e6; t += step) {
      const now = touchBefore(heard.touches, t);
      const before = touchBefore(heard.touches, t - RETURN_US);
      out.push(now === undefined || before === undefined ? 0 : midOf(now) / midOf(before) - 1);
    }
    return out;
  };
  const from = returns(leader);
  const to = returns(mirror);
  const alike = (lag: number): number => from.reduce((sum, r, i) => sum + r * (to[i + lag] ?? 0), 0);
  const lags = Array.from({ length: 31 }, (_, i) => i - 10);
  const best = lags.reduce((a, b) => (alike(b) > alike(a) ? b : a));
  return (best * step) / 1e6;
}

const SECONDS = 30 * 60;
const END_US = START_US + SECONDS * 1e6;
const long = listen(1, SECONDS);

describe("a generated market", () => {
  test("is decided by its seed, byte by byte", () => {
    const text = (seed: number): string => [...pushesOf(seed, 60)].map((p) => `${p.timeUs} ${p.text}`).join("\n");
    expect(text(3)).toBe(text(3));
    expect(text(3)).not.toBe(text(4));
  });

  test("is frozen: changing the world changes every report on it and needs a changelog entry", () => {
    const hasher = new Bun.CryptoHasher("sha256");
    const market = new GeneratedMarket(1, START_US);
    for (let i = 0; i < 5_000; i++) {
      const push = market.next();
      hasher.update(`${push.timeUs} ${push.text}\n`);
    }
    expect(hasher.digest("hex")).toBe("dd61c50b91c87b2770e369acd66df5405eea132be9850f4a98c0d8f7b71900d8");
  });

  test("answers with facts that the ordinary resolver takes: a validator perp, and a mirror at twice its fee", () => {
    const answers = new GeneratedMarket(1, START_US).answers();
    const [main, mirror] = COINS.map((coin) => marketSheet(coin, answers));
    expect(main).toMatchObject({ dexIndex: 0, assetId: 0, makerFeeBps: 1.5, takerFeeBps: 4.5, growth: false });
    expect(mirror).toMatchObject({ dexIndex: 1, assetId: 110_000, makerFeeBps: 3, takerFeeBps: 9, growth: false });
    expect(mirror).toMatchObject({ dex: "sim", deployerFeeScale: "1.0", szDecimals: SZ_DECIMALS, delisted: false });
  });

  test("speaks as the venue does: every message takes the codec's fast way, none is refused", () => {
    const { codec } = long;
    expect([codec.badCount, codec.slowCount, codec.unknownChannelCount]).toEqual([0, 0, 0]);
    expect([...codec.counts].every((count, channel) => (channel === 4 ? count === 0 : count > 1_000))).toBe(true);
  });

  test("is heard in order of receipt, a quarter of a second after it was true", () => {
    const times = long.receivedUs;
    expect(times.every((t, i) => i === 0 || t >= (times[i - 1] as number))).toBe(true);
    expect(long.lagUs.min).toBeGreaterThanOrEqual(250_000);
    expect(long.lagUs.max).toBeLessThan(1_000_000);
  });
});

describe.each(COINS.map((coin, i) => ({ coin, heard: long.coins[i] as Heard })))("$coin", ({ heard }) => {
  test("is never locked or crossed, and stands on the legal grid, best level first", () => {
    for (const book of heard.books) {
      const depth = book.fast ? 5 : 20;
      expect([book.bids.length, book.asks.length]).toEqual([depth, depth]);
      const up = [...book.bids.toReversed(), ...book.asks].map(([px]) => px);
      expect(up.every((px, i) => i === 0 || px > (up[i - 1] as number))).toBe(true);
      expect(up.every((px) => isLegalPx(px, SZ_DECIMALS))).toBe(true);
      expect([...book.bids, ...book.asks].every(([, lots]) => lots > 0)).toBe(true);
    }
    expect(heard.touches.filter((t) => t.bid[0] >= t.ask[0])).toEqual([]);
  });

  test("the touch is said once a block at most, only when it changed, and is the top of every book", () => {
    const { touches, books } = heard;
    expect(touches.every((t, i) => i === 0 || t.timeUs >= (touches[i - 1] as Touch).timeUs + BLOCK_US)).toBe(true);
    const said = touches.map((t) => `${t.bid} ${t.ask}`);
    expect(said.filter((text, i) => text === said[i - 1])).toEqual([]);
    for (const book of books) expect([book.touch?.bid, book.touch?.ask]).toEqual([book.bids[0], book.asks[0]]);
  });

  test("books come every half second and every five, contexts every second", () => {
    const spacing = (times: readonly number[]): number => (times.at(-1)! - times[0]!) / (times.length - 1) / 1e6;
    const of = (fast: boolean): number[] => heard.books.filter((b) => b.fast === fast).map((b) => b.timeUs);
    expect(spacing(of(true))).toBeCloseTo(0.56, 6);
    expect(spacing(of(false))).toBeCloseTo(4.97, 6);
    expect(spacing(heard.contexts)).toBeCloseTo(0.98, 2);
  });

  test("the first push of trades repeats old ones, later ones are new; no print comes twice", () => {
    const { prints } = heard;
    const age = (p: Print): number => (p.receivedUs - p.timeUs) / 1e6;
    expect(prints.filter((p) => p.replayed).map((p) => Math.round(age(p)))).toEqual([4, 3, 2, 1]);
    expect(Math.max(...prints.filter((p) => !p.replayed).map(age))).toBeLessThan(1);
    expect(new Set(prints.map((p) => p.tid)).size).toBe(prints.length);
  });

  test("trades print at or behind the touch that stood before them", () => {
    const outside = heard.prints.filter((p) => {
      const touch = p.replayed ? undefined : touchBefore(heard.touches, p.timeUs);
      if (touch === undefined) return false;
      return p.side === BUY ? p.px < touch.ask[0] : p.px > touch.bid[0];
    });
    expect(outside).toEqual([]);
  });

  test("trades eat levels that were shown a block before, and no more than was shown", () => {
    const shown = new Map(heard.books.map((book) => [book.timeUs + BLOCK_US, book]));
    const eaten = new Map<string, number>();
    let checked = 0;
    for (const p of heard.prints) {
      const book = p.replayed ? undefined : shown.get(p.timeUs);
      const levels = p.side === BUY ? book?.asks : book?.bids;
      if (levels === undefined || p.side * (p.px - (levels.at(-1) as [number, number])[0]) > 0) continue;
      const key = `${p.timeUs} ${p.side} ${p.px}`;
      eaten.set(key, (eaten.get(key) ?? 0) + p.lots);
      const stood = levels.find(([px]) => px === p.px)?.[1] ?? 0;
      expect(eaten.get(key)).toBeLessThanOrEqual(stood);
      checked += 1;
    }
    expect(checked).toBeGreaterThan(200);
  });

  test("one push of trades in ten is overtaken by newer touches", () => {
    const pushes = new Map(heard.prints.filter((p) => !p.replayed).map((p) => [p.receivedUs, p.overtaken]));
    const share = [...pushes.values()].filter(Boolean).length / pushes.size;
    expect(share).toBeGreaterThan(0.05);
    expect(share).toBeLessThan(0.15);
  });
});

/**
 * Seeds 1 to 6 gave, half an hour each: touch 1.7 to 2.0 and 6.6 to 7.7 bps; sweeps a second 2.8 to 3.2 and 1.1 to 1.2; markout a sweep 1.1 to
 * 1.3 and 3.5 to 3.8 bps; what a maker hit by all of them keeps before fees 0.1 to 0.3 and 0.4 to 1.2 bps; decay of depth 8,500 to 10,900
 * and 3,700 to 4,600 a fraction; phi 0.66 to 0.87 and 0.69 to 1.25; the mirror 0.5 or 0.6 s behind.
 */
describe.each([1, 2, 3])("half an hour of seed %d", (seed) => {
  const { coins } = seed === 1 ? long : listen(seed, SECONDS);
  const facts = coins.map((heard, i) => {
    const all = sweepsOf(heard, END_US);
    // Past the touch itself, where depth decays.
    const base = i === 0 ? 1 : 3;
    const deep = all.filter((s) => s.depthBps > base);
    return {
      touchBps: median(heard.touches.map((t) => ((t.ask[0] - t.bid[0]) / midOf(t)) * 1e4)),
      sweepsPerSecond: all.length / SECONDS,
      markoutBps: mean(all.map((s) => s.markoutBps)),
      deepMarkoutBps: mean(deep.map((s) => s.markoutBps)),
      edgeBps: mean(all.map((s) => s.captureBps - s.markoutBps)),
      kappaPerFrac: 1e4 / mean(deep.map((s) => s.depthBps - base)),
      phi: phiOf(all),
    };
  });
  const makerFeeBps = [1.5, 3];

  // Least and most on the validator perp, then on the mirror.
  test.each([
    ["touchBps", 1.2, 2.5, 5.5, 9],
    ["sweepsPerSecond", 2.2, 3.8, 0.8, 1.5],
    ["markoutBps", 0.7, 1.7, 2.8, 4.6],
    ["kappaPerFrac", 7_000, 13_000, 3_000, 5_500],
    ["phi", 0.5, 1.1, 0.5, 1.5],
  ] as const)("%s is of the size that was measured", (name, mainMin, mainMax, mirrorMin, mirrorMax) => {
    const [main, mirror] = facts.map((fact) => fact[name]) as [number, number];
    expect(main).toBeGreaterThan(mainMin);
    expect(main).toBeLessThan(mainMax);
    expect(mirror).toBeGreaterThan(mirrorMin);
    expect(mirror).toBeLessThan(mirrorMax);
  });

  test("a deeper sweep says more, and resting in its way does not pay the maker fee", () => {
    facts.forEach((fact, i) => {
      expect(fact.deepMarkoutBps).toBeGreaterThan(fact.markoutBps);
      expect(fact.edgeBps).toBeLessThan(makerFeeBps[i] as number);
    });
  });

  test("the mirror follows the validator perp by a third of a second to one second", () => {
    const lag = lagOf(coins[0] as Heard, coins[1] as Heard, END_US);
    expect(lag).toBeGreaterThanOrEqual(0.3);
    expect(lag).toBeLessThanOrEqual(1);
  });
});
