import { describe, expect, test } from "bun:test";
import { Funding, fundingRate, paymentUsd } from "../../../src/sim/venue/funding.ts";
import { MARKETS, MoneyWorld, marketSpec, setBook, USD } from "./money_world.ts";

const PX = 1_000_000;
const HOUR_MS = 3_600_000;

describe("the rate", () => {
  test.each([
    // HIP-3, premium, multiplier, interest, clamp, rate
    ["no premium: interest", false, 0, 1, 0.0001, undefined, 0.0000125],
    ["a small premium does not matter", false, 0.0005, 1, 0.0001, undefined, 0.0000125],
    ["a large one less the bound", false, 0.002, 1, 0.0001, undefined, (0.002 - 0.0005) / 8],
    ["a large negative one", false, -0.002, 1, 0.0001, undefined, (-0.002 + 0.0005) / 8],
    ["the main dex knows no multiplier", false, 0, 3, 0.0001, undefined, 0.0000125],
    ["XYZ100: half of it", true, 0, 0.5, 0.0001, undefined, 0.00000625],
    ["HIP-3 has a bound of its own", true, 0.002, 1, 0.0001, undefined, (0.002 - 0.0003) / 8],
    ["which the deployer may set", true, 0.002, 1, 0.0001, 0.001, (0.002 - 0.001) / 8],
    ["and the interest", true, 0, 1, -0.0002, undefined, -0.0002 / 8],
    ["times ten", true, 0.01, 10, 0, undefined, (10 * (0.01 - 0.0003)) / 8],
    ["at most 4 % an hour", false, 0.9, 1, 0.0001, undefined, 0.04],
    ["either way", true, -0.9, 10, 0.0001, undefined, -0.04],
  ] as const)("%s", (_, isHip3, premium, multiplier, interest, clamp, rate) => {
    const over = { fundingMultiplier: multiplier, fundingInterestFrac: interest };
    const spec = marketSpec("F", clamp === undefined ? over : { ...over, fundingClampFrac: clamp });
    expect(fundingRate(spec, isHip3, premium)).toBeCloseTo(rate, 15);
  });
});

test.each([
  // XYZ100: -15 at 25369 and 0.00000625 received 2.378343
  [-150_000, 253_690, 0.00000625, 237_834],
  [-150_000, 2_536_900, 0.00000625, 2_378_343],
  [150_000, 2_536_900, 0.00000625, -2_378_344],
  [100, 1_000_000, 0.00001, -1_000],
  [100, 1_000_000, 0, 0],
])("%d lots at %d and %d receive %d micro-dollars", (lots, px, rate, usd) => {
  expect(paymentUsd(lots, px, rate)).toBe(usd);
});

function world(): { world: MoneyWorld; funding: Funding; to: (ms: number) => void } {
  const w = new MoneyWorld();
  w.now = Math.floor(w.now / HOUR_MS) * HOUR_MS + 1_000;
  for (const account of w.all)
    for (let dex = 0; dex < MARKETS.length; dex++) w.clearing.deposit(account, dex, 10_000 * USD);
  const funding = new Funding(w, w.clearing);
  const to = (ms: number): void => {
    w.now += ms;
    funding.onBlock();
  };
  return { world: w, funding, to };
}

