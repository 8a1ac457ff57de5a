/**
 * Nonces of one signer, by the venue's rule.
 * @module
 */
import { type TimeUs, US_PER_DAY, US_PER_MS } from "../../core/units.ts";
import { duplicateNonceText, nonceTooHighText, nonceTooLowText } from "../../wire/hyperliquid/errors.ts";

/** Nonces that the venue remembers of each signer (nonces page, August 2026). */
const STORED_MAX = 100;

/** Null, or the venue's refusal. */
export type NonceCheck = string | null;

/**
 * The highest hundred nonces of a signer. A new one is none of them, lies above the lowest once there are a hundred, and from two days before to one
 * day after the block's time in milliseconds.
 */
export class NonceSet {
  /** Ascending. */
  readonly #stored: number[] = [];

  /** Takes the nonce where the rule allows it. */
  take(nonce: number, nowUs: TimeUs): NonceCheck {
    const stored = this.#stored;
    const oldestMs = Math.floor((nowUs - 2 * US_PER_DAY) / US_PER_MS);
    const newestMs = Math.ceil((nowUs + US_PER_DAY) / US_PER_MS);
    if (nonce <= oldestMs) return nonceTooLowText(nonce, oldestMs);
    if (nonce >= newestMs) return nonceTooHighText(nonce, newestMs);
    // Below the lowest of a full set it may have been used.
    if (stored.length === STORED_MAX && nonce < (stored[0] as number))
      return nonceTooLowText(nonce, stored[0] as number);
    let at = stored.length;
    while (at > 0 && (stored[at - 1] as number) > nonce) at -= 1;
    if (at > 0 && stored[at - 1] === nonce) return duplicateNonceText(nonce);
    stored.splice(at, 0, nonce);
    if (stored.length > STORED_MAX) stored.shift();
    return null;
  }
}
