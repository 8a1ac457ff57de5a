/**
 * Orders a second at the local exchange: through its matching alone, and through the whole of an action from wire texts to booked money.
 * @module
 */
import { Prng } from "../../src/core/prng.ts";
import { LIMITER_RULES } from "../../src/sim/limits.ts";
import { VenueAccount } from "../../src/sim/venue/account.ts";
import { Clearing } from "../../src/sim/venue/clearing.ts";
import type { VenueListener } from "../../src/sim/venue/events.ts";
import { VenueMarket } from "../../src/sim/venue/market.ts";
import { Matching, ZERO_HASH } from "../../src/sim/venue/matching.ts";
import { OpenOrders } from "../../src/sim/venue/open_orders.ts";
import { Order } from "../../src/sim/venue/order.ts";
import type { ClearingPort } from "../../src/sim/venue/ports.ts";
import { VENUE_RULES } from "../../src/sim/venue/spec.ts";
import { Trading } from "../../src/sim/venue/trading.ts";
import type { OrderAction } from "../../src/wire/hyperliquid/action.ts";
import { conditions, nanoseconds } from "./support.ts";

/** Places for orders: each action takes one, cancels the order that rests there or places one, so that about half are taken. */
const SLOTS = 2_000;
const ACTIONS = 200_000;
const CROSS_FRAC = 0.06;
const MID_PX = 1_000_000;

const silent: VenueListener = {
  onTrade() {},
  onFill() {},
  onOrder() {},
  onNonUserCancel() {},
  onFunding() {},
  onLedger() {},
  onLiquidation() {},
  onBlock() {},
};
const spec = {
  coin: "AAA",
  szDecimals: 2,
  maxLeverage: 20,
  marginTiers: [],
  marginMode: "normal",
  growth: false,
  feeScale: null,
  oiCapUsd: 1e15,
  oraclePx: "100",
  fundingMultiplier: 1,
  fundingInterestFrac: 1e-4,
  impactNotionalUsd: 6e9,
} as const;

function venue() {
  const dex = { name: "", fullName: "", collateralToken: 0, feeScale: "0", totalOiCapUsd: 1e15, markets: [spec] };
  const market = new VenueMarket(0, 0, 0, dex, spec);
  const accounts = Array.from(
    { length: 8 },
    (_, i) => new VenueAccount({ address: `0x0${i}`, dexCount: 1, rules: LIMITER_RULES }),
  );
  let oid = 0;
  const host = {
    nowMs: () => 1_700_000_000_000,
    rules: { ...VENUE_RULES, openOrdersBase: 1e6, openOrdersMax: 1e6 },
    markets: [market],
    accounts: () => accounts,
    marketByAsset: () => market,
    nextOid: () => ++oid,
    listener: silent,
  };
  return { market, accounts, host };
}

/** What comes next, drawn before the clock starts. */
const draws = new Prng(1);
const stream = Array.from({ length: ACTIONS }, () => {
  const crosses = draws.unit() < CROSS_FRAC;
  const side: 1 | -1 = draws.below(2) === 0 ? 1 : -1;
  const awayPx = 100 * (1 + Math.floor(400 * draws.unit() ** 2));
  return {
    crosses,
    side,
    px: crosses ? MID_PX + side * 2_000 : MID_PX - side * awayPx,
    lots: (crosses ? 20 : 10) + draws.below(20),
    who: draws.below(8),
    slot: draws.below(SLOTS),
  };
});

interface Figures {
  ns: number;
  restingCount: number;
  levelCount: number;
  tradesFrac: number;
}

