/**
 * Whether an action may be tried at all: who signed it, for whom, with which nonce, and whether the address has requests left.
 * @module
 */
import type { TimeUs } from "../../core/units.ts";
import type { Action } from "../../wire/hyperliquid/action.ts";
import { actsForVault, isUserSigned, itemCountOf } from "../../wire/hyperliquid/action_kind.ts";
import {
  ALREADY_EXPIRED,
  mustDepositText,
  OVER_WEIGHT,
  subAccountNotRegisteredText,
  unknownSignerText,
  vaultNotRegisteredText,
} from "../../wire/hyperliquid/errors.ts";
import type { LimiterRules } from "../limits.ts";
import type { VenueAccount } from "./account.ts";
import { AgentBook } from "./agents.ts";
import { NonceSet } from "./nonces.ts";
import type { VenueRules } from "./spec.ts";

/** What came signed. */
export interface SignedRequest {
  /** Recovered from the signature, lower case. */
  signer: string;
  /** Sub-account traded for, lower case. */
  vault: string | null;
  nonce: number;
  expiresAfterMs: number | null;
  action: Action;
}

/** A stale action costs this many times its requests (rate-limits page, August 2026). */
const STALE_COST = 5;

function unitsOf(action: Action, rules: LimiterRules): number {
  const items = itemCountOf(action);
  return action.type === "modify" || action.type === "batchModify" ? items * rules.modifyCost : Math.max(1, items);
}

const isCancel = (action: Action): boolean => action.type === "cancel" || action.type === "cancelByCloid";

/** Signers, agents, nonces and request budgets of all addresses. */
export class Admission {
  readonly agents = new AgentBook((address) => this.#nonces.delete(address));
  readonly #nonces = new Map<string, NonceSet>();
  readonly #rules: VenueRules;
  readonly #account: (address: string) => VenueAccount | null;

  constructor(rules: VenueRules, account: (address: string) => VenueAccount | null) {
    this.#rules = rules;
    this.#account = account;
  }

  /**
   * Admits a request or says why not, in the venue's words. The nonce is used up by what was signed by a known key, the requests are counted by
   * what the limiter let pass: a refusal changes nothing.
   */
  admit(request: SignedRequest, nowUs: TimeUs): VenueAccount | string {
    const { action } = request;
    if (itemCountOf(action) > this.#rules.itemsMax) return OVER_WEIGHT;
    const nowMs = nowUs / 1000;
    const signed = this.#signedFor(request, nowMs);
    if (typeof signed === "string") return signed;
    const nonce = this.#noncesOf(request.signer).take(request.nonce, nowUs);
    if (nonce !== null) return nonce;
    const account = actsForVault(action) && request.vault !== null ? this.#vaultOf(request.vault, signed) : signed;
    if (typeof account === "string") return account;
    const units = unitsOf(action, this.#rules.limiter);
    const isStale = request.expiresAfterMs !== null && nowMs > request.expiresAfterMs;
    if (!account.limiter.request(isStale ? STALE_COST * units : units, isCancel(action), nowUs, nowUs))
      return account.limiter.refusal();
    return isStale ? ALREADY_EXPIRED : account;
  }

  /** The account of the key: its own, or that of the one whose agent it is. */
  #signedFor(request: SignedRequest, nowMs: number): VenueAccount | string {
    const { signer, action } = request;
    const own = this.#account(signer);
    if (isUserSigned(action)) return own?.exists === true && own.master === null ? own : mustDepositText(signer);
    const owner = this.agents.ownerOf(signer, nowMs);
    if (owner !== null) return owner;
    return own?.exists === true && own.master === null ? own : unknownSignerText(signer);
  }

  #vaultOf(vault: string, signed: VenueAccount): VenueAccount | string {
    if (vault === signed.address) return signed;
    const account = this.#account(vault);
    if (account === null || account.master === null) return vaultNotRegisteredText(vault);
    return account.master === signed ? account : subAccountNotRegisteredText(vault, signed.address);
  }

  #noncesOf(signer: string): NonceSet {
    let nonces = this.#nonces.get(signer);
    if (nonces === undefined) {
      nonces = new NonceSet();
      this.#nonces.set(signer, nonces);
    }
    return nonces;
  }
}
