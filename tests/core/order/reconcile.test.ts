import { describe, expect, test } from "bun:test";
import { ACTION, BUY } from "../../../src/core/frame.ts";
import { addSideCandidates, Candidates } from "../../../src/core/order/reconcile.ts";
import { SLOT } from "../../../src/core/order/slots.ts";
import { Ladder } from "../../../src/core/quote/ladder.ts";
import { LifeBench } from "../../fixtures/order_life.ts";

/** Actions that one wanted bid of 10 lots leads to, by what was said of the slots before. */
function wanted(px: number, ...lines: string[]): { actions: number[]; state: number } {
  const b = new LifeBench();
  for (const line of lines) b.say(line);
  const ladder = new Ladder();
  ladder.count = 1;
  ladder.px[0] = px;
  ladder.lots[0] = 10;
  const out = new Candidates();
  const band = { bestFrac: 0, kappaPerFrac: 1, bandLo: -1e9, bandHi: 1e9, requoteFixedFrac: 0 };
  addSideCandidates(out, b.slots, ladder, { side: BUY, fairPx: 101, ...band, trim: false, grows: false });
  return { actions: [...out.action.slice(0, out.count)], state: b.slots.state[0] as number };
}

describe("an order whose replacement has no answer", () => {
  const doubt = ["place A 10", "A resting", "modify A B 10", "B timed_out"];

  test("does not serve a level while nobody knows whether it rests", () => {
    expect(wanted(100, ...doubt)).toEqual({ actions: [ACTION.place], state: SLOT.unknown });
  });

  test("serves the level at its own price once it is known to rest: no second order beside it", () => {
    expect(wanted(100, ...doubt, "A resting")).toEqual({ actions: [], state: SLOT.unknown });
  });

  test("serves no other price: not that of the order in doubt, and it is not moved", () => {
    for (const px of [99, 98])
      expect(wanted(px, ...doubt, "A resting")).toEqual({ actions: [ACTION.place], state: SLOT.unknown });
  });

  test("is an order like any other when the one in doubt is settled", () => {
    expect(wanted(98, ...doubt, "A resting", "B settled")).toEqual({ actions: [], state: SLOT.resting });
  });
});
