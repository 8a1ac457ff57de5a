/**
 * Watches how each channel of each market behaves against what is known of the venue: its pace, and the keys of its messages.
 *
 * The venue slowed its books from half a second to five without a word that clients could hear, and they went on quoting from old books.
 * @module
 */
import { type TimeUs, US_PER_SECOND } from "../../core/units.ts";
import { CADENCE_US } from "../../wire/hyperliquid/facts.ts";

/** Channels watched, by index. `bbo` and `trades` speak on change: only their shape is judged. */
export const WATCHED = ["bbo", "l2Book", "l2BookFast", "trades", "activeAssetCtx"] as const;
export type Watched = (typeof WATCHED)[number];

/** What departs, as it is told. */
export interface Drift {
  market: string;
  channel: Watched;
  kind: "pace" | "silent" | "shape";
  /** Sentence for people. */
  text: string;
  since_us: TimeUs;
  /** Whether it still holds. */
  now: boolean;
}

/** Spacings of one judgement. */
const SPACINGS = 31;
/** A median so much longer or shorter than expected is another pace. */
const PACE_RATIO = 1.6;
/** A periodic channel that says nothing for so many of its spacings is silent. */
const SILENT_SPACINGS = 6;
/** Looks further apart than this mean that we were the ones who slept: a process or machine that was suspended. */
const PAUSE_US = 2 * US_PER_SECOND;
/** Unknown keys told of one channel: a venue that writes numbers as keys must not fill the memory. */
const SHAPES_MAX = 16;
/** One message in so many has its keys looked at; the first always has. */
const SHAPE_EVERY = 256;

const KEYS: Readonly<Record<Watched, readonly string[]>> = {
  bbo: ["coin", "time", "bbo", "px", "sz", "n"],
  l2Book: ["coin", "time", "levels", "fast", "spread", "px", "sz", "n"],
  l2BookFast: ["coin", "time", "levels", "fast", "spread", "px", "sz", "n"],
  trades: ["coin", "side", "px", "sz", "time", "hash", "tid", "users", "liquidation"],
  activeAssetCtx: [
    "coin",
    "ctx",
    "funding",
    "openInterest",
    "prevDayPx",
    "dayNtlVlm",
    "premium",
    "oraclePx",
    "markPx",
    "midPx",
    "impactPxs",
    "dayBaseVlm",
  ],
};

class Watch {
  readonly market: string;
  readonly channel: Watched;
  readonly expectedUs: number;
  count = 0;
  lastUs = Number.NaN;
  readonly spacings = new Float64Array(SPACINGS);
  next = 0;

  constructor(market: string, channel: Watched) {
    this.market = market;
    this.channel = channel;
    this.expectedUs = (CADENCE_US as Partial<Record<Watched, number>>)[channel] ?? Number.NaN;
  }
}

/** Names what departs; `list` holds everything that ever did. */
export class DriftMonitor {
  readonly list: Drift[] = [];
  readonly #watches: Watch[];
  readonly #onDrift: (drift: Drift) => void;
  #startedUs = Number.NaN;
  #lookedUs = Number.NaN;
  /** Newest push of any channel. */
  #heardUs = Number.NaN;

  /** @param coins Markets followed, in their order in the run. */
  constructor(coins: readonly string[], onDrift: (drift: Drift) => void) {
    this.#watches = coins.flatMap((coin) => WATCHED.map((channel) => new Watch(coin, channel)));
    this.#onDrift = onDrift;
  }

  /** A push of a market (its index) and channel came. */
  onPush(market: number, channel: Watched, timeUs: TimeUs, text: string): void {
    const watch = this.#watches[market * WATCHED.length + WATCHED.indexOf(channel)];
    if (watch === undefined) return;
    this.#heardUs = timeUs;
    if (watch.count % SHAPE_EVERY === 0) this.#checkShape(watch, timeUs, text);
    watch.count += 1;
    if (!Number.isNaN(watch.expectedUs) && !Number.isNaN(watch.lastUs)) {
      watch.spacings[watch.next] = timeUs - watch.lastUs;
      watch.next += 1;
      if (watch.next === SPACINGS) this.#checkPace(watch, timeUs);
    }
    watch.lastUs = timeUs;
    this.#end(watch, "silent");
  }

