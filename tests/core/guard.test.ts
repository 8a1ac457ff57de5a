import { describe, expect, test } from "bun:test";
import { Desk } from "../../src/core/desk.ts";
import { ACTION, BUY, ORDER_STATUS, SELL } from "../../src/core/frame.ts";
import { REASON, reasonName } from "../../src/core/reason.ts";
import { EngineBench, type Intent, S } from "../fixtures/engine_bench.ts";
import { hashOf, restore, stateOf } from "../fixtures/frames.ts";

const actions = (intents: readonly Intent[]): number[] => intents.map((i) => i.action).sort();
const { cancel, modify, place } = ACTION;

/** The sides on which something is asked for or stands. */
function quotedSides(b: EngineBench): number[] {
  const { slots } = b.engine;
  return [SELL, BUY].filter((side) => slots.sideExposureLots(side) > 0);
}

/** A desk that quotes both sides and is long by one order. */
function long(): EngineBench {
  const b = new EngineBench();
  const bid = b.quoting().find((i) => i.side === BUY) as Intent;
  b.accept(b.fill(bid.cloid, BUY, bid.px, bid.lots));
  b.accept(b.timer());
  return b;
}

/** What is in force, as `market reason`. */
const open = (b: EngineBench): string[] =>
  b.desk.openBreakers(b.now).map(({ market, reason }) => `${market} ${reasonName(reason)}`);

describe("hold", () => {
  test("between hold and release nothing is placed or moved, whatever the market does", () => {
    const b = new EngineBench();
    b.quoting();
    expect(b.command("hold")).toEqual([]);
    expect([b.desk.isHeld, open(b)]).toEqual([true, ["0 holding"]]);
    expect([b.bbo(300_600, 300_620), b.timer()].flat()).toEqual([]);
    expect([b.engine.bidReason, b.engine.askReason]).toEqual([REASON.holding, REASON.holding]);
    expect(actions(b.command("release"))).toEqual([modify, modify]);
    expect([b.desk.isHeld, b.engine.bidReason]).toEqual([false, REASON.none]);
  });

  test("cancels that risk asks for go out: a stop, a pause, a breaker on money", () => {
    for (const command of ["stop", "pause"] as const) {
      const b = new EngineBench();
      b.quoting();
      b.command("hold");
      expect(actions(b.command(command))).toEqual([cancel, cancel]);
    }
    const b = new EngineBench({ dailyLossUsd: 1e4 });
    const bid = b.quoting().find((i) => i.side === BUY) as Intent;
    b.accept(b.fill(bid.cloid, BUY, bid.px, bid.lots));
    b.command("hold");
    const sent = [...b.bbo(298_000, 298_020), ...b.timer()];
    expect(b.desk.breaker.tripped).toBe(REASON.daily_loss);
    expect(sent.map((i) => [i.action, i.side])).toEqual([[cancel, BUY]]);
  });

  test("answers that come while the venue is asked are taken, and what is missing is placed after", () => {
    const b = new EngineBench();
    const [bid, ask] = b.quoting().toSorted((x, y) => y.side - x.side) as [Intent, Intent];
    b.command("hold");
    expect(b.answer(bid.cloid, ORDER_STATUS.cancelled, bid.lots)).toEqual([]);
    expect(b.fill(ask.cloid, SELL, ask.px, 10)).toEqual([]);
    expect(b.engine.position.lots).toBe(-10);
    const sent = b.command("release");
    expect(sent.filter((i) => i.side === BUY).map((i) => i.action)).toEqual([place]);
  });
});

describe("what the operator says", () => {
  test("pause takes every order away and quotes nothing until resume", () => {
    const b = new EngineBench();
    b.quoting();
    const cancels = b.command("pause");
    expect(actions(cancels)).toEqual([cancel, cancel]);
    b.accept(cancels);
    expect([b.bbo(299_980, 300_000), b.timer()].flat()).toEqual([]);
    expect([b.engine.bidReason, open(b)]).toEqual([REASON.paused, ["0 paused"]]);
    expect(actions(b.command("resume"))).toEqual([place, place]);
  });

  test("reduce quotes the side that reduces and no other; flat it quotes nothing", () => {
    const b = long();
    expect(quotedSides(b)).toEqual([SELL, BUY]);
    b.accept(b.command("reduce"));
    b.accept(b.timer());
    expect(quotedSides(b)).toEqual([SELL]);
    expect([b.engine.bidReason, b.engine.askReason]).toEqual([REASON.reducing, REASON.none]);
    expect(b.engine.slots.sideExposureLots(SELL)).toBeLessThanOrEqual(b.engine.position.lots);
    const flat = new EngineBench();
    flat.quoting();
    flat.accept(flat.command("reduce"));
    expect(quotedSides(flat)).toEqual([]);
    expect(actions(flat.command("resume"))).toEqual([place, place]);
  });

  test("a stop is not undone by resume; a command may be for one market", () => {
    const b = new EngineBench();
    b.quoting();
    b.accept(b.stop());
    expect([b.command("resume"), b.command("reduce"), b.timer()].flat()).toEqual([]);
    expect(b.engine.reason).toBe(REASON.stopped);
    const other = new EngineBench();
    other.quoting();
    expect(actions(other.command("pause", 0))).toEqual([cancel, cancel]);
  });
});

