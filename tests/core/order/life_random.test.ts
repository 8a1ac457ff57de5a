import { expect, test } from "bun:test";
import fc from "fast-check";
import { BUY, SELL } from "../../../src/core/frame.ts";
import { SLOT, SLOT_COUNT } from "../../../src/core/order/slots.ts";
import { OrderWorld } from "../../fixtures/order_venue.ts";

const step = fc.record({
  what: fc.constantFrom(
    ...(["place", "place", "modify", "modify", "cancel", "execute", "execute", "execute", "fill", "fill"] as const),
    ...(["take away", "deliver", "deliver", "deliver", "deliver", "repeat", "time out", "reconcile"] as const),
  ),
  how: fc.constantFrom(...(["well", "well", "well", "well", "lost", "mute", "rejected", "refused"] as const)),
  pick: fc.nat(1000),
  lots: fc.integer({ min: 1, max: 9 }),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function act(world: OrderWorld, { what, how, pick, lots }: Step): void {
  const slot = pick % 4;
  // In order half of the time, and from anywhere else.
  const any = (count: number): number => (pick % 2 === 0 ? 0 : (pick >> 1) % Math.max(1, count));
  if (what === "place") {
    if (world.client.slots.limit < 4) world.place(pick % 3 === 0 ? BUY : SELL, lots);
  } else if (what === "modify") world.modify(slot, lots);
  else if (what === "cancel") world.cancel(slot);
  else if (what === "execute") world.execute(any(world.requests.length), how);
  else if (what === "fill") world.fill(pick, lots);
  else if (what === "take away") world.takeAway(pick);
  else if (what === "deliver") world.deliver(any(world.messages.length), false);
  else if (what === "repeat") world.deliver(pick % Math.max(1, world.messages.length), true);
  else if (what === "time out") world.timeOut(pick % Math.max(1, world.unanswered.length));
  // A lost connection is rare beside everything else.
  else if (pick % 4 === 0) world.reconcile();
}

/** What holds whatever was lost, repeated or late. */
function check(world: OrderWorld): void {
  const { slots } = world.client;
  for (const side of [BUY, SELL]) expect(world.believedWorstLots(side)).toBeGreaterThanOrEqual(world.worstLots(side));
  for (const order of world.orders.values()) if (order.isLive) expect(slots.find(order.cloid)).not.toBe(-1);
  for (let i = 0; i < SLOT_COUNT; i++) {
    const legs = [slots.cloid[i] as number, slots.nextCloid[i] as number];
    expect(legs.filter((cloid) => world.orders.get(cloid)?.isLive === true).length).toBeLessThanOrEqual(1);
    if (slots.state[i] === SLOT.empty) expect(slots.exposureLots(i)).toBe(0);
  }
}

/** After everything was asked for, what is believed is what is. */
function checkKnown(world: OrderWorld): void {
  const { slots, life } = world.client;
  expect(world.client.position).toBe(world.position);
  expect(world.client.unresolved).toEqual([]);
  let live = 0;
  for (let i = 0; i < SLOT_COUNT; i++) {
    if (slots.state[i] === SLOT.empty) continue;
    live += 1;
    expect(slots.state[i]).toBe(SLOT.resting);
    const order = world.orders.get(slots.cloid[i] as number);
    expect([order?.isLive, order?.lots]).toEqual([true, slots.leavesLots[i] as number]);
  }
  expect(live).toBe([...world.orders.values()].filter((order) => order.isLive).length);
  expect(life.unadoptedCount).toBe(0);
}

test("whatever is lost, repeated, late or out of order: exposure covers the venue's worst case, no fill is lost or booked twice", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 150 }), (steps) => {
      const world = new OrderWorld();
      for (const one of steps) {
        act(world, one);
        check(world);
      }
      world.reconcile();
      check(world);
      checkKnown(world);
    }),
    { seed: 20251125, numRuns: 3_000 },
  );
}, 60_000);

test("with every message delivered in the end nothing is left to ask for, but what was never answered", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 120 }), (steps) => {
      const world = new OrderWorld();
      for (const one of steps) {
        const isLoss = one.what === "reconcile" || one.how === "lost" || one.how === "mute";
        if (!isLoss) act(world, one);
      }
      while (world.requests.length > 0) world.execute(0, "well");
      while (world.messages.length > 0) world.deliver(0, false);
      check(world);
      checkKnown(world);
    }),
    { seed: 20251126, numRuns: 1_000 },
  );
}, 60_000);
