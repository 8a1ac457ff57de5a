/**
 * What a venue remembers of its own pushes: the newest of each channel for who comes later, and recent trades.
 * @module
 */

/** Trades that a new subscriber is told, as the venue does: about 20 s of them. */
const RECENT_MS = 20_000;
const RECENT_MAX = 512;

interface WireTrade {
  coin: string;
  time: number;
}

/** The newest book, touch and context of each coin, and its trades of the last 20 s. */
export class MarketMemory {
  readonly #newest = new Map<string, string>();
  readonly #trades = new Map<string, WireTrade[]>();

  /** Keeps a push and returns the topic it belongs to; "" for what is no market data. */
  keep(text: string): string {
    const head = /^\{"channel":"(bbo|l2Book|trades|activeAssetCtx)","data":(?:\[)?\{"coin":"([^"]+)"/.exec(text);
    if (head === null) return "";
    const [, channel, coin] = head as unknown as [string, string, string];
    const isFast = channel === "l2Book" && text.endsWith('"fast":true}}');
    const topic = `${channel} ${coin}${isFast ? " fast" : ""}`;
    if (channel === "trades") this.#keepTrades(topic, text);
    else this.#newest.set(topic, text);
    return topic;
  }

  #keepTrades(topic: string, text: string): void {
    const trades = (JSON.parse(text) as { data: WireTrade[] }).data;
    const all = [...(this.#trades.get(topic) ?? []), ...trades];
    const from = (all.at(-1)?.time ?? 0) - RECENT_MS;
    this.#trades.set(topic, all.filter((trade) => trade.time >= from).slice(-RECENT_MAX));
  }

  /** What a new subscriber is sent at once. */
  recall(topic: string): string[] {
    const trades = this.#trades.get(topic);
    if (trades !== undefined && trades.length > 0) return [`{"channel":"trades","data":${JSON.stringify(trades)}}`];
    const newest = this.#newest.get(topic);
    return newest === undefined ? [] : [newest];
  }

  /** `data` of the newest push of a topic, or null. */
  newest(topic: string): unknown {
    const text = this.#newest.get(topic);
    return text === undefined ? null : (JSON.parse(text) as { data: unknown }).data;
  }

  /** Last trades of a coin, newest first. */
  recentTrades(coin: string): WireTrade[] {
    return (this.#trades.get(`trades ${coin}`) ?? []).slice(-10).reverse();
  }
}
