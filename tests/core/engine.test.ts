import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Desk } from "../../src/core/desk.ts";
import { ACTION, BUY, F, FrameLane, ORDER_STATUS, SELL } from "../../src/core/frame.ts";
import { REASON } from "../../src/core/reason.ts";
import { EngineBench, type Intent, S } from "../fixtures/engine_bench.ts";

const sides = (intents: Intent[]): number[] => intents.map((i) => i.side).sort();

describe("quoting", () => {
  test("the first touch brings one minimum order a side, behind the touch, on the grid", () => {
    const b = new EngineBench();
    const first = b.quoting();
    expect(sides(first)).toEqual([SELL, BUY]);
    for (const i of first) {
      expect(i.action).toBe(ACTION.place);
      expect(i.px * i.lots).toBeGreaterThanOrEqual(11.5e6);
      expect(i.px * i.lots).toBeLessThan(12e6);
      expect(i.side * (300_000 - i.px)).toBeGreaterThan(0);
    }
  });

  test("an order holds while its distance stays inside the band, and moves when it does not, by a modify", () => {
    const b = new EngineBench();
    b.quoting();
    expect(b.bbo(300_000, 300_020)).toEqual([]);
    const moved = b.bbo(300_600, 300_620);
    expect(moved.map((i) => i.action)).toEqual([ACTION.modify, ACTION.modify]);
    // The side that became too close is asked first.
    expect(moved[0]?.side).toBe(SELL);
  });

  test("nothing more is asked about an order while its answer is awaited", () => {
    const b = new EngineBench();
    b.quoting();
    expect(b.bbo(300_600, 300_620).length).toBe(2);
    expect(b.bbo(301_600, 301_620)).toEqual([]);
  });

  test("a crossed view is waited out; a stop takes every order away", () => {
    const b = new EngineBench();
    b.quoting();
    expect(b.bbo(300_100, 300_000)).toEqual([]);
    expect(b.engine.reason).toBe(REASON.crossed_book);
    b.bbo(299_990, 300_010);
    expect(b.stop().map((i) => i.action)).toEqual([ACTION.cancel, ACTION.cancel]);
    expect(b.bbo(299_990, 300_010)).toEqual([]);
  });

  test("a side of the book that empties takes our orders away", () => {
    const b = new EngineBench();
    b.quoting();
    const at = b.halfBook(299_990);
    expect(at.map((i) => i.action)).toEqual([ACTION.cancel, ACTION.cancel]);
    expect(b.engine.bidReason).toBe(REASON.no_book);
  });

  test("ten seconds of silence withdraw both orders", () => {
    const b = new EngineBench();
    b.quoting();
    expect(b.timer(9.5)).toEqual([]);
    // Another market's message breaks the silence of the connection.
    expect(b.timer(5, b.now + 4 * S)).toEqual([]);
    b.bbo(299_990, 300_010);
    expect(b.timer(9.5)).toEqual([]);
    expect(b.timer(1).map((i) => i.action)).toEqual([ACTION.cancel, ACTION.cancel]);
    expect(b.engine.bidReason).toBe(REASON.stale_feed);
  });

  test("with the budget spent both missing sides go in one slot, one filled waits for the next, and a cancel does not", () => {
    const b = new EngineBench();
    b.quota(10_500);
    const first = b.bbo(299_990, 300_010);
    expect(sides(first)).toEqual([SELL, BUY]);
    b.accept(first);
    const bid = first.find((i) => i.side === BUY) as Intent;
    expect(b.fill(bid.cloid, BUY, bid.px, bid.lots)).toEqual([]);
    expect(b.timer(1)).toEqual([]);
    expect(b.engine.sender.bidHeld).toBe(REASON.quota_spent);
    b.now += 11 * S;
    expect(sides(b.bbo(299_990, 300_010))).toEqual([BUY]);
    expect(b.stop().filter((i) => i.action === ACTION.cancel).length).toBe(1);
  });
});

