/**
 * `mmbin keys`.
 * @module
 */
import { nearest } from "../core/nearest.ts";
import { timeText, WallClock } from "../io/clock.ts";
import { keyError, usageError } from "../io/exit.ts";
import { KeyFolder } from "../io/key_folder.ts";
import { writeError, writeOut } from "../io/log.ts";
import { openTerminal, type Terminal } from "../io/password.ts";
import { keysFolder } from "../io/paths.ts";
import { type Agent, agentText } from "../run/agent_check.ts";
import { addKey, type KeySource, openKey } from "../run/keys.ts";
import { askAgent, checkVenue, type KeyRow, listKeys } from "../run/keys_venue.ts";
import type { Parsed } from "./spec.ts";

/** Flags that each action takes; all take the first. */
const FLAGS = {
  add: ["json", "account", "venue", "generate", "key-fd", "password-fd", "allow-master-key"],
  list: ["json", "venue"],
  remove: ["json", "yes"],
  test: ["json", "venue", "password-fd", "allow-master-key"],
} as const;
type Action = keyof typeof FLAGS;
const ALL_FLAGS: readonly string[] = [...FLAGS.add, "yes"];

/** Adds, lists, removes or tries keys. */
export async function keysCommand(parsed: Parsed): Promise<number> {
  const [word, name] = parsed.words as [string, string | undefined];
  if (!(word in FLAGS)) {
    const near = nearest(word, Object.keys(FLAGS));
    throw usageError(`keys: add, list, remove or test, not ${word}${near === "" ? "" : `: did you mean ${near}?`}`);
  }
  const action = word as Action;
  const stray = ALL_FLAGS.find((flag) => parsed.has(flag) && !(FLAGS[action] as readonly string[]).includes(flag));
  if (stray !== undefined) throw usageError(`keys ${action}: --${stray} is not for this`);
  if (action === "list") {
    if (name !== undefined) throw usageError("keys list: takes no name");
    return list(parsed);
  }
  if (action === "test") return test(parsed, name ?? null);
  if (name === undefined) throw usageError(`keys ${action}: NAME is missing`);
  return action === "add" ? add(parsed, name) : remove(parsed, name);
}

async function add(parsed: Parsed, name: string): Promise<number> {
  const account = addressOf(parsed.text("account"));
  const venue = venueOf(parsed);
  const terminal = openTerminal();
  const isNew = parsed.has("generate");
  const { address, path } = await addKey({
    name,
    account,
    venue,
    allowMaster: parsed.has("allow-master-key"),
    source: sourceOf(parsed, terminal),
    password: { fd: fdOf(parsed, "password-fd"), env: process.env, terminal },
    folder: keysFolder(),
    nowMs: Math.floor(new WallClock().nowUs() / 1_000),
  });
  if (parsed.has("json")) {
    writeOut(`${JSON.stringify({ name, address, account, venue, path, generated: isNew })}\n`);
    return 0;
  }
  writeOut(`${isNew ? "made" : "kept"} ${name}: address ${address}, in ${path}\n`);
  if (isNew) writeOut(approvalText(address, venue));
  writeOut(`try it: mmbin keys test ${name} --venue ${venue ?? "mainnet"}\n`);
  return 0;
}

/** How the account's owner lets a new key sign for it. */
function approvalText(address: string, venue: string | null): string {
  const app = venue === "testnet" ? "https://app.hyperliquid-testnet.xyz/API" : "https://app.hyperliquid.xyz/API";
  return [
    "let it trade for your account, with the account's own wallet:",
    `  1. open ${app} and connect the wallet`,
    `  2. enter a name of at most 16 letters, and ${address} as the API wallet's address`,
    "  3. press Authorize, choose the days that it is good for (180 at most), and sign",
    "it can trade, and cannot withdraw; one key for one running program, and none that once expired\n",
  ].join("\n");
}

function sourceOf(parsed: Parsed, terminal: Terminal | null): KeySource {
  const fd = fdOf(parsed, "key-fd");
  const path = process.env.MMBIN_PRIVATE_KEY_FILE ?? "";
  if (parsed.has("generate")) {
    if (fd !== null) throw usageError("keys add: --generate and --key-fd exclude each other");
    return { kind: "generate" };
  }
  if (fd !== null) return { kind: "fd", fd };
  if (path !== "") return { kind: "file", path };
  if (terminal !== null) return { kind: "prompt", terminal };
  throw keyError("the key is missing: --generate, --key-fd N, MMBIN_PRIVATE_KEY_FILE, or a terminal to ask at");
}

