import { expect, test } from "bun:test";
import fc from "fast-check";
import { ACTION, BUY, SELL } from "../../../src/core/frame.ts";
import type { Slots } from "../../../src/core/order/slots.ts";
import { EngineBench, type Intent, S } from "../../fixtures/engine_bench.ts";
import { type OrderClient, OrderVenue, type Request } from "../../fixtures/order_venue.ts";

/** A whole desk that asks a venue which delays, repeats, loses and reorders what it says. */
class DeskClient implements OrderClient {
  readonly bench = new EngineBench({ halfSpreadFixedFrac: 2e-4, requoteFixedFrac: 0.5e-4, levelsMax: 3 });
  /** What was asked for and is not at the venue yet. */
  readonly asked: Request[] = [];
  #mid = 300_000;

  get slots(): Slots {
    return this.bench.engine.slots;
  }
  get position(): number {
    return this.bench.engine.position.lots;
  }
  order(cloid: number, status: number, leavesLots: number): void {
    this.take(this.bench.answer(cloid, status, leavesLots));
  }
  fill(cloid: number, side: number, lots: number, tid: number): void {
    this.take(this.bench.fill(cloid, side, this.#mid, lots, tid));
  }
  move(by: number): void {
    this.#mid += 10 * by;
    this.bench.now += S / 10;
    this.take(this.bench.bbo(this.#mid - 10, this.#mid + 10));
  }
  take(intents: readonly Intent[]): void {
    for (const { action, cloid, target, side, lots } of intents)
      this.asked.push({ action, cloid, target, side, lots: action === ACTION.cancel ? 0 : lots });
  }
}

const step = fc.record({
  what: fc.constantFrom(
    ...(["move", "move", "timer", "execute", "execute", "execute", "execute", "fill", "fill", "take away"] as const),
    ...(["deliver", "deliver", "deliver", "deliver", "deliver", "repeat", "time out", "reconnect", "pause"] as const),
  ),
  how: fc.constantFrom(...(["well", "well", "well", "well", "well", "lost", "mute", "rejected", "refused"] as const)),
  pick: fc.nat(1000),
  by: fc.integer({ min: -40, max: 40 }),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function act(venue: OrderVenue<DeskClient>, { what, how, pick, by }: Step): void {
  const { client } = venue;
  const { bench } = client;
  const any = (count: number): number => (pick % 2 === 0 ? 0 : (pick >> 1) % Math.max(1, count));
  if (what === "move") client.move(by);
  else if (what === "timer") client.take(bench.timer());
  else if (what === "execute") venue.execute(any(venue.requests.length), how);
  else if (what === "fill") venue.fill(pick, 1 + (pick % 40));
  else if (what === "take away") venue.takeAway(pick);
  else if (what === "deliver") venue.deliver(any(venue.messages.length), false);
  else if (what === "repeat") venue.deliver(pick % Math.max(1, venue.messages.length), true);
  else if (what === "time out") venue.timeOut(pick % Math.max(1, venue.unanswered.length));
  else if (what === "reconnect" && pick % 4 === 0) {
    client.take(bench.command("hold"));
    venue.requests.push(...client.asked.splice(0));
    venue.reconcile();
    // While the venue is asked what stands, nothing new is asked of it.
    expect(client.asked.every((request) => request.action === ACTION.cancel)).toBe(true);
    expect(client.position).toBe(venue.position);
    client.take(bench.command("release"));
  } else if (what === "pause" && pick % 8 === 0) {
    client.take(bench.command("pause"));
    client.take(bench.command("resume"));
  }
  venue.requests.push(...client.asked.splice(0));
}

test("the venue's worst case stays within the cap, whatever it fills, loses, repeats or says late", () => {
  let fills = 0;
  let orders = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 30, maxLength: 150 }), (steps) => {
      const venue = new OrderVenue(new DeskClient());
      const { client } = venue;
      const { exposure } = client.bench.engine;
      client.move(0);
      venue.requests.push(...client.asked.splice(0));
      for (const one of steps) {
        act(venue, one);
        for (const side of [BUY, SELL]) {
          expect(venue.worstLots(side)).toBeLessThanOrEqual(exposure.capLots);
          expect(venue.believedWorstLots(side)).toBeGreaterThanOrEqual(venue.worstLots(side));
        }
      }
      expect(exposure.maxRatio).toBeLessThanOrEqual(1);
      client.take(client.bench.stop());
      venue.requests.push(...client.asked.splice(0));
      venue.reconcile();
      expect(client.position).toBe(venue.position);
      fills += venue.fills.length;
      orders += venue.orders.size;
    }),
    { seed: 20251127, numRuns: 400 },
  );
  // It was about something.
  expect(fills).toBeGreaterThan(1_000);
  expect(orders).toBeGreaterThan(2_000);
}, 120_000);
