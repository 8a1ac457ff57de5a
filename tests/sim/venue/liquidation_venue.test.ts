import { expect, test } from "bun:test";
import type { Action } from "../../../src/wire/hyperliquid/action.ts";
import { Bench, limit, oidOf, START_MS } from "../../fixtures/venue.ts";

const CHAIN = { signatureChainId: "0x1", hyperliquidChain: "Mainnet" } as const;

/** A taker of 300 AAA at $30 with $1,000, a maker who bids for more below, and the mark brought down to `mark`. */
function fallen(mark: string, bidSize: string, bench = new Bench()): Bench {
  const maker = bench.account("a");
  const taker = bench.account("b", 1_000_000_000);
  bench.place(maker, limit(0, "sell", "300", "30"));
  bench.place(taker, limit(0, "buy", "300", "30"));
  // Far below everything, so that it does not trade before it is cancelled.
  expect(oidOf(bench.place(taker, limit(0, "buy", "1", "20")))).toBeGreaterThan(0);
  bench.place(maker, limit(0, "buy", bidSize, mark));
  bench.place(maker, limit(0, "sell", "1", String(Number(mark) + 0.01)));
  bench.told.lines.length = 0;
  bench.told.fills.length = 0;
  bench.venue.marks.setOracle(bench.venue.markets[0]!, Number(mark) * 1e4);
  // Forty-two seconds: oracle and local mark agree, so the mark is there with its next update.
  bench.steps(600);
  return bench;
}

test("a liquidation on the book: orders end, both fills say so, the rest of the money stays", () => {
  const bench = fallen("28", "400");
  const taker = bench.venue.accountOf(`0x${"b".repeat(40)}`);
  expect(taker.positionLots(bench.venue.markets[0]!)).toBe(0);
  expect(taker.orders.size).toBe(0);
  const names = bench.told.lines.map((line) => line.split(" ")[0]).filter((name) => name !== "funding");
  expect(names).toEqual(["order", "nonUserCancel", "order", "trade", "fill", "fill", "order", "liquidation", "ledger"]);
  expect(bench.told.lines[0]).toContain("liquidatedCanceled 100");
  expect(bench.told.fills.map((f) => [f.dir, f.liquidation?.method, f.liquidation?.liquidatedUser, f.crossed])).toEqual(
    [
      ["Liquidated Cross Long", "market", taker.address, true],
      ["Close Short", "market", taker.address, false],
    ],
  );
  expect(taker.dex(0).cashUsd).toBeGreaterThan(0);
});

test("a fall past two thirds of maintenance: the backstop has the position and the money", () => {
  const bench = fallen("26.7", "0.5");
  const [market] = bench.venue.markets;
  const taker = bench.venue.accountOf(`0x${"b".repeat(40)}`);
  const backstop = bench.venue.accountOf(`0x4${"0".repeat(39)}`);
  expect([taker.positionLots(market!), taker.dex(0).cashUsd]).toEqual([0, 0]);
  expect(backstop.positionLots(market!)).toBe(30_000);
  expect(bench.told.fills.map((f) => f.dir)).toEqual(["Liquidated Cross Long", "Open Long"]);
  expect(bench.told.fills.every((f) => f.liquidation?.method === "backstop")).toBe(true);
});

test("money that somebody sent to the backstop before it was needed does not make it a user's", () => {
  const bench = new Bench();
  const destination = `0x4${"0".repeat(39)}`;
  const send: Action = { ...CHAIN, type: "usdSend", destination, amount: "5", time: START_MS + 1 };
  expect(bench.act(bench.account("c"), send).status).toBe("ok");
  const [market] = fallen("26.7", "0.5", bench).venue.markets;
  expect(bench.venue.accountOf(destination).positionLots(market!)).toBe(30_000);
});
