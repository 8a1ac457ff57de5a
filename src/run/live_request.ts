/**
 * What a run with real orders is asked to do, and by whom.
 * @module
 */
import type { TimeUs } from "../core/units.ts";
import type { NonceSource, Signer } from "../venue/hyperliquid/trading.ts";
import type { Network } from "../wire/hyperliquid/hash.ts";

/** What a person may say of a run with real orders. */
export interface LiveOptions {
  /** Runs the paper twin beside. */
  shadow: boolean;
  allowMasterKey: boolean;
  allowNotViable: boolean;
  allowThrottled: boolean;
}

/** Who trades, and how it is proven. */
export interface LiveDoor {
  /** Lower case; null takes the account that the key is an agent of. */
  account: string | null;
  signer: Signer;
  network: Network;
  /** Nonces of the key. @param offsetUs Venue time minus ours. */
  openNonces(offsetUs: () => TimeUs): NonceSource & { close(): void };
}
