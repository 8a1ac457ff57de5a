/**
 * Looking into a journal: its frames as text, chosen by range, kind, market and order.
 * @module
 */
import { F, FILL, INTENT, KIND, ORDER } from "../core/frame.ts";
import { nearest } from "../core/nearest.ts";
import { usageError } from "../io/exit.ts";
import { forEachFrame, readSegments } from "../io/journal_reader.ts";
import { kindOf, type MarketNames } from "./frame_text.ts";

/** What to show; null takes all. */
export interface InspectFilter {
  from: number | null;
  to: number | null;
  kinds: readonly string[];
  market: string | null;
  /** Client id counter of an order: its intents, answers and fills, and what replaced it or was replaced by it. */
  order: number | null;
}

/** Takes one frame that passed; false wants no more. */
export type FrameWriter = (data: Float64Array, at: number, markets: readonly MarketNames[]) => boolean;

/** Writes the frames that pass, in order. Returns how many. */
export function inspectJournal(path: string, filter: InspectFilter, write: FrameWriter): number {
  checkKinds(filter.kinds);
  let count = 0;
  let known = false;
  let open = true;
  const kinds = new Set(filter.kinds);
  const orders = new Set(filter.order === null ? [] : [filter.order]);
  let inputSeq = 0;
  for (const segment of readSegments(path)) {
    if (segment === null) continue;
    const { markets } = segment.header;
    const market = filter.market === null ? null : markets.findIndex((m) => m.coin === filter.market);
    if (market === -1) throw unknownMarket(filter.market as string, markets);
    known = true;
    forEachFrame(segment, (data, at) => {
      const kind = data[at + F.kind] as number;
      // Intents count for themselves: a range means the frames that led to them.
      if (kind !== KIND.intent && kind !== KIND.state) inputSeq = data[at + F.seq] as number;
      if (filter.from !== null && inputSeq < filter.from) return true;
      if (filter.to !== null && inputSeq > filter.to) {
        open = false;
        return false;
      }
      if (filter.order !== null && !isOfOrder(data, at, orders)) return true;
      if (kinds.size > 0 && !kinds.has(kindOf(data, at))) return true;
      if (market !== null && data[at + F.market] !== market) return true;
      count += 1;
      open = write(data, at, markets);
      return open;
    });
    if (!open) break;
  }
  if (!known) throw usageError(`${path}: no segment of it has a whole beginning: nothing was recorded`);
  return count;
}

/** Whether a frame is about one of the orders; a modify adds the order that takes its place. */
function isOfOrder(data: Float64Array, at: number, orders: Set<number>): boolean {
  const kind = data[at + F.kind];
  if (kind === KIND.order) return orders.has(data[at + ORDER.cloid] as number);
  if (kind === KIND.fill) return orders.has(data[at + FILL.cloid] as number);
  if (kind !== KIND.intent) return false;
  const cloid = data[at + INTENT.cloid] as number;
  const target = data[at + INTENT.targetCloid] as number;
  if (!orders.has(cloid) && !orders.has(target)) return false;
  orders.add(cloid);
  return true;
}

function checkKinds(kinds: readonly string[]): void {
  const names = Object.keys(KIND);
  for (const kind of kinds) {
    if (names.includes(kind)) continue;
    const near = nearest(kind, names);
    throw usageError(`--kind ${kind}: is one of ${names.join(", ")}${near === "" ? "" : `: did you mean ${near}?`}`);
  }
}

function unknownMarket(market: string, markets: readonly { coin: string }[]): Error {
  const names = markets.map((m) => m.coin);
  const near = nearest(market, names);
  return usageError(
    `${market} is not in this journal${near === "" ? `: it holds ${names.join(", ")}` : `: did you mean ${near}?`}`,
  );
}
