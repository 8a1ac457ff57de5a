/**
 * Whom a key acts for, asked of the venue: an agent's key and nothing else may sign for an account.
 * @module
 */
import { timeText } from "../io/clock.ts";
import type { InfoClient } from "../venue/hyperliquid/info.ts";
import { extraAgentsSchema, userRoleSchema } from "../wire/hyperliquid/agents.ts";

const DAY_MS = 86_400_000;
/** An agent that expires sooner is told of: approving another takes the account's own wallet, and so a person. */
export const EXPIRY_WARNING_MS = 14 * DAY_MS;

/** Why a key must not sign. */
export type AgentProblem = "unknown" | "other_account" | "expired" | "master" | "no_signer" | "unreadable";

/** Before an agent's end a run with real orders ends itself: who signs nothing any more cancels nothing. */
const EXPIRY_END_MS = 5 * 60_000;

/** A key that the venue does not know as an agent of the account. */
export class AgentError extends Error {
  override readonly name = "AgentError";
  readonly exitCode = 4;
  readonly problem: AgentProblem;

  constructor(problem: AgentProblem, message: string) {
    super(message);
    this.problem = problem;
  }
}

/** What the venue says of a key that may sign. */
export interface Agent {
  /** Account that it acts for, lower case. */
  account: string;
  /** Name that the account gave it; null for the unnamed one, which the venue does not list, and for the account's own key. */
  agentName: string | null;
  /** When it ends; null where the venue does not say. */
  validUntilMs: number | null;
  /** The key is the account's own: it can move money. */
  isMaster: boolean;
  /** Sentence for people, where there is something to do; else null. */
  warning: string | null;
}

export interface AgentQuestion {
  /** Address of the key. */
  signer: string;
  /** Account that it is meant for; null takes whatever the venue says. */
  account: string | null;
  /** Lets the account's own key pass. */
  allowMaster: boolean;
  nowMs: number;
}

/**
 * Asks the venue for the role of the key's address and for the agents of its account: weights 60 and 20 of 1,200 a minute.
 * @throws {AgentError} The key must not sign for the account (exit 4).
 * @throws {NetError}   No answer (exit 5).
 */
export async function checkAgent(info: InfoClient, question: AgentQuestion): Promise<Agent> {
  const signer = question.signer.toLowerCase();
  const account = question.account?.toLowerCase() ?? null;
  const answer = await info.ask({ type: "userRole", user: signer });
  const parsed = userRoleSchema.safeParse(answer.response);
  if (!parsed.success) throw new AgentError("unreadable", `the venue's answer to userRole is not understood`);
  const role = parsed.data;
  switch (role.role) {
    case "agent":
      return checkOwner(info, { ...question, signer, account }, role.data.user.toLowerCase());
    case "user":
      return checkMaster({ ...question, signer, account });
    case "missing":
      throw await unknownKey(info, { ...question, signer, account });
    case "vault":
    case "subAccount":
      throw new AgentError(
        "no_signer",
        `${signer} is a ${role.role}, which has no key: nothing that it signs is taken`,
      );
  }
}

async function checkOwner(info: InfoClient, question: AgentQuestion, owner: string): Promise<Agent> {
  const { signer, account, nowMs } = question;
  if (account !== null && account !== owner) throw await otherAccount(info, signer, account, owner);
  const listed = (await agentsOf(info, owner)).find((agent) => agent.address === signer);
  if (listed === undefined) {
    return { account: owner, agentName: null, validUntilMs: null, isMaster: false, warning: null };
  }
  const { name, validUntil } = listed;
  if (validUntil !== null && validUntil <= nowMs) throw expired(signer, owner, validUntil);
  const isSoon = validUntil !== null && validUntil - nowMs < EXPIRY_WARNING_MS;
  const warning = isSoon
    ? `agent ${name} of ${owner} expires in ${leftText(validUntil - nowMs)}: approve ${signer} again`
    : null;
  return { account: owner, agentName: name, validUntilMs: validUntil, isMaster: false, warning };
}

