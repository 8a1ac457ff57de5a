import { describe, expect, test } from "bun:test";
import { Prng } from "../../../src/core/prng.ts";
import type { VenueAccount } from "../../../src/sim/venue/account.ts";
import type { VenueListener } from "../../../src/sim/venue/events.ts";
import type { VenueMarket } from "../../../src/sim/venue/market.ts";
import { Venue } from "../../../src/sim/venue/venue.ts";
import type { ActionReply, WireTif } from "../../../src/wire/hyperliquid/action.ts";
import { formatPlain } from "../../../src/wire/hyperliquid/format.ts";
import { venueSpec } from "../../fixtures/venue.ts";

const TIFS: readonly WireTif[] = ["Alo", "Gtc", "Ioc"];

/** A venue that writes down all it tells, but for hashes. */
class Told {
  readonly venue = new Venue(venueSpec());
  readonly lines: string[] = [];
  readonly market: VenueMarket = this.venue.markets[0] as VenueMarket;
  readonly accounts: VenueAccount[];

  constructor() {
    this.accounts = [1, 2].map((i) => this.venue.houseAccount(`0x${String(i).repeat(40)}`));
    this.accounts.push(this.venue.fund(`0x${"3".repeat(40)}`, 0, 5_000e6));
    for (const account of this.accounts.slice(0, 2)) this.venue.fund(account.address, 0, 1_000_000e6);
    const { lines } = this;
    const listener: VenueListener = {
      onTrade: (t) => lines.push(`trade ${t.side} ${t.px} ${t.lots} ${t.tid} ${t.buyer} ${t.seller}`),
      onFill: (f) => lines.push(`fill ${f.account.address} ${f.side} ${f.px} ${f.lots} ${f.oid} ${f.feeUsd} ${f.dir}`),
      onOrder: (o, status, lots) => lines.push(`order ${o.oid} ${status} ${o.px} ${lots} ${o.tif}`),
      onNonUserCancel: (o) => lines.push(`cancel ${o.oid}`),
      onFunding: () => {},
      onLedger: () => {},
      onLiquidation: () => {},
      onBlock: (timeMs) => lines.push(`block ${timeMs}`),
    };
    this.venue.listen(listener);
  }
}

interface Step {
  account: number;
  side: 1 | -1;
  px: number;
  lots: number;
  tif: WireTif;
  /** Cancels the oldest order of the account instead. */
  cancels: boolean;
}

/** The same step by the wire and in numbers; what is answered. */
function byWire(told: Told, step: Step, answer: (text: string) => void): void {
  const { venue, market } = told;
  const account = told.accounts[step.account] as VenueAccount;
  const onReply = (reply: ActionReply): void => answer(textOf(reply));
  const oldest = account.orders.keys().next().value;
  if (step.cancels) {
    if (oldest !== undefined)
      venue.submitHouse({ account, action: { type: "cancel", cancels: [{ a: market.assetId, o: oldest }] } });
    return;
  }
  const p = formatPlain(step.px, market.pxDecimals);
  const s = formatPlain(step.lots, market.szDecimals);
  const order = { a: market.assetId, b: step.side > 0, p, s, r: false, t: { limit: { tif: step.tif } } };
  venue.submitHouse({ account, action: { type: "order", orders: [order], grouping: "na" }, onReply });
}

function byNumbers(told: Told, step: Step, answer: (text: string) => void): void {
  const { venue, market } = told;
  const account = told.accounts[step.account] as VenueAccount;
  if (step.cancels) {
    const oldest = [...account.orders.values()][0];
    if (oldest !== undefined) venue.submitTurn({ run: () => venue.trading.cancelHouse(oldest) }, 1);
    return;
  }
  const { side, px, lots, tif } = step;
  const run = (): void => {
    const placed = venue.trading.placeHouse(account, market, side, px, lots, tif, venue.nextHash());
    answer(typeof placed === "string" ? placed : placed.filledLots > 0 ? "filled" : "resting");
  };
  venue.submitTurn({ run }, tif === "Alo" ? 0 : 2);
}

function textOf(reply: ActionReply): string {
  if (reply.status === "err") return reply.response;
  if (reply.response.type !== "order") return "";
  const status = reply.response.data.statuses[0];
  if (typeof status !== "object") return String(status);
  if ("error" in status) return status.error;
  return "resting" in status ? "resting" : "filled";
}

describe("orders of the house in numbers", () => {
  test.each([1, 2, 3, 4, 5])("are what the same orders are on the wire: events, fees, refusals, seed %p", (seed) => {
    const random = new Prng(seed);
    const wire = new Told();
    const numbers = new Told();
    const answers: [string[], string[]] = [[], []];
    for (let i = 0; i < 400; i++) {
      for (let n = random.below(4); n > 0; n--) {
        // Prices on and off the grid, far away and nowhere; sizes of nothing, too small, and larger than a small account carries.
        const spread = [3, 300, 20_000_000][random.below(12) < 10 ? 0 : 1 + random.below(2)] as number;
        const px = Math.max(0, 300_000 + (random.below(2 * spread) - spread) * (random.below(10) === 0 ? 1 : 10));
        const lots = [0, 10, 200, 4_000, 900_000][random.below(5)] as number;
        const tif = TIFS[random.below(3)] as WireTif;
        const step: Step = {
          account: random.below(3),
          side: random.unit() < 0.5 ? 1 : -1,
          px,
          lots,
          tif,
          cancels: random.below(4) === 0,
        };
        byWire(wire, step, (text) => answers[0].push(text));
        byNumbers(numbers, step, (text) => answers[1].push(text));
      }
      wire.venue.step();
      numbers.venue.step();
    }
    expect(numbers.lines).toEqual(wire.lines);
    expect(answers[1]).toEqual(answers[0]);
    // Of everything there was enough.
    for (const word of ["trade", "fill", "Rejected", "canceled", "open"])
      expect(wire.lines.filter((line) => line.includes(word)).length).toBeGreaterThan(20);
    expect(new Set(answers[0]).size).toBeGreaterThan(6);
  });

  test("a turn has its place among the actions of its class", () => {
    const { venue, accounts, market, lines } = new Told();
    const [maker, taker] = accounts as [VenueAccount, VenueAccount];
    const place = (account: VenueAccount, side: 1 | -1, tif: WireTif): void => {
      const run = (): void => {
        venue.trading.placeHouse(account, market, side, 300_000, 100, tif, venue.nextHash());
      };
      venue.submitTurn({ run }, tif === "Alo" ? 0 : 2);
    };
    place(taker, 1, "Ioc");
    place(maker, -1, "Alo");
    venue.step();
    expect(lines.filter((line) => line.startsWith("trade")).length).toBe(1);
    // A cancel comes before a taker and after what rests.
    place(taker, 1, "Ioc");
    venue.submitTurn({ run: () => venue.trading.cancelAll(maker, "canceled") }, 1);
    place(maker, -1, "Alo");
    venue.step();
    expect(lines.filter((line) => line.startsWith("trade")).length).toBe(1);
  });
});