function matchingAlone(): Figures {
  const { market, accounts, host } = venue();
  let bookings = 0;
  const booking = { startLots: 0, dir: "Open Long", closedPnlUsd: 0, feeUsd: 0, builderFeeUsd: 0 };
  const free = {
    onRest() {},
    onUnrest() {},
    checkOrder: () => null,
    checkRestingFill: () => true,
    applyFill: () => {
      bookings++;
      return booking;
    },
  } as unknown as ClearingPort;
  const orders = new OpenOrders(host, free);
  const matching = new Matching(host, free, orders);
  const slots: (Order | undefined)[] = new Array(SLOTS).fill(undefined);
  let oid = 0;
  let calls = 0;
  const ns = nanoseconds(ACTIONS, () => {
    calls += ACTIONS;
    for (const one of stream) {
      const old = slots[one.slot];
      if (!one.crosses && old !== undefined && old.level !== null) {
        orders.end(old, "canceled");
        continue;
      }
      const order = new Order({
        oid: ++oid,
        account: accounts[one.who] as VenueAccount,
        market,
        side: one.side,
        px: one.px,
        lots: one.lots,
        tif: one.crosses ? "Ioc" : "Gtc",
        reduceOnly: false,
        cloid: null,
        timeMs: 0,
        builder: null,
        trigger: null,
      });
      matching.execute(order, order.px, !one.crosses, ZERO_HASH, null);
      if (!one.crosses) slots[one.slot] = order;
    }
  });
  // Each trade books two sides.
  return { ns, ...bookOf(market), tradesFrac: bookings / 2 / calls };
}

/** Orders and prices that rest. */
function bookOf(market: VenueMarket): { restingCount: number; levelCount: number } {
  const levels = [...market.book.bids, ...market.book.asks];
  return { restingCount: levels.reduce((sum, level) => sum + level.count, 0), levelCount: levels.length };
}

function wholeWay(): Figures {
  const { market, accounts, host } = venue();
  const clearing = new Clearing(host);
  for (const account of accounts) clearing.deposit(account, 0, 1e15);
  const trading = new Trading(host, clearing);
  const slots: { who: number; oid: number }[] = new Array(SLOTS).fill({ who: 0, oid: 0 });
  const actions = stream.map(
    (one): OrderAction => ({
      type: "order",
      orders: [
        {
          a: 0,
          b: one.side > 0,
          p: String(one.px / 1e4),
          s: String(one.lots / 100),
          r: false,
          t: { limit: { tif: one.crosses ? "Ioc" : "Gtc" } },
        },
      ],
      grouping: "na",
    }),
  );
  const ns = nanoseconds(ACTIONS, () => {
    for (let i = 0; i < ACTIONS; i++) {
      const one = stream[i] as (typeof stream)[number];
      const old = slots[one.slot] as (typeof slots)[number];
      const owner = accounts[old.who] as VenueAccount;
      if (!one.crosses && owner.orders.has(old.oid)) {
        trading.cancel(owner, { type: "cancel", cancels: [{ a: 0, o: old.oid }] });
        continue;
      }
      const reply = trading.order(accounts[one.who] as VenueAccount, actions[i] as OrderAction, ZERO_HASH);
      if (reply.status !== "ok" || reply.response.type !== "order") throw new Error("no order reply");
      const item = reply.response.data.statuses[0];
      if (typeof item === "object" && "resting" in item) slots[one.slot] = { who: one.who, oid: item.resting.oid };
    }
  });
  return { ns, ...bookOf(market), tradesFrac: Number.NaN };
}

const row = (name: string, { ns, restingCount, levelCount }: Figures): string =>
  `  ${name.padEnd(20)} ${(1e3 / ns).toFixed(2)} M actions/s (${ns.toFixed(0)} ns), ${restingCount} orders at ${levelCount} prices rest at the end`;
console.log(`exchange matching: ${conditions()}; one thread`);
const alone = matchingAlone();
const mix = `${100 * CROSS_FRAC} % IOC that cross, the rest places and cancels in equal parts`;
console.log(`  1 market, 8 accounts; ${mix}; ${(100 * alone.tradesFrac).toFixed(1)} trades per 100 actions`);
console.log(row("matching alone", alone));
console.log(row("wire texts to money", wholeWay()));
console.log(
  "  far anchor: exchange-core publishes 5 M operations/s: 1 book, 1,000 accounts, about 1,000 orders at 750 prices,",
);
console.log(
  "  82 % moves, 6 % cancels, 12 % orders, risk and matching on several cores, dual Xeon X5690 at 3.47 GHz (its README)",
);