describe("inventory", () => {
  test("a filled bid is placed again further down, and the ask comes closer", () => {
    const b = new EngineBench({ clipUsd: 24e6 });
    const [bid, ask] = b.quoting().sort((x, y) => y.side - x.side) as [Intent, Intent];
    b.fill(bid.cloid, BUY, bid.px, bid.lots);
    const next = [...b.timer(), ...b.bbo(299_990, 300_010)];
    expect(b.engine.position.lots).toBe(bid.lots);
    expect(b.engine.quoter.bidBestFrac).toBeGreaterThan(b.engine.quoter.askBestFrac);
    for (const i of next) if (i.side === BUY) expect(i.px).toBeLessThan(bid.px);
    expect(ask.px).toBeGreaterThan(300_000);
  });

  test("a burst of own fills leaves one minimum order on that side, twice the deepest fill further off", () => {
    const b = new EngineBench({ clipUsd: 12e6 });
    b.engine.board.viability.state = "viable";
    b.engine.board.viability.evaluate = () => {};
    b.timer();
    const first = b.bbo(299_990, 300_010);
    b.accept(first);
    const bids = first.filter((i) => i.side === BUY);
    expect(bids.length).toBeGreaterThan(2);
    const resting = (): number[] => {
      const { slots } = b.engine;
      return Array.from({ length: slots.limit }, (_, i) => i).filter(
        (i) => slots.side[i] === BUY && slots.state[i] !== 0,
      );
    };
    const fillBest = (): Intent[] => {
      const { slots } = b.engine;
      const best = resting().sort((x, y) => (slots.px[y] as number) - (slots.px[x] as number))[0] as number;
      const px = slots.px[best] as number;
      return b.fill(slots.cloid[best] as number, BUY, px, slots.leavesLots[best] as number);
    };
    b.accept(fillBest());
    const before = resting().length;
    b.now += S;
    const after = fillBest().filter((i) => i.side === BUY);
    expect(b.engine.burst.burstCount).toBe(1);
    // One decision: every order of the side but one is cancelled, and that one is moved away.
    expect(after.map((i) => i.action).sort()).toEqual([ACTION.modify, ...Array(before - 2).fill(ACTION.cancel)]);
    const moved = after.find((i) => i.action === ACTION.modify) as Intent;
    expect((300_000 - moved.px) / 300_000).toBeGreaterThan(b.engine.burst.addedFrac(BUY, b.now));
    expect(moved.px * moved.lots).toBeLessThan(12e6);
    b.accept(after);
    expect(resting().length).toBe(1);
    expect(b.engine.bidReason).toBe(REASON.none);
    expect(b.engine.slots.sideExposureLots(SELL)).toBeGreaterThan(0);
  });

  test("after a breaker only the reducing side stands, never larger than the position; a rest under ten dollars closes reduce-only", () => {
    const b = new EngineBench({ dailyLossUsd: 1e4 });
    const [bid] = b.quoting().filter((i) => i.side === BUY) as [Intent];
    b.accept(b.fill(bid.cloid, BUY, bid.px, bid.lots));
    b.accept(b.bbo(298_000, 298_020));
    b.accept(b.timer());
    expect(b.engine.bidReason).toBe(REASON.daily_loss);
    expect(b.engine.slots.sideExposureLots(BUY)).toBe(0);
    expect(b.engine.slots.sideExposureLots(SELL)).toBe(bid.lots);
    // A part of it fills: what is left is under the minimum, so it goes with reduce-only.
    const rest = 10;
    const slot = b.engine.slots;
    const ask = Array.from({ length: slot.limit }, (_, i) => i).find(
      (i) => slot.side[i] === SELL && slot.state[i] !== 0,
    ) as number;
    b.fill(slot.cloid[ask] as number, SELL, slot.px[ask] as number, bid.lots - rest);
    expect(b.engine.position.lots).toBe(rest);
    b.bbo(298_000, 298_020);
    expect(b.engine.quoter.reduceOnly).toBe(true);
    expect(b.engine.quoter.asks.lots[0]).toBe(rest);
  });

  test("the cap holds whatever the venue answers: any order of grants, rejections, refusals, fills and moves", () => {
    const step = fc.record({
      what: fc.constantFrom("move", "move", "timer", "grant", "reject", "refuse", "missing", "fill", "part"),
      pick: fc.nat(50),
      by: fc.integer({ min: -40, max: 40 }),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 10, maxLength: 120 }), (steps) => {
        const b = new EngineBench({ halfSpreadFixedFrac: 2e-4, requoteFixedFrac: 0.5e-4, levelsMax: 3 });
        let mid = 300_000;
        const waiting: Intent[] = [...b.bbo(mid - 10, mid + 10)];
        for (const s of steps) {
          const i = waiting[s.pick % Math.max(1, waiting.length)];
          if (s.what === "move") {
            mid += 10 * s.by;
            waiting.push(...b.bbo(mid - 10, mid + 10));
          } else if (s.what === "timer") waiting.push(...b.timer());
          else if (i !== undefined && s.what !== "fill" && s.what !== "part") {
            waiting.splice(waiting.indexOf(i), 1);
            const granted = i.action === ACTION.cancel ? ORDER_STATUS.cancelled : ORDER_STATUS.resting;
            const status = {
              grant: granted,
              reject: ORDER_STATUS.rejected,
              refuse: ORDER_STATUS.refused,
              missing: ORDER_STATUS.missing,
            }[s.what];
            if (s.what === "reject" && i.action === ACTION.cancel) continue;
            waiting.push(...b.answer(i.cloid, status as number, i.lots));
            const isOver = s.what === "grant" || s.what === "missing" || s.what === "reject";
            if (i.action === ACTION.modify && isOver) waiting.push(...b.answer(i.target, ORDER_STATUS.settled));
            else if (s.what === "missing") waiting.push(...b.answer(i.cloid, ORDER_STATUS.settled));
          } else {
            const slots = b.engine.slots;
            for (let slot = 0; slot < slots.limit; slot++) {
              const leaves = slots.leavesLots[slot] as number;
              if (slots.state[slot] === 0 || leaves === 0) continue;
              const lots = s.what === "part" ? Math.ceil(leaves / 2) : leaves;
              waiting.push(
                ...b.fill(slots.cloid[slot] as number, slots.side[slot] as number, slots.px[slot] as number, lots),
              );
              break;
            }
          }
          const { exposure, position } = b.engine;
          expect(exposure.worstLots(BUY)).toBeLessThanOrEqual(exposure.capLots);
          expect(exposure.worstLots(SELL)).toBeLessThanOrEqual(exposure.capLots);
          expect(Math.abs(position.lots)).toBeLessThanOrEqual(exposure.capLots);
        }
      }),
      { seed: 20250904, numRuns: 300 },
    );
  });
});

test("a raw lane is refused where approved intents are wanted", () => {
  const send = (_intents: Desk["intents"]): void => {};
  // @ts-expect-error only the desk's senders make approved intents
  send(new FrameLane(8));
  expect(F.market).toBe(5);
});