test("is sampled each five seconds, averaged over the hour, and paid with the hour's first block", () => {
  const { world: w, funding, to } = world();
  const market = w.market(0);
  w.trade(w.user(1), w.user(2), market, 1, PX, 300);
  setBook(market, [[PX * 1.001, 1e6]], [[PX * 1.002, 1e6]]);
  to(3_999);
  expect(market.premiumFrac).toBeNull();
  to(1);
  expect(market.premiumFrac).toBeCloseTo(0.001, 12);
  setBook(market, [[PX * 1.003, 1e6]], [[PX * 1.004, 1e6]]);
  to(5_000);
  const rate = (0.002 - 0.0005) / 8;
  expect(market.fundingFrac).toBeCloseTo(rate, 15);
  // A thin book gives no sample.
  setBook(market, [], []);
  to(5_000);
  expect(market.premiumFrac).toBeNull();
  expect(market.fundingFrac).toBeCloseTo(rate, 15);
  market.oraclePx = PX + 10_000;
  const before = w.user(1).dex(0).cashUsd;
  to(HOUR_MS - 15_000 + 50);
  expect(funding.history(market)).toEqual([
    { timeMs: w.now, rateFrac: expect.closeTo(rate, 15), premiumFrac: expect.closeTo(0.002, 15) },
  ]);
  const paid = Math.ceil(300 * (PX + 10_000) * rate - 1e-4);
  expect(w.user(1).dex(0).cashUsd).toBe(before - paid);
  expect(w.fundings.map((f) => [f.account.address, f.usd, f.lots])).toEqual([
    ["0xb", -paid, 300],
    ["0xc", expect.any(Number), -300],
  ]);
  // A new hour begins from nothing.
  expect(market.premiumFrac).toBeNull();
  to(5_000);
  expect(market.fundingFrac).toBeCloseTo(0.0000125, 15);
  setBook(market, [[market.oraclePx * 1.004, 1e6]], [[market.oraclePx * 1.005, 1e6]]);
  to(5_000);
  expect(market.fundingFrac).toBeCloseTo((0.004 - 0.0005) / 8, 15);
  expect(funding.history(market)).toHaveLength(1);
});

test("the premium of a HIP-3 market is measured from the oracle, not from the mark", () => {
  const { world: w, to } = world();
  const market = w.market(3);
  market.markPx = PX * 1.01;
  setBook(market, [[PX * 1.001, 1e6]], [[PX * 1.003, 1e6]]);
  to(5_000);
  expect(market.premiumFrac).toBeCloseTo(0.002, 12);
});

test("goes into an isolated position's own cash, and what rounding holds back into the fees", () => {
  const { world: w, to } = world();
  const market = w.market(2);
  w.trade(w.user(1), w.user(2), market, 1, PX + 1, 7);
  w.trade(w.user(1), w.house, market, 1, PX + 1, 4);
  market.oraclePx = PX + 1 / 3;
  const before = [w.user(1), w.user(2)].map((u) => [u.dex(1).cashUsd, u.position(market)?.rawUsd as number]);
  const fees = w.clearing.ledger(1).feesUsd;
  to(HOUR_MS);
  const after = [w.user(1), w.user(2)].map((u) => [u.dex(1).cashUsd, u.position(market)?.rawUsd as number]);
  // 0.0000125 of 11, of 7 and of 4 units of 1,000,000.3: each is rounded down.
  expect(after[0]).toEqual([before[0]?.[0] as number, (before[0]?.[1] as number) - 138]);
  expect(after[1]).toEqual([before[1]?.[0] as number, (before[1]?.[1] as number) + 87]);
  expect(w.clearing.ledger(1).feesUsd).toBe(fees + 138 - 87 - 50);
  expect(w.leakUsd(1)).toBe(0);
  const position = w.user(1).position(market);
  expect([position?.fundingSinceOpenUsd, position?.fundingSinceChangeUsd]).toEqual([-138, -138]);
  w.trade(w.user(1), w.house, market, -1, PX, 1);
  expect([position?.fundingSinceOpenUsd, position?.fundingSinceChangeUsd]).toEqual([-138, 0]);
  w.trade(w.user(1), w.house, market, -1, PX, 10);
  expect(w.clearing.terms(w.user(1), market).fundingAllTimeUsd).toBe(-138);
});

test("a market that is halted or gone is not funded; the history is bounded", () => {
  const { world: w, funding, to } = world();
  w.market(0).halted = true;
  w.market(1).delisted = true;
  for (let i = 0; i < 1_010; i++) to(HOUR_MS);
  expect(w.markets.map((m) => funding.history(m).length)).toEqual([0, 0, 1_000, 1_000, 1_000]);
  expect(funding.history(w.market(2)).at(-1)?.timeMs).toBe(w.now);
});
