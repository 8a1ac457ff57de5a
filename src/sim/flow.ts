/**
 * A generated market: a small world of makers and takers that speaks the venue's wire format. Not calibrated to any real market.
 * @module
 */
import { Prng } from "../core/prng.ts";
import { BPS, type TimeUs, US_PER_SECOND } from "../core/units.ts";
import { FlowBook } from "./flow_book.ts";
import { bboPush, bookPush, contextPush, flowAnswers, tradesPush, type WireCoin, type WirePrint } from "./flow_wire.ts";

/** The market that mirrors the validator perp, and which `mmbin paper` trades. */
export const GENERATED_MARKET = "sim:HYPE";

const BLOCK_US = 70_000;
const BLOCK_SECONDS = BLOCK_US / US_PER_SECOND;
const FAST_BLOCKS = 8;
const FULL_BLOCKS = 71;
const CONTEXT_BLOCKS = 14;

/** How one coin of the world behaves. Rates a second; distances as fractions. */
interface CoinWorld extends WireCoin {
  halfFrac: number;
  meanLots: number;
  /** How fast makers follow fair value: half of a move is followed in this time. */
  makerLagSeconds: number;
  noisePerSecond: number;
  /** Depth of a noise sweep beyond the touch, and the share of it that stays in fair value. */
  depthFrac: number;
  impactRatio: number;
}

const MAIN: CoinWorld = {
  coin: "HYPE",
  szDecimals: 2,
  halfFrac: 0.3 * BPS,
  meanLots: 9_000,
  makerLagSeconds: 0.15,
  noisePerSecond: 2.5,
  depthFrac: 0.8 * BPS,
  impactRatio: 0.7,
};
const MIRROR: CoinWorld = {
  coin: GENERATED_MARKET,
  szDecimals: 2,
  halfFrac: 2.6 * BPS,
  meanLots: 2_500,
  makerLagSeconds: 0.45,
  noisePerSecond: 0.9,
  depthFrac: 3.2 * BPS,
  impactRatio: 0.65,
};

/** Volatility of the validator perp in a calm and in a busy regime, per root second, and how long a regime lasts. */
const SIGMA_FRAC = [0.9 * BPS, 2.4 * BPS] as const;
const REGIME_SECONDS = 300;
/** No single sweep moves fair value by more than this share of it. */
const IMPACT_MAX_FRAC = 15 * BPS;
/** An informed taker acts when fair value has left the touch by this much, with this chance a block. */
const INFORMED_FRAC = 0.5 * BPS;
const INFORMED_CHANCE = 0.35;
/** Own life of the mirror's fair value against the perp's: noise, pulled back within two minutes. */
const BASIS_SIGMA_FRAC = 0.25 * BPS;
const BASIS_SECONDS = 120;

/** A push as it is received. */
export interface FlowPush {
  timeUs: TimeUs;
  text: string;
}

class Coin {
  readonly world: CoinWorld;
  readonly book: FlowBook;
  fair: number;
  /** What makers believe fair value to be. */
  believed: number;
  lastBookUs: TimeUs = 0;
  lastTradesUs: TimeUs = 0;
  /** Own deviation of fair value from what it follows, ln. */
  deviation = 0;
  bid = "";
  prints: WirePrint[] = [];
  readonly history: WirePrint[] = [];

  constructor(world: CoinWorld, fair: number, random: Prng) {
    this.world = world;
    this.book = new FlowBook(world.szDecimals, world.meanLots, random);
    this.fair = fair;
    this.believed = fair;
    this.book.requote(fair, world.halfFrac);
  }
}

/**
 * The world: fair value of a validator perp follows a random walk with two regimes; a HIP-3 market mirrors it a moment later. Rival makers
 * follow with a lag, noise takers sweep to an exponential depth and leave part of it in fair value, informed takers hit quotes that fair
 * value has left. So adverse selection grows with depth, and a slow maker has no easy life.
 *
 * Deterministic: seed and start decide every byte.
 */
export class GeneratedMarket {
  readonly #random: Prng;
  readonly #main: Coin;
  readonly #mirror: Coin;
  readonly #queue: FlowPush[] = [];
  /** What the mirror follows: the perp's fair value as it was known half a second ago. */
  #followed: number;
  #venueUs: TimeUs;
  #block = 0;
  #regime = 0;
  #tid = 1;

  /** @param startUs Venue time of the first block. */
  constructor(seed: number, startUs: TimeUs) {
    this.#random = new Prng(seed);
    const start = 30 * 10_000;
    this.#main = new Coin(MAIN, start, this.#random);
    this.#mirror = new Coin(MIRROR, start, this.#random);
    this.#followed = start;
    // Blocks stand on whole milliseconds, as the venue's times do.
    this.#venueUs = Math.ceil(startUs / 1000) * 1000;
  }

  /** Facts of both markets as the venue would answer. */
  answers(): ReturnType<typeof flowAnswers> {
    return flowAnswers(MAIN, MIRROR, "sim");
  }

