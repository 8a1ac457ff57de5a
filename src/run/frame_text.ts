/**
 * Frames as text: one line each, every field by its name, prices and sizes as people write them.
 * @module
 */
import {
  ACTION,
  BBO,
  BOOK,
  COMMAND,
  COMMAND_FRAME,
  CONTEXT,
  F,
  FILL,
  FUNDING,
  GAP,
  INSTRUMENT,
  INTENT,
  KIND,
  LATENCY,
  ORDER,
  ORDER_STATUS,
  POSITION,
  PRIOR,
  QUOTA,
  readText,
  STATE,
  TIMER,
  TRADE,
} from "../core/frame.ts";
import { reasonName } from "../core/reason.ts";
import { formatScaled, PERP_DECIMALS, pow10 } from "../core/units.ts";
import { stampUs } from "../io/clock.ts";

/** Names and grids of the run's markets, by index. */
export interface MarketNames {
  coin: string;
  sz_decimals: number;
}

/** Payload fields by kind; `size` is no field. Books, texts and priors are told apart below. */
const FIELDS: Readonly<Record<number, Readonly<Record<string, number>>>> = {
  [KIND.instrument]: INSTRUMENT,
  [KIND.bbo]: BBO,
  [KIND.trade]: TRADE,
  [KIND.context]: CONTEXT,
  [KIND.order]: ORDER,
  [KIND.fill]: FILL,
  [KIND.funding]: FUNDING,
  [KIND.quota]: QUOTA,
  [KIND.timer]: TIMER,
  [KIND.command]: COMMAND_FRAME,
  [KIND.gap]: GAP,
  [KIND.intent]: INTENT,
  [KIND.state]: STATE,
  [KIND.position]: POSITION,
  [KIND.latency]: LATENCY,
};

const nameIn = (table: Readonly<Record<string, number>>): ((code: number) => string) => {
  const names = new Map(Object.entries(table).map(([name, code]) => [code, name]));
  return (code) => names.get(code) ?? String(code);
};
const kindName = nameIn(KIND);
const actionName = nameIn(ACTION);
const statusName = nameIn(ORDER_STATUS);
const commandName = nameIn(COMMAND);

/** Name of a frame's kind. */
export function kindOf(data: Float64Array, at: number): string {
  return kindName(data[at + F.kind] as number);
}

/** A frame's fields by name, each as people write it; `seq` first, the payload last. */
export type FrameFields = Record<string, string>;

/** Names a frame's fields. */
export function fieldsOf(data: Float64Array, at: number, markets: readonly MarketNames[]): FrameFields {
  const kind = data[at + F.kind] as number;
  const market = markets[data[at + F.market] as number];
  return {
    seq: String(data[at + F.seq]),
    time: stampUs(data[at + F.timeUs] as number),
    kind: kindName(kind),
    market: market?.coin ?? "desk",
    venue: stampUs(data[at + F.venueTimeUs] as number),
    ...payloadOf(data, at, kind, market),
  };
}

/** One frame as one line: `seq time kind market field=value ...`; the venue's time where it is another. */
export function frameText(data: Float64Array, at: number, markets: readonly MarketNames[]): string {
  const { seq, time, kind, market, venue, ...payload } = fieldsOf(data, at, markets);
  const parts = Object.entries(payload).map(([name, value]) => ` ${name}=${value}`);
  return `${seq} ${time} ${kind} ${market}${venue === time ? "" : ` venue=${venue}`}${parts.join("")}`;
}

function payloadOf(data: Float64Array, at: number, kind: number, market: MarketNames | undefined): FrameFields {
  if (kind === KIND.text) {
    const { id, text } = readText(data, at);
    return { id: String(id), text: JSON.stringify(text) };
  }
  if (kind === KIND.book) return bookOf(data, at, market);
  if (kind === KIND.prior)
    return { weight: String(data[at + PRIOR.weight]), values: String((data[at] as number) - PRIOR.values) };
  const named = Object.entries(FIELDS[kind] ?? {}).filter(([name]) => name !== "size");
  return Object.fromEntries(
    named.map(([name, offset]) => [name, fieldText(name, data[at + offset] as number, market)]),
  );
}

function bookOf(data: Float64Array, at: number, market: MarketNames | undefined): FrameFields {
  const bids = data[at + BOOK.bidCount] as number;
  const asks = data[at + BOOK.askCount] as number;
  const level = (i: number): string => {
    const from = at + BOOK.levels + 2 * i;
    return `${fieldText("px", data[from] as number, market)}x${fieldText("lots", data[from + 1] as number, market)}`;
  };
  const side = (from: number, count: number): string =>
    `[${Array.from({ length: count }, (_, i) => level(from + i)).join(" ")}]`;
  return { fast: String(data[at + BOOK.fast]), bids: side(0, bids), asks: side(bids, asks) };
}

/** A field's value by what its name says of its unit. */
function fieldText(name: string, value: number, market: MarketNames | undefined): string {
  if (name === "action") return actionName(value);
  if (name === "status") return statusName(value);
  if (name === "command") return commandName(value);
  if (name === "reason") return reasonName(value);
  if (name === "side") return value > 0 ? "buy" : "sell";
  if (name.startsWith("hash")) return value.toString(16).padStart(8, "0");
  if (market !== undefined && Number.isFinite(value)) {
    if (/px$/i.test(name)) return pxText(value, market.sz_decimals);
    if (/lots$/i.test(name) && Number.isSafeInteger(value)) return formatScaled(value, market.sz_decimals);
  }
  if (/usd$/i.test(name) && Number.isSafeInteger(value)) return `$${formatScaled(value, PERP_DECIMALS)}`;
  return String(value);
}

/** A price in dollars; marks and oracles need not lie on the grid. */
function pxText(px: number, szDecimals: number): string {
  const decimals = PERP_DECIMALS - szDecimals;
  return Number.isSafeInteger(px) ? formatScaled(px, decimals) : String(px / pow10(decimals));
}