function checkMaster({ signer, account, allowMaster }: AgentQuestion): Agent {
  if (account !== null && account !== signer) {
    throw new AgentError("other_account", `${signer} is an account of its own, not an agent of ${account}`);
  }
  if (!allowMaster) {
    throw new AgentError(
      "master",
      `this is the key of the account ${signer} itself, which can move all its money: use an agent's (mmbin keys add NAME --generate), ` +
        "or say --allow-master-key",
    );
  }
  const warning = `${signer} signs with the account's own key: whoever gets it has the money`;
  return { account: signer, agentName: null, validUntilMs: null, isMaster: true, warning };
}

async function otherAccount(info: InfoClient, signer: string, account: string, owner: string): Promise<AgentError> {
  const answer = await info.ask({ type: "userRole", user: account });
  const parsed = userRoleSchema.safeParse(answer.response);
  const isSub = parsed.success && parsed.data.role === "subAccount" && parsed.data.data.master.toLowerCase() === owner;
  const why = isSub
    ? `, whose sub-account ${account} is: sub-accounts are not traded for their master`
    : `, not of ${account}`;
  return new AgentError("other_account", `${signer} is an agent of ${owner}${why}`);
}

/** A key that is nobody: the account, where it is known, may still tell since when. */
async function unknownKey(info: InfoClient, { signer, account, nowMs }: AgentQuestion): Promise<AgentError> {
  if (account !== null) {
    const listed = (await agentsOf(info, account)).find((agent) => agent.address === signer);
    const until = listed?.validUntil ?? null;
    if (until !== null && until <= nowMs) return expired(signer, account, until);
  }
  const whose = account === null ? "" : ` for ${account}`;
  return new AgentError(
    "unknown",
    `the venue does not know ${signer}: never approved${whose} here, revoked, or expired: approve it with the account's wallet`,
  );
}

function expired(signer: string, account: string, untilMs: number): AgentError {
  const when = timeText(untilMs * 1_000);
  return new AgentError(
    "expired",
    `agent ${signer} of ${account} expired at ${when}: make a new key, an expired one must not come back`,
  );
}

async function agentsOf(
  info: InfoClient,
  account: string,
): Promise<{ name: string; address: string; validUntil: number | null }[]> {
  const answer = await info.ask({ type: "extraAgents", user: account });
  const parsed = extraAgentsSchema.safeParse(answer.response);
  if (!parsed.success) throw new AgentError("unreadable", "the venue's answer to extraAgents is not understood");
  return parsed.data.map((agent) => ({ ...agent, address: agent.address.toLowerCase() }));
}

/** What a key is, in words. */
export function agentText(agent: Agent, nowMs: number): string {
  const { account, agentName, validUntilMs, isMaster } = agent;
  if (isMaster) return `the key of the account ${account} itself`;
  const name = agentName === null ? "the unnamed agent" : `approved agent "${agentName}"`;
  if (validUntilMs === null) return `${name} of ${account}, until when the venue does not say`;
  return `${name} of ${account}, expires in ${leftText(validUntilMs - nowMs)} (${timeText(validUntilMs * 1_000)})`;
}

/** Why a run must end while it still can, or "". @param nowMs The venue's time. */
export function expiringText({ agentName, validUntilMs }: Agent, nowMs: number): string {
  if (validUntilMs === null || validUntilMs - nowMs > EXPIRY_END_MS) return "";
  return `agent ${agentName ?? "without a name"} expires at ${timeText(validUntilMs * 1_000)}: make and approve a new one`;
}

/** A span for people: 13 days, 5 hours. */
export function leftText(ms: number): string {
  const days = ms / DAY_MS;
  return days >= 2 ? `${Math.floor(days)} days` : `${Math.max(0, Math.floor(days * 24))} hours`;
}
