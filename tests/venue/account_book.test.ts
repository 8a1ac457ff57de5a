import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { FrameLane } from "../../src/core/frame.ts";
import { AccountBook, type Anchor } from "../../src/venue/hyperliquid/account_book.ts";
import { orderedFills } from "../../src/venue/hyperliquid/fill_order.ts";
import type { AccountFact, AccountMessage, DexStateFact, FillFact } from "../../src/wire/hyperliquid/account_facts.ts";
import { fill, funding, id, linesOf, order, RUN } from "../fixtures/account_frames.ts";

const MARKETS = [
  { coin: "AAA", market: 0, szDecimals: 2 },
  { coin: "xyz:AAA", market: 1, szDecimals: 2 },
];
const state = (dex: string, positions: [market: number, lots: number][] = []): DexStateFact => ({
  kind: "dex_state",
  dex,
  accountValueUsd: 0,
  rawUsd: 0,
  withdrawableUsd: 0,
  marginUsedUsd: 0,
  positions: positions.map(([market, lots]) => ({
    market,
    coin: MARKETS[market]?.coin ?? "ZZZ",
    lots,
    sizeText: "",
    entryPx: 300_000,
    leverage: 5,
    isCross: true,
    unrealizedUsd: 0,
  })),
  timeUs: 900_000,
});
const nothing: Anchor = { fromUs: 0, fills: [], fundings: [], states: [] };

class Bench {
  readonly book = new AccountBook(RUN, MARKETS);
  readonly #lane = new FrameLane(65_536);

  constructor(anchor: Anchor | null = nothing) {
    if (anchor !== null) this.anchor(anchor);
  }