async function list(parsed: Parsed): Promise<number> {
  const rows = await listKeys(keysFolder(), venueOf(parsed));
  if (parsed.has("json")) writeOut(`${JSON.stringify(rows)}\n`);
  else if (rows.length === 0) writeOut("no key yet: mmbin keys add NAME --generate makes one\n");
  else writeOut(rows.map(rowText).join(""));
  return 0;
}

function rowText(row: KeyRow): string {
  const whose = row.account === null ? "" : `  for ${row.account}`;
  const added = row.added_ms === null ? "" : `  added ${timeText(row.added_ms * 1_000)}`;
  const venue = row.venue === null ? "" : `  ${row.venue}`;
  const notes = [row.agent, row.problem].filter((note) => note !== null).map((note) => `  ${note}\n`);
  return `${row.name}  ${row.address ?? "address not told"}${whose}${venue}${added}\n${notes.join("")}`;
}

async function remove(parsed: Parsed, name: string): Promise<number> {
  const keys = new KeyFolder(keysFolder());
  const path = keys.pathOf(name);
  if (!keys.names().includes(name)) throw keyError(`no key ${name}: mmbin keys list shows them`);
  if (!parsed.has("yes")) {
    const terminal = openTerminal();
    if (terminal === null) throw usageError("keys remove: there is no terminal to ask at: say --yes");
    const answer = await terminal.line(`remove ${path}? it cannot be brought back (yes/no): `);
    if (answer.trim().toLowerCase() !== "yes") {
      writeError("kept");
      return 0;
    }
  }
  keys.remove(name);
  if (parsed.has("json")) writeOut(`${JSON.stringify({ name, removed: true })}\n`);
  else writeOut(`removed ${name}; the venue still takes its signatures until the agent is revoked or expires\n`);
  return 0;
}

async function test(parsed: Parsed, name: string | null): Promise<number> {
  const asked = venueOf(parsed);
  const opened = await openKey({
    name,
    env: process.env,
    passwordFd: fdOf(parsed, "password-fd"),
    terminal: openTerminal(),
    folder: keysFolder(),
  });
  const { signer, account } = opened;
  const { address } = signer;
  signer.close();
  const venue = asked ?? opened.venue;
  if (venue === null)
    throw usageError(`keys test: ${opened.name} opens (${address}); --venue says whom to ask about it`);
  if (opened.venue !== null && opened.venue !== venue) writeError(`${opened.name} was added for ${opened.venue}`);
  const agent = await askAgent(venue, { signer: address, account, allowMaster: parsed.has("allow-master-key") });
  if (agent.warning !== null) writeError(agent.warning);
  if (parsed.has("json")) writeOut(`${JSON.stringify(agentJson(opened.name, address, venue, agent))}\n`);
  else writeOut(`${opened.name}: ${address} is ${agentText(agent, new WallClock().nowUs() / 1_000)}\n`);
  return 0;
}

function agentJson(name: string, address: string, venue: string, agent: Agent): object {
  return {
    name,
    address,
    venue,
    account: agent.account,
    agent: agent.agentName,
    valid_until_ms: agent.validUntilMs,
    is_master: agent.isMaster,
    warning: agent.warning,
  };
}

function venueOf(parsed: Parsed): string | null {
  const venue = parsed.text("venue");
  if (venue !== null) checkVenue(venue);
  return venue;
}

/** A descriptor to read from. */
function fdOf(parsed: Parsed, flag: string): number | null {
  const fd = parsed.number(flag);
  if (fd === 1 || fd === 2) throw usageError(`keys: --${flag} ${fd} is where output goes`);
  return fd;
}

function addressOf(text: string | null): string | null {
  if (text === null) return null;
  if (!/^0x[0-9a-fA-F]{40}$/.test(text)) throw usageError(`--account is 0x and 40 hexadecimal digits, not "${text}"`);
  return text.toLowerCase();
}
