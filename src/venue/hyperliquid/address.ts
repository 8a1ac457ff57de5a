/**
 * Where a venue is.
 * @module
 */
import { nearest } from "../../core/nearest.ts";
import { usageError } from "../../io/exit.ts";

/** A Hyperliquid endpoint: name, and the addresses of its three doors. */
export interface VenueAddress {
  /** `mainnet`, `testnet`, `local`, or the address itself: scopes checkpoints and reports. */
  name: string;
  infoUrl: string;
  exchangeUrl: string;
  socketUrl: string;
}

const KNOWN: Readonly<Record<string, string>> = {
  mainnet: "https://api.hyperliquid.xyz",
  testnet: "https://api.hyperliquid-testnet.xyz",
};

/** Reads `mainnet`, `testnet` or an http(s) address; `name` overrides what it is called. Throws a usage error for anything else. */
export function resolveVenue(venue: string, name: string = venue): VenueAddress {
  const base = (KNOWN[venue] ?? venue).replace(/\/+$/, "");
  if (!/^https?:\/\/[^\s/?#]+(\/[^\s?#]*)?$/.test(base)) {
    const near = nearest(venue, [...Object.keys(KNOWN), "local"]);
    throw usageError(
      `--venue is mainnet, testnet, local or an address like https://host, not ${venue}${near === "" ? "" : `: did you mean ${near}?`}`,
    );
  }
  return {
    name,
    infoUrl: `${base}/info`,
    exchangeUrl: `${base}/exchange`,
    // http to ws, https to wss: as the venue's own clients derive it.
    socketUrl: `ws${base.slice("http".length)}/ws`,
  };
}