  anchor(anchor: Anchor): string[] {
    this.#lane.clear();
    this.book.anchor(anchor, 2_000_000, this.#lane);
    return linesOf(this.#lane);
  }

  hears(channel: string, facts: readonly AccountFact[], over: Partial<AccountMessage> = {}): string[] {
    this.#lane.clear();
    const frames = this.book.apply({ channel, isSnapshot: false, facts, problem: "", ...over }, 2_000_000, this.#lane);
    const lines = linesOf(this.#lane);
    expect(lines.length).toBe(frames);
    return lines;
  }
}

describe("fills", () => {
  test("are booked once, whichever channel or snapshot repeats them", () => {
    const b = new Bench();
    const one = fill({ cloid: id(7) });
    expect(b.hears("userFills", [one])).toEqual([`fill m0 7 10@300000 fee 450 tid ${one.tid}`]);
    expect(b.hears("user", [{ ...one }])).toEqual([]);
    expect(b.hears("userFills", [one], { isSnapshot: true })).toEqual([]);
    expect(b.book.duplicateFillCount).toBe(2);
    expect(b.book.ledgers[0]).toMatchObject({
      positionLots: 10,
      cashUsd: -3_000_450,
      filledUsd: 3_000_000,
      feesUsd: 450,
      fillCount: 1,
    });
  });

  test("the same trade id at another time or of another coin is another fill", () => {
    const b = new Bench();
    const one = fill({ tid: 5 });
    expect(
      b.hears("userFills", [one, { ...one, timeUs: 2_000_000 }, { ...one, market: 1, coin: "xyz:AAA" }]),
    ).toHaveLength(3);
  });

  test("a snapshot is no news, but what it shows of a gap is booked", () => {
    const old = fill({ timeUs: 500_000 });
    const known = fill({ timeUs: 1_000_000 });
    const missed = fill({ timeUs: 1_500_000, startLots: 10, lots: 4 });
    const b = new Bench({ ...nothing, fromUs: 800_000 });
    b.hears("userFills", [known]);
    expect(b.hears("userFills", [missed, known, old], { isSnapshot: true })).toEqual([
      `fill m0 -100 4@300000 fee 450 tid ${missed.tid}`,
    ]);
    expect(b.book.missedFillCount).toBe(1);
    // Its push was only slower than the answer.
    expect(b.hears("userFills", [missed])).toEqual([]);
    expect(b.hears("userFills", [missed])).toEqual([]);
    expect(b.book.missedFillCount).toBe(0);
    expect(b.book.ledgers[0]?.positionLots).toBe(14);
  });

  test("one of a coin that is not followed is counted and changes nothing", () => {
    const b = new Bench();
    expect(b.hears("userFills", [fill({ market: -1, coin: "ZZZ", lots: Number.NaN })])).toEqual([]);
    expect(b.book.strangeFillCount).toBe(1);
  });

  test("an order whose client id was told once is known by its id from then on", () => {
    const b = new Bench();
    b.hears("orderUpdates", [order({ oid: 4, cloid: id(9) })]);
    expect(b.hears("userFills", [fill({ oid: 4 })])[0]).toStartWith("fill m0 9 ");
  });

  test("liquidations and takes are counted", () => {
    const b = new Bench();
    b.hears("userFills", [fill({ crossed: true, liquidated: true })]);
    expect(b.book.ledgers[0]).toMatchObject({ crossedCount: 1, liquidatedCount: 1 });
    b.hears("user", [{ kind: "liquidation", isOurs: true, accountValueUsd: 1 }]);
    b.hears("user", [{ kind: "venue_cancel", market: 0, coin: "AAA", oid: 1 }]);
    expect([b.book.liquidationCount, b.book.venueCancelCount]).toEqual([1, 1]);
  });
});

describe("fills of one millisecond", () => {
  test("follow the positions, whatever order they come in", () => {
    const walk = [
      fill({ startLots: 0, lots: 10 }),
      fill({ startLots: 10, lots: 5, side: -1 }),
      fill({ startLots: 5, lots: 20, side: -1 }),
      fill({ startLots: -15, lots: 1 }),
    ];
    for (const shuffled of [[...walk].reverse(), [walk[2], walk[0], walk[3], walk[1]] as FillFact[]])
      expect(orderedFills(shuffled, () => Number.NaN)).toEqual(walk);
  });

  test("a walk that ends where it began starts where we stand", () => {
    const out = fill({ startLots: 10, lots: 10, side: -1 });
    const back = fill({ startLots: 0, lots: 10 });
    expect(orderedFills([back, out], () => 10)).toEqual([out, back]);
    expect(orderedFills([back, out], () => 0)).toEqual([back, out]);
  });

  test("random walks are found again from any shuffle, also with steps missing", () => {
    const step = fc.integer({ min: -3, max: 3 }).filter((n) => n !== 0);
    fc.assert(
      fc.property(
        fc.integer({ min: -3, max: 3 }),
        fc.array(step, { minLength: 1, maxLength: 8 }),
        fc.infiniteStream(fc.nat()),
        (start, steps, random) => {
          let at = start;
          const walk = steps.map((n) => {
            const one = fill({ startLots: at, lots: Math.abs(n), side: Math.sign(n) });
            at += n;
            return one;
          });
          const key = new Map(walk.map((one) => [one, random.next().value as number]));
          const found = orderedFills(
            [...walk].sort((a, b) => (key.get(a) as number) - (key.get(b) as number)),
            () => start,
          );
          expect(new Set(found)).toEqual(new Set(walk));
          let lots = start;
          for (const one of found) {
            expect(one.startLots).toBe(lots);
            lots += one.side * one.lots;
          }
          expect(lots).toBe(at);
          const missing = orderedFills(walk.slice(1).concat(fill({ startLots: 99 })), () => start);
          expect(missing).toHaveLength(walk.length);
        },
      ),
      { seed: 7, numRuns: 300 },
    );
  });
});

describe("order updates", () => {
  test.each([
    ["open", "resting m0 3 leaves 10"],
    ["filled", "filled m0 3 leaves 10"],
    ["canceled", "cancelled m0 3 leaves 10"],
    ["reduceOnlyCanceled", "cancelled m0 3 leaves 10"],
    ["siblingFilledCanceled", "cancelled m0 3 leaves 10"],
    ["marginCanceled", "cancelled m0 3 leaves 10 venue_cancelled"],
    ["selfTradeCanceled", "cancelled m0 3 leaves 10 venue_cancelled"],
    ["liquidatedCanceled", "cancelled m0 3 leaves 10 venue_cancelled"],
    ["delistedCanceled", "cancelled m0 3 leaves 10 venue_cancelled"],
    ["openInterestCapCanceled", "cancelled m0 3 leaves 10 venue_cancelled"],
    ["vaultWithdrawalCanceled", "cancelled m0 3 leaves 10 venue_cancelled"],
    ["outcomeSettledCanceled", "cancelled m0 3 leaves 10 venue_cancelled"],
    ["scheduledCancel", "cancelled m0 3 leaves 10 venue_cancelled"],
    ["internalCancel", "cancelled m0 3 leaves 10 venue_cancelled"],
    ["badAloPxRejected", "rejected m0 3 leaves 10 post_only_crossed"],
    ["tickRejected", "rejected m0 3 leaves 10 price_off_grid"],
    ["minTradeNtlRejected", "rejected m0 3 leaves 10 below_minimum"],
    ["perpMarginRejected", "rejected m0 3 leaves 10 margin"],
    ["perpMaxPositionRejected", "rejected m0 3 leaves 10 margin"],
    ["reduceOnlyRejected", "rejected m0 3 leaves 10 reduce_only_increase"],
    ["positionIncreaseAtOpenInterestCapRejected", "rejected m0 3 leaves 10 open_interest_cap"],
    ["positionFlipAtOpenInterestCapRejected", "rejected m0 3 leaves 10 open_interest_cap"],
    ["tooAggressiveAtOpenInterestCapRejected", "rejected m0 3 leaves 10 open_interest_cap"],
    ["openInterestIncreaseRejected", "rejected m0 3 leaves 10 open_interest_cap"],
    ["oracleRejected", "rejected m0 3 leaves 10 too_far_from_oracle"],
    ["iocCancelRejected", "rejected m0 3 leaves 10 other_refusal"],
    ["tooManyOpenOrdersRejected", "rejected m0 3 leaves 10 other_refusal"],
    ["rejected", "rejected m0 3 leaves 10 other_refusal"],
    ["brandNewRejected", "rejected m0 3 leaves 10 other_refusal"],
  ])("%s", (status, line) => {
    expect(new Bench().hears("orderUpdates", [order({ cloid: id(3), status })])).toEqual([line]);
  });

  test("triggered says nothing, an unknown status is counted and named", () => {
    const b = new Bench();
    expect(b.hears("orderUpdates", [order({ cloid: id(3), status: "triggered" })])).toEqual([]);
    expect(b.book.unknownStatusCount).toBe(0);
    expect(b.hears("orderUpdates", [order({ cloid: id(3), status: "pondering" })])).toEqual([]);
    expect([b.book.unknownStatusCount, b.book.unknownStatus]).toEqual([1, "pondering"]);
    expect(b.hears("orderUpdates", [order({ cloid: id(3), status: "toString" })])).toEqual([]);
  });

  test("open after its fills has what they left; open after its end says nothing", () => {
    const b = new Bench();
    b.hears("userFills", [fill({ cloid: id(3), lots: 4 })]);
    expect(b.hears("orderUpdates", [order({ cloid: id(3) })])).toEqual(["resting m0 3 leaves 6"]);
    b.hears("orderUpdates", [order({ cloid: id(3), status: "canceled", leavesLots: 6 })]);
    expect(b.hears("orderUpdates", [order({ cloid: id(3) })])).toEqual([]);
  });

  test("orders of others, of other coins and triggers are listed until they end, and told to nobody", () => {
    const b = new Bench();
    const strangers = [
      order({ oid: 1 }),
      order({ oid: 2, cloid: "0x00000000000000000000000000000001" }),
      order({ oid: 3, market: -1, coin: "ZZZ", leavesLots: Number.NaN }),
      order({ oid: 4, isTrigger: true }),
    ];
    expect(b.hears("openOrders", strangers)).toEqual([]);
    expect([...b.book.orders.strangers.keys()]).toEqual([1, 2, 3, 4]);
    expect(b.hears("orderUpdates", [order({ oid: 4 })])).toEqual([]);
    expect(b.book.orders.strangers.get(4)?.isTrigger).toBe(true);
    b.hears(
      "orderUpdates",
      strangers.map((one) => ({ ...one, status: "canceled" })),
    );
    expect(b.book.orders.strangers.size).toBe(0);
  });

  test("a found order is the run's from then on", () => {
    const b = new Bench();
    const lane = new FrameLane(64);
    b.book.writeFound(order({ oid: 5 }), 0, lane);
    expect(linesOf(lane)).toEqual(["found m0 -5 leaves 10"]);
    expect(b.hears("userFills", [fill({ oid: 5, lots: 4 })])[0]).toStartWith("fill m0 -5 ");
    expect(b.hears("orderUpdates", [order({ oid: 5, status: "canceled", leavesLots: 6 })])).toEqual([
      "cancelled m0 -5 leaves 6",
    ]);
  });
});

describe("funding", () => {
  test("is booked once per coin and time, from whichever channel", () => {
    const b = new Bench();
    const again = { ...funding() };
    expect(b.hears("user", [funding(), funding({ market: 1, coin: "xyz:AAA", usd: 7 })])).toEqual([
      "funding m0 -5",
      "funding m1 7",
    ]);
    expect(b.hears("userFundings", [again], { isSnapshot: true })).toEqual([]);
    expect(b.hears("userFundings", [funding({ timeUs: 7_200_000_000, usd: 3 })])).toEqual(["funding m0 3"]);
    expect(b.hears("user", [funding({ market: -1, coin: "ZZZ" }), funding({ timeUs: 1, usd: 0 })])).toEqual([]);
    expect(b.book.ledgers.map((one) => [one.fundingUsd, one.cashUsd])).toEqual([
      [-2, -2],
      [7, 7],
    ]);
  });
});

describe("positions", () => {
  test("are told of every market of the dex, 0 where none is listed", () => {
    const b = new Bench();
    expect(b.hears("clearinghouseState", [state("", [[0, -7]])])).toEqual(["position m0 -7"]);
    expect(b.hears("clearinghouseState", [state("xyz")])).toEqual(["position m1 0"]);
    expect(b.hears("clearinghouseState", [state("other")])).toEqual([]);
    // Nothing of it is booked: fills are.
    expect(b.book.ledgers.map((one) => one.positionLots)).toEqual([0, 0]);
    expect([
      b.book.agrees(state("")),
      b.book.agrees(state("", [[0, 1]])),
      b.book.agrees(state("xyz", [[0, 1]])),
    ]).toEqual([true, false, true]);
    expect(b.book.dexs).toEqual(["", "xyz"]);
  });
});

describe("the start", () => {
  test("nothing is told before it, and nothing that happened meanwhile is lost or told twice", () => {
    const b = new Bench(null);
    const history = fill({ timeUs: 100_000 });
    const inside = fill({ timeUs: 850_000, lots: 3 });
    const after = fill({ timeUs: 950_000, startLots: 3, lots: 2 });
    expect(b.hears("userFills", [inside, history], { isSnapshot: true })).toEqual([]);
    expect(b.hears("userFills", [after])).toEqual([]);
    expect(b.hears("userFundings", [funding({ timeUs: 100 }), funding({ timeUs: 940_000 })])).toEqual([]);
    expect(b.hears("clearinghouseState", [state("", [[0, 5]])])).toEqual([]);
    const lines = b.anchor({
      fromUs: 800_000,
      fills: [inside],
      fundings: [],
      states: [state("", [[0, 3]]), state("xyz")],
    });
    expect(lines).toEqual([
      "position m0 3 adopt",
      "position m1 0 adopt",
      `fill m0 -100 2@300000 fee 450 tid ${after.tid}`,
      "funding m0 -5",
    ]);
    expect(b.book.ledgers[0]).toMatchObject({ positionLots: 5, filledUsd: 600_000, fillCount: 1 });
    expect(b.book.newestFillUs).toBe(950_000);
  });
});

describe("positions and fills are of one moment", () => {
  const [first, second] = [
    fill({ timeUs: 850_000, startLots: 5, lots: 3 }),
    fill({ timeUs: 950_000, startLots: 8, lots: 2 }),
  ];
  const old = fill({ timeUs: 100_000, startLots: 0, lots: 5 });

  test.each([
    ["after the fills that were read", [first], [], 8, true],
    ["before them", [first], [], 5, false],
    ["before one that was pushed and not read", [first], [second], 8, true],
    ["after one that was pushed and not read", [first], [second], 10, false],
    ["without any fill", [], [], 7, true],
    ["before the only one, which was pushed", [], [second], 8, true],
    ["after the only one, which was pushed", [], [second], 10, false],
    ["whatever was pushed of long ago", [], [old], 7, true],
    ["flat after all", [fill({ timeUs: 900_000, startLots: 3, lots: 3, side: -1 })], [], 0, true],
  ])("%s", (_, read, pushed, lots, fits) => {
    const b = new Bench(null);
    b.hears("userFills", [...pushed, ...read]);
    const states = [state("", lots === 0 ? [] : [[0, lots]]), state("xyz")];
    expect(b.book.fits({ fromUs: 800_000, fills: read, fundings: [], states })).toBe(fits);
  });

  test("a fill that begins elsewhere than where we stand is counted", () => {
    const b = new Bench();
    b.hears("userFills", [fill({ lots: 3 }), fill({ timeUs: 2_000_000, startLots: 4, lots: 1 })]);
    expect(b.book.brokenChainCount).toBe(1);
  });
});

test("what was not understood is kept", () => {
  const b = new Bench();
  expect(b.hears("userFills", [], { problem: "userFills: no" })).toEqual([]);
  expect([b.book.problemCount, b.book.problem]).toEqual([1, "userFills: no"]);
});

test("requests", () => {
  const b = new Bench();
  expect(b.hears("", [{ kind: "quota", usedCount: 5, capCount: 10, reservedCount: 1, volumeUsd: 0 }])).toEqual([
    "quota 5 of 10",
  ]);
  expect(b.book.quota?.usedCount).toBe(5);
});

test("memory is bounded, and what was forgotten stays booked", () => {
  const b = new Bench();
  const fills = Array.from({ length: 20_000 }, (_, i) =>
    fill({ timeUs: 1_000_000 + i * 1_000, startLots: i, lots: 1, oid: i }),
  );
  for (let i = 0; i < fills.length; i += 2_000)
    expect(b.hears("userFills", fills.slice(i, i + 2_000))).toHaveLength(2_000);
  for (let i = 0; i < fills.length; i += 2_000) expect(b.hears("userFills", fills.slice(i, i + 2_000))).toEqual([]);
  expect(b.book.ledgers[0]?.positionLots).toBe(20_000);
});
