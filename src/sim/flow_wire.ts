/**
 * What a generated market says, in the venue's words.
 * @module
 */
import { PERP_DECIMALS, US_PER_MS } from "../core/units.ts";
import { formatLots, formatPx } from "../wire/hyperliquid/format.ts";
import type { FlowBook, FlowLevel, FlowPrint } from "./flow_book.ts";

/** A coin as the wire names and scales it. */
export interface WireCoin {
  coin: string;
  szDecimals: number;
}

const px = (c: WireCoin, value: number): string => formatPx(value, PERP_DECIMALS - c.szDecimals);

function level(c: WireCoin, l: FlowLevel): string {
  return `{"px":"${px(c, l.px)}","sz":"${formatLots(l.lots, c.szDecimals)}","n":${1 + (l.lots % 3)}}`;
}

/** The touch of a book as a `bbo` push. */
export function bboPush(c: WireCoin, timeUs: number, book: FlowBook): string {
  const bid = level(c, book.bids[0] as FlowLevel);
  const ask = level(c, book.asks[0] as FlowLevel);
  return `{"channel":"bbo","data":{"coin":"${c.coin}","time":${timeUs / US_PER_MS},"bbo":[${bid},${ask}]}}`;
}

/** The first levels of a book as an `l2Book` push, in its plain or its fast form. */
export function bookPush(c: WireCoin, timeUs: number, book: FlowBook, levels: number, fast: boolean): string {
  const side = (s: readonly FlowLevel[]): string =>
    s
      .slice(0, levels)
      .map((l) => level(c, l))
      .join(",");
  const tail = fast ? ',"fast":true' : "";
  const head = `{"channel":"l2Book","data":{"coin":"${c.coin}","time":${timeUs / US_PER_MS}`;
  return `${head},"levels":[[${side(book.bids)}],[${side(book.asks)}]]${tail}}}`;
}

/** A print with its block time and id. */
export interface WirePrint extends FlowPrint {
  timeUs: number;
  tid: number;
}

/** Prints as one `trades` push. */
export function tradesPush(c: WireCoin, prints: readonly WirePrint[]): string {
  const one = (p: WirePrint): string => {
    const side = p.side > 0 ? "B" : "A";
    const hash = p.tid.toString(16).padStart(64, "0");
    return (
      `{"coin":"${c.coin}","side":"${side}","px":"${px(c, p.px)}","sz":"${formatLots(p.lots, c.szDecimals)}",` +
      `"time":${p.timeUs / US_PER_MS},"hash":"0x${hash}","tid":${p.tid},"users":["0x${hash.slice(24)}","0x${hash.slice(24)}"]}`
    );
  };
  return `{"channel":"trades","data":[${prints.map(one).join(",")}]}`;
}

/** Oracle and mark (price units) as an `activeAssetCtx` push. */
export function contextPush(c: WireCoin, oracle: number, mark: number): string {
  const o = px(c, Math.round(oracle));
  const m = px(c, Math.round(mark));
  return (
    `{"channel":"activeAssetCtx","data":{"coin":"${c.coin}","ctx":{"funding":"0.0000125","openInterest":"250000.0","prevDayPx":"${o}",` +
    `"dayNtlVlm":"1000000.0","premium":"0.0","oraclePx":"${o}","markPx":"${m}","midPx":"${m}","impactPxs":["${m}","${m}"],"dayBaseVlm":"30000.0"}}}`
  );
}

/** Facts of the generated venue in the venue's own answers: one validator perp, and a HIP-3 market that mirrors it. */
export function flowAnswers(
  main: WireCoin,
  mirror: WireCoin,
  dex: string,
): { request: { type: string; dex?: string; user?: string }; response: unknown }[] {
  const entry = (c: WireCoin, maxLeverage: number): object => ({
    name: c.coin,
    szDecimals: c.szDecimals,
    maxLeverage,
    marginTableId: maxLeverage,
  });
  const meta = (universe: object[]): object => ({ universe, marginTables: [], collateralToken: 0 });
  return [
    { request: { type: "perpDexs" }, response: [null, { name: dex, fullName: "generated", deployerFeeScale: "1.0" }] },
    { request: { type: "meta" }, response: meta([entry(main, 10)]) },
    { request: { type: "meta", dex }, response: meta([entry(mirror, 10)]) },
    {
      request: { type: "userFees", user: "0x0000000000000000000000000000000000000000" },
      response: { userCrossRate: "0.00045", userAddRate: "0.00015", activeReferralDiscount: "0.0" },
    },
  ];
}
