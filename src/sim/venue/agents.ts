/**
 * Who may sign for whom.
 * @module
 */
import { US_PER_DAY, US_PER_MS } from "../../core/units.ts";
import { AGENT_EXPIRED, AGENT_USED, tooManyAgentsText } from "../../wire/hyperliquid/errors.ts";
import type { Agent, VenueAccount } from "./account.ts";

/**
 * An agent without a date is good for 90 days, none for more than 180; names have at most 16 characters (agents page, August 2026). The venue
 * itself was seen to let an agent sign for minutes after its date (testnet probe, September 2026); here it ends on time.
 */
const DEFAULT_MS = (90 * US_PER_DAY) / US_PER_MS;
const LONGEST_MS = (180 * US_PER_DAY) / US_PER_MS;
const NAME_MAX = 16;
/** Named agents of an account, and more for each sub-account. */
const NAMED_MAX = 3;
const NAMED_PER_SUB_ACCOUNT = 2;
const ZERO = "0x0000000000000000000000000000000000000000";
const VALID_UNTIL = /^(.*?) valid_until (\d{1,16})$/;

/** Agents of all accounts, by their address. */
export class AgentBook {
  readonly #owners = new Map<string, { account: VenueAccount; agent: Agent }>();
  /** Told when an agent is gone: its nonces are forgotten with it. */
  readonly #onGone: (address: string) => void;

  constructor(onGone: (address: string) => void) {
    this.#onGone = onGone;
  }

  /** The account that the address may sign for now, or null. */
  ownerOf(address: string, nowMs: number): VenueAccount | null {
    const found = this.#owners.get(address);
    if (found === undefined) return null;
    if (found.agent.validUntilMs > nowMs) return found.account;
    this.#remove(found.account, found.agent.name);
    return null;
  }

  /** Whether the address is an agent of anybody. */
  isAgent(address: string, nowMs: number): boolean {
    return this.ownerOf(address, nowMs) !== null;
  }

  /**
   * Approves, replaces or (by the zero address) removes an agent. `fullName` may end with ` valid_until <ms>`. Returns the venue's error text, or
   * null.
   */
  approve(account: VenueAccount, address: string, fullName: string, nowMs: number, isUser: boolean): string | null {
    const match = VALID_UNTIL.exec(fullName);
    const name = match === null ? fullName : (match[1] as string);
    const untilMs = match === null ? nowMs + DEFAULT_MS : Number(match[2]);
    if (name.length > NAME_MAX) return "Agent name is too long.";
    // A date too far ahead gets the same words (testnet probe, September 2026).
    if (untilMs <= nowMs || untilMs > nowMs + LONGEST_MS) return AGENT_EXPIRED;
    if (address === ZERO) {
      this.#remove(account, name);
      return null;
    }
    const other = this.ownerOf(address, nowMs);
    if (isUser || (other !== null && account.agents.get(name)?.address !== address)) return AGENT_USED;
    for (const agent of [...account.agents.values()])
      if (agent.validUntilMs <= nowMs) this.#remove(account, agent.name);
    const limit = NAMED_MAX + NAMED_PER_SUB_ACCOUNT * account.subAccounts.length;
    const named = [...account.agents.keys()].filter((key) => key !== "").length;
    if (name !== "" && !account.agents.has(name) && named >= limit) return tooManyAgentsText(limit);
    // The same address again keeps its nonces: only its date moves.
    if (account.agents.get(name)?.address !== address) this.#remove(account, name);
    const agent: Agent = { address, name, validUntilMs: untilMs };
    account.agents.set(name, agent);
    this.#owners.set(address, { account, agent });
    return null;
  }

  #remove(account: VenueAccount, name: string): void {
    const agent = account.agents.get(name);
    if (agent === undefined) return;
    account.agents.delete(name);
    this.#owners.delete(agent.address);
    this.#onGone(agent.address);
  }
}
