import { expect, test } from "bun:test";
import { Desk } from "../../src/core/desk.ts";
import { FrameLane, KIND, TIMER, TIMER_GRID_US } from "../../src/core/frame.ts";
import { writeInstrument } from "../../src/core/market/instrument.ts";
import { loadConfig, resolveParams } from "../../src/io/config.ts";

const MARKETS = 50;

test("fifty markets are judged one a timer, each once in half a minute", () => {
  const config = { file: null, set: ["capital_usd=5000"], env: {}, profile: null };
  const { params } = resolveParams(config, loadConfig(null), "BTC", MARKETS, 10);
  const desk = new Desk(Array.from({ length: MARKETS }, () => params));
  const lane = new FrameLane(64);
  const judged: number[][] = [];
  let now: number[] = [];
  desk.engines.forEach((engine, market) => {
    engine.board.viability.evaluate = () => {
      now.push(market);
    };
    lane.clear();
    const facts = {
      szDecimals: 2,
      maxLeverage: 10,
      assetId: market,
      makerFeeFrac: 1e-4,
      takerFeeFrac: 3e-4,
      growth: false,
      creditRatio: 1,
      delisted: false,
      isolatedOnly: false,
      minNotionalUsd: 10_000_000,
    };
    desk.on(lane.data, writeInstrument(lane, 0, market, facts, market + 1));
  });
  for (let i = 1; i <= 4 * 120; i++) {
    lane.clear();
    const at = lane.begin(KIND.timer, TIMER.size, i * TIMER_GRID_US, i * TIMER_GRID_US, -1);
    lane.data[at + TIMER.connectionUs] = i * TIMER_GRID_US;
    now = [];
    desk.on(lane.data, at);
    judged.push(now);
  }
  // The first verdict says that nothing was seen and costs nothing.
  expect(judged[0]?.length).toBe(MARKETS);
  expect(Math.max(...judged.slice(1).map((markets) => markets.length))).toBe(1);
  const times = (market: number): number[] => judged.flatMap((markets, i) => (markets.includes(market) ? [i] : []));
  expect(times(0)).toEqual([0, 120, 240, 360]);
  expect(times(49)).toEqual([0, 169, 289, 409]);
});