  /** The connection was lost: pauses are no spacings. */
  onLost(): void {
    this.#startedUs = Number.NaN;
    this.#lookedUs = Number.NaN;
    this.#heardUs = Number.NaN;
    for (const watch of this.#watches) {
      watch.lastUs = Number.NaN;
      watch.next = 0;
    }
  }

  /** Looks for channels that say nothing. About once a second, while connected. */
  onTime(nowUs: TimeUs): void {
    if (nowUs - this.#lookedUs > PAUSE_US) this.onLost();
    this.#lookedUs = nowUs;
    if (Number.isNaN(this.#startedUs)) this.#startedUs = nowUs;
    for (const watch of this.#watches) {
      if (Number.isNaN(watch.expectedUs)) continue;
      const sinceUs = Number.isNaN(watch.lastUs) ? this.#startedUs : watch.lastUs;
      // Against what was heard last: when nothing at all is heard, it is the connection that is silent, and the feed says so.
      const silentUs = this.#heardUs - sinceUs;
      if (!(silentUs >= SILENT_SPACINGS * watch.expectedUs)) continue;
      this.#begin(
        watch,
        "silent",
        nowUs,
        `says nothing for ${seconds(silentUs)} (every ${seconds(watch.expectedUs)} expected)`,
      );
    }
  }

  #checkPace(watch: Watch, nowUs: TimeUs): void {
    watch.next = 0;
    const median = watch.spacings.toSorted()[(SPACINGS - 1) / 2] as number;
    const ratio = median / watch.expectedUs;
    if (ratio <= PACE_RATIO && ratio >= 1 / PACE_RATIO) this.#end(watch, "pace");
    else
      this.#begin(watch, "pace", nowUs, `comes every ${seconds(median)} instead of every ${seconds(watch.expectedUs)}`);
  }

  #checkShape(watch: Watch, nowUs: TimeUs, text: string): void {
    let data: unknown;
    try {
      data = (JSON.parse(text) as { data?: unknown }).data;
    } catch {
      return;
    }
    const strangers = new Set<string>();
    collectKeys(data, KEYS[watch.channel], strangers, 0);
    for (const key of strangers) this.#begin(watch, "shape", nowUs, `has an unknown key "${key}"`);
  }

  #begin(watch: Watch, kind: Drift["kind"], nowUs: TimeUs, what: string): void {
    const text = `${watch.market} ${watch.channel} ${what}`;
    const same = (d: Drift): boolean =>
      d.market === watch.market &&
      d.channel === watch.channel &&
      d.kind === kind &&
      (kind !== "shape" || d.text === text);
    const old = this.list.find(same);
    if (old?.now === true) return;
    const drift: Drift = { market: watch.market, channel: watch.channel, kind, text, since_us: nowUs, now: true };
    const isSibling = (d: Drift): boolean =>
      d.market === watch.market && d.channel === watch.channel && d.kind === kind;
    if (old === undefined && this.list.filter(isSibling).length >= SHAPES_MAX) return;
    if (old === undefined) this.list.push(drift);
    else Object.assign(old, drift);
    this.#onDrift(drift);
  }

  #end(watch: Watch, kind: Drift["kind"]): void {
    if (this.list.length === 0) return;
    const drift = this.list.find((d) => d.market === watch.market && d.channel === watch.channel && d.kind === kind);
    if (drift !== undefined) drift.now = false;
  }
}

function seconds(us: number): string {
  return `${(us / US_PER_SECOND).toFixed(us < 10 * US_PER_SECOND ? 1 : 0)} s`;
}

/** Keys at any depth that are not known; lists are judged by their first element. */
function collectKeys(value: unknown, known: readonly string[], strangers: Set<string>, depth: number): void {
  if (typeof value !== "object" || value === null || depth > 6) return;
  if (Array.isArray(value)) {
    for (const element of value.slice(0, 2)) collectKeys(element, known, strangers, depth + 1);
    return;
  }
  for (const [key, inner] of Object.entries(value)) {
    if (!known.includes(key)) strangers.add(key.slice(0, 40));
    else collectKeys(inner, known, strangers, depth + 1);
  }
}