describe("the position that the venue tells", () => {
  test("is taken over at the start at no profit, at the mark, or at the first price where none is known", () => {
    const b = new EngineBench();
    b.position(40, true);
    expect([b.engine.position.lots, b.engine.equityUsd]).toEqual([40, 0]);
    b.bbo(299_990, 300_010);
    expect(b.engine.equityUsd).toBe(0);
    b.mark(300_100);
    expect(b.engine.equityUsd).toBe(40 * 100);
    expect(b.engine.position.fillCount).toBe(0);
  });

  test("two differing pictures stop the market; resume takes the venue's number over and quotes again", () => {
    const b = long();
    const own = b.engine.position.lots;
    expect(b.position(own + 7)).toEqual([]);
    b.timer(5);
    b.bbo(299_990, 300_010);
    const sent = b.position(own + 7);
    expect(sent.length).toBeGreaterThan(0);
    expect(sent.every((i) => i.action === cancel)).toBe(true);
    b.accept(sent);
    expect([b.engine.reason, open(b)]).toEqual([REASON.position_mismatch, ["0 position_mismatch"]]);
    // Neither the right number nor taking it over clears it.
    b.position(own);
    b.position(own + 7, true);
    expect([b.engine.reason, b.timer()]).toEqual([REASON.position_mismatch, []]);
    const before = b.engine.equityUsd;
    expect(b.command("resume").length).toBeGreaterThan(0);
    expect([b.engine.position.lots, b.engine.equityUsd, b.engine.reason]).toEqual([own + 7, before, REASON.none]);
  });

  test("resume takes over what was told last when nothing else did", () => {
    const b = long();
    const own = b.engine.position.lots;
    b.position(own - 3);
    b.timer(5);
    b.position(own - 3);
    b.command("resume");
    expect(b.engine.position.lots).toBe(own - 3);
  });
});

describe("breakers", () => {
  /** Rejects whatever is asked for, until nothing more is. Returns how many it took. */
  function rejectAll(b: EngineBench, asked: Intent[]): number {
    let count = 0;
    for (; asked.length > 0 && count < 50; count++) {
      const { cloid } = asked.shift() as Intent;
      asked.push(...b.answer(cloid, ORDER_STATUS.rejected, 0, REASON.margin));
    }
    return count;
  }

  test("ten rejections in a minute stop asking for a minute; the same answer twice counts once", () => {
    const b = new EngineBench();
    const [first] = b.bbo(299_990, 300_010) as [Intent];
    for (let i = 0; i < 12; i++) b.answer(first.cloid, ORDER_STATUS.rejected, 0, REASON.margin);
    expect(open(b)).toEqual([]);
    const c = new EngineBench();
    // The eleventh was under way when the tenth was told.
    expect(rejectAll(c, c.bbo(299_990, 300_010))).toBe(11);
    expect([c.engine.reason, open(c)]).toEqual([REASON.reject_burst, ["0 reject_burst"]]);
    expect(c.desk.trippedCount).toBe(1);
    c.now += 60 * S;
    expect(actions(c.bbo(299_990, 300_010))).toEqual([place, place]);
  });

  test("three orders that the venue cancels within a minute leave the reducing side, until resume", () => {
    const b = long();
    for (let i = 0; i < 3; i++) {
      const { slots } = b.engine;
      const slot = slots.state.findIndex((state) => state !== 0);
      const cloid = slots.cloid[slot] as number;
      const next = b.answer(cloid, ORDER_STATUS.cancelled, slots.leavesLots[slot] as number, REASON.venue_cancelled);
      // Told once more by the other way: no second one.
      b.answer(cloid, ORDER_STATUS.cancelled, 0, REASON.venue_cancelled);
      expect(b.desk.venueCancels.tripped).toBe(i === 2);
      b.accept(next);
      b.accept(b.timer());
    }
    b.accept(b.timer());
    expect(quotedSides(b)).toEqual([SELL]);
    expect([b.engine.bidReason, open(b)]).toEqual([REASON.venue_cancels, ["-1 venue_cancels"]]);
    b.accept(b.command("resume"));
    expect([quotedSides(b), open(b)]).toEqual([[SELL, BUY], []]);
  });

  test("capped open interest takes the side away that adds to the position, for a minute", () => {
    const b = long();
    const sent = b.bbo(299_300, 299_320);
    const bid = sent.find((i) => i.side === BUY) as Intent;
    b.accept(sent.filter((i) => i.side === SELL));
    b.answer(bid.cloid, ORDER_STATUS.rejected, 0, REASON.open_interest_cap);
    b.answer(bid.target, ORDER_STATUS.settled);
    b.accept(b.timer());
    b.accept(b.timer());
    expect(quotedSides(b)).toEqual([SELL]);
    expect([b.engine.bidReason, b.engine.askReason]).toEqual([REASON.open_interest_cap, REASON.none]);
    expect(b.engine.slots.sideExposureLots(SELL)).toBeLessThanOrEqual(b.engine.position.lots);
    expect(open(b)).toEqual(["0 open_interest_cap"]);
    b.now += 60 * S;
    expect(b.bbo(299_300, 299_320).some((i) => i.side === BUY && i.action === place)).toBe(true);
  });

  test("a price that jumps takes every order away for thirty seconds", () => {
    const b = new EngineBench({ priceJumpFrac: 0.01 });
    b.quoting();
    const sent = b.bbo(296_900, 296_920);
    expect(actions(sent)).toEqual([cancel, cancel]);
    b.accept(sent);
    expect([b.engine.reason, open(b)]).toEqual([REASON.price_jump, ["0 price_jump"]]);
    for (let i = 0; i < 29; i++) {
      b.now += S;
      expect(b.bbo(296_900, 296_920)).toEqual([]);
    }
    b.now += S;
    expect(actions(b.bbo(296_900, 296_920))).toEqual([place, place]);
  });

  test("each says until when it holds, or that only somebody can clear it", () => {
    const b = new EngineBench({ priceJumpFrac: 0.01 });
    b.quoting();
    b.bbo(296_900, 296_920);
    b.command("pause");
    const list = b.desk.openBreakers(b.now);
    expect(list.map(({ untilUs, clearedBy }) => [Number.isNaN(untilUs), clearedBy !== ""])).toEqual([
      [true, true],
      [false, true],
    ]);
    expect(list[1]?.untilUs).toBe(b.now + 30 * S);
  });
});

