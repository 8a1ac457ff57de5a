import { describe, expect, test } from "bun:test";
import { BUY, FILL, FrameLane, KIND, ORDER, ORDER_STATUS, SELL } from "../../../src/core/frame.ts";
import { Lifecycle, UNKNOWN_GRACE_US } from "../../../src/core/order/lifecycle.ts";
import { NO_SLOT, SLOT, Slots } from "../../../src/core/order/slots.ts";

const lane = new FrameLane(4096);

function answer(cloid: number, status: number, leavesLots = 0, timeUs = 1): number {
  lane.clear();
  const at = lane.begin(KIND.order, ORDER.size, timeUs, timeUs, 0);
  lane.data[at + ORDER.cloid] = cloid;
  lane.data[at + ORDER.status] = status;
  lane.data[at + ORDER.leavesLots] = leavesLots;
  return at;
}

function fill(cloid: number, tid: number, lots: number, snapshot = 0): number {
  lane.clear();
  const at = lane.begin(KIND.fill, FILL.size, 1, 1, 0);
  lane.data[at + FILL.cloid] = cloid;
  lane.data[at + FILL.tid] = tid;
  lane.data[at + FILL.side] = BUY;
  lane.data[at + FILL.px] = 100;
  lane.data[at + FILL.lots] = lots;
  lane.data[at + FILL.snapshot] = snapshot;
  return at;
}

function resting(cloid = 1, lots = 10): { slots: Slots; life: Lifecycle; slot: number } {
  const slots = new Slots();
  const life = new Lifecycle(slots);
  const slot = slots.findEmpty();
  slots.place(slot, cloid, BUY, 100, lots, false, 0);
  life.onOrder(lane.data, answer(cloid, ORDER_STATUS.resting, lots));
  expect(slots.state[slot]).toBe(SLOT.resting);
  return { slots, life, slot };
}

describe("exposure of a slot", () => {
  test("counts in flight, both legs of a modify, cancelling and unknown in full", () => {
    const { slots, life, slot } = resting();
    expect(slots.sideExposureLots(BUY)).toBe(10);
    slots.modify(slot, 2, 99, 7, 1);
    expect(slots.sideExposureLots(BUY)).toBe(17);
    life.onOrder(lane.data, answer(2, ORDER_STATUS.resting, 7));
    expect(slots.sideExposureLots(BUY)).toBe(7);
    slots.cancel(slot, 2);
    expect(slots.sideExposureLots(BUY)).toBe(7);
    life.onOrder(lane.data, answer(2, ORDER_STATUS.missing));
    expect(slots.state[slot]).toBe(SLOT.unknown);
    expect(slots.sideExposureLots(BUY)).toBe(7);
    expect(slots.sideExposureLots(SELL)).toBe(0);
  });
});

describe("the race of cancel and fill", () => {
  test("a fill that beats its cancel counts once and frees the slot with the answer", () => {
    const { slots, life, slot } = resting();
    slots.cancel(slot, 1);
    expect(life.onFill(lane.data, fill(1, 77, 10))).toBe(10);
    expect(slots.state[slot]).toBe(SLOT.cancelling);
    life.onOrder(lane.data, answer(1, ORDER_STATUS.missing));
    expect(slots.state[slot]).toBe(SLOT.empty);
    expect(life.onFill(lane.data, fill(1, 77, 10))).toBe(0);
    expect(life.duplicateFillCount).toBe(1);
  });

  test("'already gone' without a fill waits for it at full size, and gives up after the grace time", () => {
    const { slots, life, slot } = resting();
    slots.cancel(slot, 1);
    life.onOrder(lane.data, answer(1, ORDER_STATUS.missing, 0, 50));
    expect(slots.exposureLots(slot)).toBe(10);
    life.onTimer(50 + UNKNOWN_GRACE_US);
    expect(slots.state[slot]).toBe(SLOT.unknown);
    life.onTimer(51 + UNKNOWN_GRACE_US);
    expect(slots.state[slot]).toBe(SLOT.empty);
  });

  test("'already gone' and then the fill frees the slot at once", () => {
    const { slots, life, slot } = resting();
    slots.cancel(slot, 1);
    life.onOrder(lane.data, answer(1, ORDER_STATUS.missing));
    expect(life.onFill(lane.data, fill(1, 5, 10))).toBe(10);
    expect(slots.state[slot]).toBe(SLOT.empty);
  });

  test("a fill of an order that no slot knows changes the position and is counted as late", () => {
    const { life } = resting();
    expect(life.onFill(lane.data, fill(999, 6, 3))).toBe(3);
    expect(life.lateFillCount).toBe(1);
  });

  test("a snapshot fill changes nothing", () => {
    const { slots, life, slot } = resting();
    expect(life.onFill(lane.data, fill(1, 5, 10, 1))).toBe(0);
    expect(slots.leavesLots[slot]).toBe(10);
  });
});

