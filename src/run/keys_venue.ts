/**
 * Keys as the venue sees them: asked by `keys list` and `keys test`.
 * @module
 */
import { WallClock } from "../io/clock.ts";
import { usageError } from "../io/exit.ts";
import { KeyFolder } from "../io/key_folder.ts";
import { addressIn } from "../io/keystore.ts";
import { BunNet } from "../io/net.ts";
import { resolveVenue } from "../venue/hyperliquid/address.ts";
import { InfoClient } from "../venue/hyperliquid/info.ts";
import { type Agent, AgentError, type AgentQuestion, agentText, checkAgent } from "./agent_check.ts";

/** One key as `keys list --json` prints it. */
export interface KeyRow {
  name: string;
  path: string;
  address: string | null;
  account: string | null;
  venue: string | null;
  added_ms: number | null;
  /** What the venue says of it, where it was asked. */
  agent: string | null;
  valid_until_ms: number | null;
  /** What is wrong with its file, with what mends it. */
  problem: string | null;
}

/** Every key of the folder; with a venue, also whom each acts for there and until when. */
export async function listKeys(folder: string, venue: string | null): Promise<KeyRow[]> {
  const rows: KeyRow[] = new KeyFolder(folder).list().map(({ name, path, file, problem }) => ({
    name,
    path,
    address: file === null ? null : addressIn(file),
    account: file?.mmbin?.account ?? null,
    venue: file?.mmbin?.venue ?? null,
    added_ms: file?.mmbin?.addedMs ?? null,
    agent: null,
    valid_until_ms: null,
    problem: problem === "" ? null : problem,
  }));
  if (venue === null) return rows;
  const { clock, info } = openInfo(venue);
  for (const row of rows) {
    if (row.address === null) continue;
    const nowMs = clock.nowUs() / 1_000;
    try {
      const agent = await checkAgent(info, { signer: row.address, account: row.account, allowMaster: true, nowMs });
      row.agent = agentText(agent, nowMs);
      row.valid_until_ms = agent.validUntilMs;
    } catch (error) {
      if (!(error instanceof AgentError)) throw error;
      row.agent = error.message;
    }
  }
  return rows;
}

/** Asks one venue about one key. */
export async function askAgent(venue: string, question: Omit<AgentQuestion, "nowMs">): Promise<Agent> {
  const { clock, info } = openInfo(venue);
  return checkAgent(info, { ...question, nowMs: clock.nowUs() / 1_000 });
}

/** Refuses what is no venue that can be asked. Throws a usage error. */
export function checkVenue(venue: string): void {
  if (/^local(:|$)/.test(venue)) {
    throw usageError(
      "--venue local is made anew by each run and knows no key: start mmbin exchange and give its address",
    );
  }
  resolveVenue(venue);
}

function openInfo(venue: string): { clock: WallClock; info: InfoClient } {
  checkVenue(venue);
  const clock = new WallClock();
  return { clock, info: new InfoClient(clock, new BunNet(), resolveVenue(venue)) };
}
