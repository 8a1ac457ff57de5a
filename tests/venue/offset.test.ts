import { describe, expect, test } from "bun:test";
import { OffsetEstimate } from "../../src/venue/hyperliquid/offset.ts";
import { Hand } from "../fixtures/hand.ts";
import { json } from "../fixtures/net.ts";
import { makeWorld } from "../fixtures/world.ts";

const ms = (offset: number, error: number): { offsetUs: number; errorUs: number } => ({
  offsetUs: offset * 1000,
  errorUs: error * 1000,
});

describe("the venue's clock", () => {
  test("is known by the shortest way of the last eight", () => {
    const estimate = new OffsetEstimate();
    expect(estimate.best).toBe(null);
    estimate.add(ms(10, 40));
    estimate.add(ms(-55, 120));
    expect(estimate.best).toEqual(ms(10, 40));
    estimate.add(ms(4, 30));
    expect(estimate.best).toEqual(ms(4, 30));
    for (let i = 0; i < 8; i++) estimate.add(ms(20 + i, 90));
    expect(estimate.best).toEqual(ms(27, 90));
  });

  test("that was set, or ours, is known by the newest alone", () => {
    const estimate = new OffsetEstimate();
    estimate.add(ms(5, 30));
    estimate.add(ms(400, 100));
    expect(estimate.best).toEqual(ms(400, 100));
  });
});

test("a clock that goes wrong during a run is told when it does, once, and a question unanswered ends nothing", async () => {
  const world = makeWorld(4, 30);
  const hand = new Hand(world);
  const { answer } = hand.net;
  let offsetMs = 0;
  hand.net.answer = (request) => {
    if (request.type !== "exchangeStatus") return answer(request);
    if (Number.isNaN(offsetMs)) return json(null, 422);
    return json({ time: Math.floor(hand.clock.nowUs() / 1000) + offsetMs });
  };
  await hand.turn();
  hand.net.socket.accept();
  const push = world.pushes.find((p) => p.text.includes('"bbo"'))?.text as string;
  for (offsetMs of [0, Number.NaN, 1_500, 1_510, 0]) {
    for (let i = 0; i < 13; i++) await hand.at(hand.clock.nowUs() + 5e6, push);
  }
  const told = hand.notes.filter((note) => note.startsWith("clock_skew"));
  expect(told).toEqual(["clock_skew: this machine's clock is 1.5 s behind the venue's: set it"]);
  await hand.stop();
  expect(await hand.done).toBe(null);
});