describe("modify", () => {
  test("refused by the limiter leaves the old order as it was", () => {
    const { slots, life, slot } = resting();
    slots.modify(slot, 2, 99, 10, 1);
    life.onOrder(lane.data, answer(2, ORDER_STATUS.refused));
    expect(slots.state[slot]).toBe(SLOT.resting);
    expect(slots.px[slot]).toBe(100);
    expect(life.refusedCount).toBe(1);
  });

  test("rejected loses the old order too", () => {
    const { slots, life, slot } = resting();
    slots.modify(slot, 2, 99, 10, 1);
    life.onOrder(lane.data, answer(2, ORDER_STATUS.rejected));
    expect(slots.find(1)).toBe(NO_SLOT);
    expect(slots.isEmpty).toBe(true);
  });

  test("of an order that filled on the way frees the slot with the answer", () => {
    const { slots, life, slot } = resting();
    slots.modify(slot, 2, 99, 10, 1);
    life.onFill(lane.data, fill(1, 8, 10));
    expect(slots.state[slot]).toBe(SLOT.modifying);
    life.onOrder(lane.data, answer(2, ORDER_STATUS.missing));
    expect(slots.isEmpty).toBe(true);
  });

  test("a fill of the replacement before its answer proves that it lives", () => {
    const { slots, life, slot } = resting();
    slots.modify(slot, 2, 99, 8, 1);
    life.onFill(lane.data, fill(2, 9, 3));
    expect(slots.state[slot]).toBe(SLOT.resting);
    expect(slots.leavesLots[slot]).toBe(5);
    expect(slots.px[slot]).toBe(99);
  });

  test("the old leg reported cancelled keeps waiting for the new one", () => {
    const { slots, life, slot } = resting();
    slots.modify(slot, 2, 99, 8, 1);
    life.onOrder(lane.data, answer(1, ORDER_STATUS.cancelled));
    expect(slots.sideExposureLots(BUY)).toBe(8);
    life.onOrder(lane.data, answer(2, ORDER_STATUS.resting, 8));
    expect(slots.state[slot]).toBe(SLOT.resting);
  });
});

describe("place", () => {
  const cases: [string, number, number][] = [
    ["rejected", ORDER_STATUS.rejected, SLOT.empty],
    ["refused", ORDER_STATUS.refused, SLOT.empty],
    ["filled at once", ORDER_STATUS.filled, SLOT.empty],
    ["cancelled by the venue", ORDER_STATUS.cancelled, SLOT.empty],
  ];
  test.each(cases)("%s frees the slot", (_name, status, state) => {
    const slots = new Slots();
    const life = new Lifecycle(slots);
    slots.place(0, 1, SELL, 100, 5, false, 0);
    life.onOrder(lane.data, answer(1, status));
    expect(slots.state[0]).toBe(state);
  });

  test("a partial fill before the answer leaves the rest resting", () => {
    const slots = new Slots();
    const life = new Lifecycle(slots);
    slots.place(0, 1, BUY, 100, 5, false, 0);
    life.onFill(lane.data, fill(1, 3, 2));
    life.onOrder(lane.data, answer(1, ORDER_STATUS.resting, 3));
    expect(slots.state[0]).toBe(SLOT.resting);
    expect(slots.leavesLots[0]).toBe(3);
  });

  test("an answer to a stranger is counted and changes nothing", () => {
    const slots = new Slots();
    const life = new Lifecycle(slots);
    life.onOrder(lane.data, answer(42, ORDER_STATUS.cancelled));
    expect(life.strayAnswerCount).toBe(1);
  });
});