describe("the measured loop", () => {
  /** The quote of a desk whose loop was measured as `loopUs`, or was not. */
  function quoteAt(loopUs: number | null, set: Partial<EngineBench["engine"]["params"]>): EngineBench {
    const b = new EngineBench(set);
    expect(b.desk.latencySeconds).toBe(0.3);
    if (loopUs !== null) b.latency(loopUs);
    b.quoting();
    return b;
  }

  test("moves the quote: what the price may do on the way is kept as distance", () => {
    const set = { volatilityFloorFrac: 2e-4 };
    const [setting, same, slow] = [null, 0.3 * S, 3 * S].map((loopUs) => quoteAt(loopUs, set)) as EngineBench[];
    const best = (b: EngineBench | undefined): number => b?.engine.quoter.bidBestFrac ?? 0;
    expect(best(same)).toBe(best(setting));
    expect(best(slow)).toBeGreaterThan(best(setting) * 1.3);
    expect(slow?.desk.latencySeconds).toBe(3);
  });

  test("moves the floor of the band, the verdict's inputs and what a reference has to be worth after it", () => {
    const set = { halfSpreadFixedFrac: 2e-4, volatilityPriorFrac: 1e-4, volatilityFloorFrac: 1e-4 };
    const lo = [0.3 * S, 3 * S].map((loopUs) => quoteAt(loopUs, set).engine.quoter.bidBand.lo) as [number, number];
    expect(lo[1]).toBeGreaterThan(lo[0]);
    const { engine } = quoteAt(3 * S, set);
    expect(engine.quoter.viabilityInputs(engine.board).latencySeconds).toBe(3);
  });
});

test("holds, commands, breakers, the measured loop and unpriced positions live through a snapshot", () => {
  const steps: ((b: EngineBench) => void)[] = [
    (b) => b.command("hold"),
    (b) => b.command("reduce"),
    (b) => b.command("pause"),
    (b) => b.latency(2 * S),
    (b) => b.position(b.engine.position.lots + 5),
    (b) => b.bbo(280_000, 280_020),
    (b) => b.position(50, true),
  ];
  for (const step of steps) {
    const b = long();
    step(b);
    const other = restore(new Desk([b.engine.params]), stateOf(b.desk));
    expect(hashOf(other)).toBe(hashOf(b.desk));
    expect(other.openBreakers(b.now)).toEqual(b.desk.openBreakers(b.now));
    expect([other.latencySeconds, other.isHeld]).toEqual([b.desk.latencySeconds, b.desk.isHeld]);
    const [engine, was] = [other.engines[0], b.engine] as [EngineBench["engine"], EngineBench["engine"]];
    expect(engine.equityUsd).toBe(was.equityUsd);
  }
});
