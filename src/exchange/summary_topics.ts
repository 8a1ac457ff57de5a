/**
 * Topics about all markets of a dex or of the venue: mids and contexts.
 * @module
 */
import { deflateRawSync } from "node:zlib";
import type { VenueMarket } from "../sim/venue/market.ts";
import { printContext, printMid, printMidOrLast, printNearPx } from "./print_market.ts";
import { frameOf, type Tick, Topic, type View } from "./topic.ts";

/** Markets of a dex, in the order of its list. */
export const marketsOf = (view: View, dexIndex: number): VenueMarket[] =>
  view.venue.markets.filter((market) => market.dexIndex === dexIndex);

/** Mids of a dex by coin. Delisted markets have none. */
export function printMids(view: View, dexIndex: number): { [coin: string]: string } {
  const mids: { [coin: string]: string } = {};
  for (const market of marketsOf(view, dexIndex)) if (!market.delisted) mids[market.coin] = printMidOrLast(market);
  return mids;
}

/** Contexts of a dex, in the order of its list. */
export const printContexts = (view: View, dexIndex: number): object[] => marketsOf(view, dexIndex).map(printContext);

/** Says the same kind of thing at each stroke of a clock. */
abstract class TimedTopic extends Topic {
  readonly #channel: string;
  readonly #clock: "second" | "mids" | "contexts";

  constructor(view: View, channel: string, clock: "second" | "mids" | "contexts") {
    super(view);
    this.#channel = channel;
    this.#clock = clock;
  }

  protected abstract data(): unknown;

  snapshot(): string[] {
    return [frameOf(this.#channel, this.data())];
  }

  publish(tick: Tick, out: string[]): void {
    if (tick[this.#clock]) out.push(...this.snapshot());
  }
}

/** `allMids`: the dex is named unless it is the venue's own. */
export class MidsTopic extends TimedTopic {
  readonly #dexIndex: number;
  readonly #dex: string;

  constructor(view: View, dexIndex: number, dex: string) {
    super(view, "allMids", "mids");
    this.#dexIndex = dexIndex;
    this.#dex = dex;
  }

  protected data(): unknown {
    const mids = printMids(this.view, this.#dexIndex);
    return this.#dex === "" ? { mids } : { dex: this.#dex, mids };
  }
}

/** `assetCtxs` of one dex. No source says how often; as often as mids. */
export class ContextsTopic extends TimedTopic {
  readonly #dexIndex: number;
  readonly #dex: string;

  constructor(view: View, dexIndex: number, dex: string) {
    super(view, "assetCtxs", "mids");
    this.#dexIndex = dexIndex;
    this.#dex = dex;
  }

  protected data(): unknown {
    return { dex: this.#dex, ctxs: printContexts(this.view, this.#dexIndex) };
  }
}

/** `allDexsAssetCtxs`: about every 13.6 s. */
export class AllContextsTopic extends TimedTopic {
  constructor(view: View) {
    super(view, "allDexsAssetCtxs", "contexts");
  }

  protected data(): unknown {
    return { ctxs: this.view.venue.spec.dexs.map((dex, index) => [dex.name, printContexts(this.view, index)]) };
  }
}

interface FastContext {
  markPx?: string;
  midPx?: string | null;
}

/** `fastAssetCtxs`: base64 of raw DEFLATE of JSON; all coins first, then once a second what changed of those that changed. */
export class FastContextsTopic extends Topic {
  readonly #told = new Map<VenueMarket, FastContext>();

  constructor(view: View) {
    super(view);
    this.#changes();
  }

  snapshot(): string[] {
    const all: { [coin: string]: FastContext } = {};
    for (const market of this.view.venue.markets) all[market.coin] = fastContext(market);
    return [frameOf("fastAssetCtxs", packed(all))];
  }

  publish(tick: Tick, out: string[]): void {
    if (!tick.second) return;
    const changes = this.#changes();
    if (changes !== null) out.push(frameOf("fastAssetCtxs", packed(changes)));
  }

  #changes(): { [coin: string]: FastContext } | null {
    const changes: { [coin: string]: FastContext } = {};
    let any = false;
    for (const market of this.view.venue.markets) {
      const now = fastContext(market);
      const told = this.#told.get(market);
      const changed: FastContext = {};
      if (now.markPx !== told?.markPx) changed.markPx = now.markPx as string;
      if (now.midPx !== told?.midPx) changed.midPx = now.midPx as string | null;
      if (Object.keys(changed).length === 0) continue;
      changes[market.coin] = changed;
      this.#told.set(market, now);
      any = true;
    }
    return any ? changes : null;
  }
}

const fastContext = (market: VenueMarket): FastContext => ({
  markPx: printNearPx(market, market.markPx),
  midPx: printMid(market),
});

const packed = (value: unknown): string => deflateRawSync(JSON.stringify(value)).toString("base64");
