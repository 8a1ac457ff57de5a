/**
 * A signer without a key, for simulated days: signing and finding out who signed are a third of what a run costs there.
 * @module
 */
import type { Signatures } from "../exchange/signatures.ts";
import type { Signer } from "../venue/hyperliquid/trading.ts";
import { hexOf } from "../wire/hyperliquid/hash.ts";

/**
 * Gives a signature that looks like one and is good at one simulated venue only, which it tells whose it is. The venue still makes the digest
 * from the bytes that came: an action that was changed on its way is somebody else's, as with a real key.
 */
export class VirtualSigner implements Signer {
  readonly address: string;
  readonly #signatures: Signatures;

  /** @param address Lower case. */
  constructor(address: string, signatures: Signatures) {
    this.address = address;
    this.#signatures = signatures;
  }

  sign(digest: Uint8Array): { r: string; s: string; v: 27 | 28 } {
    const r = hexOf(digest);
    const signature = { r, s: r, v: 27 as const };
    this.#signatures.vouch(digest, signature, this.address);
    return signature;
  }
}
