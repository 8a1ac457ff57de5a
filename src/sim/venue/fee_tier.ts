/**
 * Fee tiers by volume: fourteen days of it, looked at once a day.
 * @module
 */
import type { MicroUsd } from "../../core/units.ts";
import type { VenueAccount } from "./account.ts";

/** Days that count, not the one that runs. */
export const TIER_DAYS = 14;
const RING_DAYS = TIER_DAYS + 1;

/** Volume above `cutoffUsd` gives these rates, decimal strings of the notional (fees page, August 2026). */
export const PERP_FEE_TIERS: readonly { cutoffUsd: MicroUsd; taker: string; maker: string }[] = [
  { cutoffUsd: 0, taker: "0.00045", maker: "0.00015" },
  { cutoffUsd: 5_000_000_000_000, taker: "0.0004", maker: "0.00012" },
  { cutoffUsd: 25_000_000_000_000, taker: "0.00035", maker: "0.00008" },
  { cutoffUsd: 100_000_000_000_000, taker: "0.0003", maker: "0.00004" },
  { cutoffUsd: 500_000_000_000_000, taker: "0.00028", maker: "0" },
  { cutoffUsd: 2_000_000_000_000_000, taker: "0.00026", maker: "0" },
  { cutoffUsd: 7_000_000_000_000_000, taker: "0.00024", maker: "0" },
];

/** A referral's discount ends with this much volume (fees page, August 2026). */
const REFERRAL_VOLUME_USD = 25_000_000_000_000;

/** Volume of one UTC day, micro-dollars, after the weight of growth mode. */
export interface DayVolume {
  /** Days since 1970. */
  day: number;
  takerUsd: MicroUsd;
  makerUsd: MicroUsd;
  /** Of everybody, each trade once. */
  exchangeUsd: MicroUsd;
}

/** A ring of days for one master account. */
class VolumeRing {
  readonly takerUsd = new Float64Array(RING_DAYS);
  readonly makerUsd = new Float64Array(RING_DAYS);
  readonly days = new Int32Array(RING_DAYS).fill(-1);
  tier = 0;

  slot(day: number): number {
    const at = day % RING_DAYS;
    if (this.days[at] !== day) {
      this.days[at] = day;
      this.takerUsd[at] = 0;
      this.makerUsd[at] = 0;
    }
    return at;
  }

  /** Volume of the fourteen days before `day`. */
  sumUsd(day: number): MicroUsd {
    let sum = 0;
    for (let at = 0; at < RING_DAYS; at++) {
      const of = this.days[at] as number;
      if (of < day && of >= day - TIER_DAYS) sum += (this.takerUsd[at] as number) + (this.makerUsd[at] as number);
    }
    return sum;
  }
}

/** Whose tier an account trades at: sub-accounts share the master's. */
export function feeOwner(account: VenueAccount): VenueAccount {
  return account.master ?? account;
}

/** Volume by master account and day, and the tiers that follow. */
export class FeeTiers {
  readonly #rings = new Map<VenueAccount, VolumeRing>();
  readonly #exchange = new VolumeRing();

  /** Counts one side of a trade on a UTC day. */
  onFill(account: VenueAccount, day: number, creditedUsd: MicroUsd, crossed: boolean): void {
    const owner = feeOwner(account);
    let ring = this.#rings.get(owner);
    if (ring === undefined) {
      ring = new VolumeRing();
      this.#rings.set(owner, ring);
    }
    const sums = crossed ? ring.takerUsd : ring.makerUsd;
    const at = ring.slot(day);
    sums[at] = (sums[at] as number) + creditedUsd;
    if (!crossed) return;
    const all = this.#exchange.slot(day);
    this.#exchange.takerUsd[all] = (this.#exchange.takerUsd[all] as number) + creditedUsd;
  }

  /**
   * Sets the rates that hold on `day`; returns whether any changed. Only who changes tier is written to, so that rates set by hand last.
   * The referral discount ends here too.
   */
  assess(day: number): boolean {
    let changed = false;
    for (const [owner, ring] of this.#rings) {
      const volumeUsd = ring.sumUsd(day);
      const tier = PERP_FEE_TIERS.findLastIndex((t, i) => i === 0 || volumeUsd > t.cutoffUsd);
      const rates = PERP_FEE_TIERS[tier] as (typeof PERP_FEE_TIERS)[number];
      for (const account of [owner, ...owner.subAccounts]) {
        if (tier !== ring.tier) {
          account.takerRate = rates.taker;
          account.makerRate = rates.maker;
          changed = true;
        }
        if (account.referralDiscount !== "0" && account.volumeUsd > REFERRAL_VOLUME_USD) {
          account.referralDiscount = "0";
          changed = true;
        }
      }
      ring.tier = tier;
    }
    return changed;
  }

  /** The fourteen days before `day` and the one that runs, oldest first. */
  days(account: VenueAccount, day: number): DayVolume[] {
    const ring = this.#rings.get(feeOwner(account));
    const of = (r: VolumeRing | undefined, sums: Float64Array | undefined, d: number): MicroUsd =>
      r === undefined || r.days[d % RING_DAYS] !== d ? 0 : ((sums as Float64Array)[d % RING_DAYS] as number);
    const found: DayVolume[] = [];
    for (let d = Math.max(0, day - TIER_DAYS); d <= day; d++)
      found.push({
        day: d,
        takerUsd: of(ring, ring?.takerUsd, d),
        makerUsd: of(ring, ring?.makerUsd, d),
        exchangeUsd: of(this.#exchange, this.#exchange.takerUsd, d),
      });
    return found;
  }
}