  /** The next push in order of receipt; there is always one. */
  next(): FlowPush {
    // A block's pushes arrive within 0.8 s of it: what is older than that is complete.
    while (this.#queue.length === 0 || (this.#queue[0] as FlowPush).timeUs > this.#venueUs) this.#step();
    return this.#queue.shift() as FlowPush;
  }

  #step(): void {
    this.#block += 1;
    this.#venueUs += BLOCK_US;
    this.#moveFair();
    for (const coin of [this.#main, this.#mirror]) {
      this.#trade(coin);
      this.#follow(coin);
      this.#publish(coin);
    }
  }

  #moveFair(): void {
    const random = this.#random;
    if (random.unit() < BLOCK_SECONDS / REGIME_SECONDS) this.#regime = 1 - this.#regime;
    const sigma = SIGMA_FRAC[this.#regime] as number;
    const main = this.#main;
    main.fair *= Math.exp(sigma * Math.sqrt(BLOCK_SECONDS) * random.normal() + main.deviation);
    main.deviation = 0;
    this.#followed += (main.fair - this.#followed) * (1 - Math.exp(-BLOCK_SECONDS / 0.5));
    const mirror = this.#mirror;
    mirror.deviation *= Math.exp(-BLOCK_SECONDS / BASIS_SECONDS);
    mirror.deviation += BASIS_SIGMA_FRAC * Math.sqrt(BLOCK_SECONDS) * random.normal();
    mirror.fair = this.#followed * Math.exp(mirror.deviation);
  }

  /** Takers of this block. */
  #trade(coin: Coin): void {
    const random = this.#random;
    const { world, book } = coin;
    if (random.unit() < world.noisePerSecond * BLOCK_SECONDS) {
      const side = random.unit() < 0.5 ? 1 : -1;
      const touch = side > 0 ? (book.asks[0]?.px ?? 0) : (book.bids[0]?.px ?? 0);
      // Most takers stop at the touch, some go an exponential depth beyond it.
      const reach = random.unit() < 0.7 ? 0 : world.depthFrac * random.exponential();
      const lots = Math.max(1, Math.round(world.meanLots * 0.12 * Math.exp(1.3 * random.normal())));
      const size = reach === 0 ? lots : 1e9;
      const mid = book.mid;
      const prints = book.take(side, size, touch * (1 + side * reach));
      const deepest = prints.at(-1)?.px ?? mid;
      const impact = (side * (deepest - mid)) / mid;
      coin.deviation +=
        side * Math.min(IMPACT_MAX_FRAC, Math.max(0, impact)) * world.impactRatio * (0.5 + random.unit());
      this.#print(coin, prints);
    }
    const gap = coin.fair - book.mid;
    const side = gap > 0 ? 1 : -1;
    const touch = side > 0 ? (book.asks[0]?.px ?? 0) : (book.bids[0]?.px ?? 0);
    const left = (side * (coin.fair - touch)) / touch > INFORMED_FRAC;
    if (left && random.unit() < INFORMED_CHANCE) this.#print(coin, book.take(side, 1e9, coin.fair));
  }

  #print(coin: Coin, prints: readonly { px: number; lots: number; side: number }[]): void {
    for (const print of prints) {
      coin.prints.push({ ...print, timeUs: this.#venueUs, tid: this.#tid });
      this.#tid += 7;
    }
  }

  #follow(coin: Coin): void {
    const { world } = coin;
    coin.believed += (coin.fair - coin.believed) * (1 - 2 ** (-BLOCK_SECONDS / world.makerLagSeconds));
    coin.book.requote(coin.believed, world.halfFrac * (this.#regime === 0 ? 1 : 1.3));
  }

  #publish(coin: Coin): void {
    const { world, book } = coin;
    const b = this.#block;
    if (b === 1) this.#send(coin, tradesPush(world, this.#replay(coin)), 0, true);
    const push = bboPush(world, this.#venueUs, book);
    const touch = push.slice(push.indexOf('"bbo":['));
    if (touch !== coin.bid) this.#send(coin, push, 0);
    coin.bid = touch;
    if (coin.prints.length > 0) {
      // One push in eight comes late, after newer touches, as it does from the venue.
      const late = this.#random.unit() < 0.12 ? 150_000 + 250_000 * this.#random.unit() : 0;
      this.#send(coin, tradesPush(world, coin.prints), late, true);
      coin.prints = [];
    }
    if (b % FAST_BLOCKS === 1) this.#send(coin, bookPush(world, this.#venueUs, book, 5, true), 0);
    if (b % FULL_BLOCKS === 1) this.#send(coin, bookPush(world, this.#venueUs, book, 20, false), 0);
    if (b % CONTEXT_BLOCKS === 1) this.#send(coin, contextPush(world, coin.fair, book.mid), 0);
  }

  /** Older trades that the first push after a subscribe repeats. */
  #replay(coin: Coin): WirePrint[] {
    return [4, 3, 2, 1].map((seconds) => {
      this.#tid += 7;
      const px = coin.book.asks[0]?.px ?? 0;
      return { px, lots: 10, side: 1, timeUs: this.#venueUs - seconds * US_PER_SECOND, tid: this.#tid };
    });
  }

  /**
   * Queues a push for its time of receipt: a quarter second of way and some jitter. Each channel of a coin keeps its own order; a late
   * trades push holds back the trades after it and nothing else.
   */
  #send(coin: Coin, text: string, lateUs: number, isTrades = false): void {
    const wayUs = 250_000 + 20_000 * this.#random.exponential();
    const sentUs = Math.round(this.#venueUs + wayUs + lateUs);
    const timeUs = Math.max(sentUs, isTrades ? coin.lastTradesUs : coin.lastBookUs);
    if (isTrades) coin.lastTradesUs = timeUs;
    else coin.lastBookUs = timeUs;
    let at = this.#queue.length;
    while (at > 0 && (this.#queue[at - 1] as FlowPush).timeUs > timeUs) at -= 1;
    this.#queue.splice(at, 0, { timeUs, text });
  }
}
