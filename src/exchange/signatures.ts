/**
 * Who signed what came in, and under which hash it will be shown.
 * @module
 */
import { actsForVault, isUserSigned } from "../wire/hyperliquid/action_kind.ts";
import type { Envelope } from "../wire/hyperliquid/action_schema.ts";
import { actionHash, agentDigest, hexOf, type Network } from "../wire/hyperliquid/hash.ts";
import { envelopeDigest, recoverSigner } from "../wire/hyperliquid/recover.ts";
import type { WireSignature } from "../wire/hyperliquid/sign.ts";

/** Signatures that are remembered: recovering one costs about a millisecond, and clients repeat what they think was lost. */
const REMEMBERED_MAX = 4_096;

export interface Signed {
  /** Lower case. */
  signer: string;
  /** 0x and 64 hex digits. */
  hash: string;
}

/** Recovers signers, each signature once. */
export class Signatures {
  readonly #network: Network;
  /** Signers by digest and signature, least recently used first; "" where nobody can have signed. */
  readonly #known = new Map<string, string>();

  constructor(network: Network) {
    this.#network = network;
  }

  /**
   * Who signed the envelope; null when nobody can have. For action types that take no vault the envelope's vault is no part of the hash; where
   * that gives a stranger the hash is tried with it, because clients differ.
   */
  read(envelope: Envelope, isKnown: (address: string) => boolean): Signed | null {
    const digest = envelopeDigest(envelope, this.#network);
    const plain = digest === null ? null : this.#recover(digest, envelope);
    const { action, vaultAddress, signed, nonce, expiresAfter } = envelope;
    if (vaultAddress === null || isUserSigned(action) || actsForVault(action)) return plain;
    if (plain !== null && isKnown(plain.signer)) return plain;
    const withVault = this.#recover(
      agentDigest(actionHash(signed, { nonce, vaultAddress, expiresAfter }), this.#network),
      envelope,
    );
    return withVault !== null && isKnown(withVault.signer) ? withVault : plain;
  }

  /**
   * Takes somebody's word for who signed what: of a simulated client in this process, so that nobody has to compute it. What comes in must still
   * be that digest and that signature.
   */
  vouch(digest: Uint8Array, signature: WireSignature, signer: string): void {
    this.#remember(keyOf(hexOf(digest), signature), signer);
  }

  #recover(digest: Uint8Array, { signature }: Envelope): Signed | null {
    const hash = hexOf(digest);
    const key = keyOf(hash, signature);
    const known = this.#known.get(key);
    const signer = known ?? recoverSigner(digest, signature) ?? "";
    if (known !== undefined) this.#known.delete(key);
    this.#remember(key, signer);
    return signer === "" ? null : { signer, hash };
  }

  #remember(key: string, signer: string): void {
    this.#known.set(key, signer);
    if (this.#known.size > REMEMBERED_MAX) this.#known.delete(this.#known.keys().next().value as string);
  }
}

const keyOf = (hash: string, { r, s, v }: WireSignature): string => `${hash} ${r} ${s} ${v}`;
