/**
 * Who signed: from a digest and a signature to an address.
 * @module
 */
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { actsForVault, isUserSigned } from "./action_kind.ts";
import type { Envelope } from "./action_schema.ts";
import { actionHash, agentDigest, type Network } from "./hash.ts";
import { addressOfPublicKey, type WireSignature } from "./sign.ts";
import { userDigest } from "./user_signed.ts";

const HEX = /^(?:0x)?[0-9a-fA-F]{1,64}$/;

/**
 * Lower-case address of whoever signed the digest; null when nobody can have. About 1.0 ms on a slow shared core (Xeon, 2026).
 *
 * r and s are read as numbers, so leading zeros may be there or not. A signature of something else recovers some other address: whether
 * that is anybody is for the caller to say.
 */
export function recoverSigner(digest: Uint8Array, signature: WireSignature): string | null {
  const { r, s, v } = signature;
  const recovery = v >= 27 ? v - 27 : v;
  if ((recovery !== 0 && recovery !== 1) || !HEX.test(r) || !HEX.test(s)) return null;
  try {
    const point = new secp256k1.Signature(toBigInt(r), toBigInt(s), recovery).recoverPublicKey(digest);
    return addressOfPublicKey(point.toBytes(false));
  } catch {
    // r or s out of range, or no point of the curve has r for its abscissa.
    return null;
  }
}

/** Digest that the sender of an envelope must have signed; null when a user-signed action does not fit its type. */
export function envelopeDigest(envelope: Envelope, network: Network): Uint8Array | null {
  const { signed, action, nonce, expiresAfter } = envelope;
  if (isUserSigned(action)) return userDigest(signed);
  const vaultAddress = actsForVault(action) ? envelope.vaultAddress : null;
  return agentDigest(actionHash(signed, { nonce, vaultAddress, expiresAfter }), network);
}

/** Lower-case address of whoever signed the envelope; null when nobody can have. */
export function signerOf(envelope: Envelope, network: Network): string | null {
  const digest = envelopeDigest(envelope, network);
  return digest === null ? null : recoverSigner(digest, envelope.signature);
}

function toBigInt(hex: string): bigint {
  return BigInt(hex.startsWith("0x") ? hex : `0x${hex}`);
}
