/**
 * Who trades: a key with its nonces, for one account on one network.
 * @module
 */
import { NonceFile } from "../io/nonce_file.ts";
import { noncesFolder } from "../io/paths.ts";
import { ClockNonces } from "../venue/hyperliquid/nonces.ts";
import type { Signer } from "../venue/hyperliquid/trading.ts";
import type { Network } from "../wire/hyperliquid/hash.ts";
import type { Place } from "./follow.ts";
import type { LiveDoor } from "./live_request.ts";

/** The door of a key whose nonces are kept on disk. @param account Null takes the one that the key is an agent of. */
export function openDoor(
  place: Place,
  signer: Signer,
  account: string | null,
  network: Network,
  note: (text: string) => void,
): LiveDoor {
  return {
    account,
    signer,
    network,
    openNonces: (offsetUs) =>
      new ClockNonces({
        address: signer.address,
        clock: place.clock,
        store: new NonceFile(noncesFolder(), signer.address),
        offsetUs,
        onProblem: (error) => note(error.message),
      }),
  };
}
