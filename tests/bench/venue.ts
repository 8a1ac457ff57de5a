/**
 * A venue in a process of its own, so that a bench measures its client alone.
 *
 * Run as `bun tests/bench/venue.ts SPEC`, SPEC being JSON. Its first line on stdout says where it is; it lives until it is killed or its
 * stdin closes.
 * @module
 */

import { WallClock, yieldTurn } from "../../src/io/clock.ts";
import type { InfoAnswer } from "../../src/wire/hyperliquid/instrument.ts";
import { readWhole } from "../fixtures/loopback.ts";
import { Pump, type SourceItem } from "../fixtures/served/pump.ts";
import { serveLocal } from "../fixtures/served/server.ts";
import { LocalVenue } from "../fixtures/served/venue.ts";
import { manyAnswers, manyPushes } from "./markets.ts";

/** What is served: a tape, or markets that are generated; at once with marks of their time, or as they happen. */
export interface VenueSpec {
  tape?: string;
  markets: number;
  seconds: number;
  pace: number;
  /** Precede each push by its time and send as fast as the sockets take it. */
  marks: boolean;
}

/** Where it is, and the time of its first push. */
export interface VenuePlace {
  url: string;
  startUs: number;
}

/** Pushes of a real-time venue begin so long after its start: a client is there by then. */
const LEAD_US = 1_500_000;
/** Any whole day: a marked venue has its own time. */
const MARKED_START_US = 1_767_225_600_000_000;

/** Starts one; resolves when it serves. */
export async function spawnVenue(spec: VenueSpec): Promise<VenuePlace & { stop(): Promise<void> }> {
  const child = Bun.spawn([process.execPath, import.meta.path, JSON.stringify(spec)], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
  });
  const { value } = await child.stdout.getReader().read();
  if (value === undefined) throw new Error("the venue's process ended before it served");
  const stop = async (): Promise<void> => {
    child.kill();
    await child.exited;
  };
  return { ...(JSON.parse(new TextDecoder().decode(value)) as VenuePlace), stop };
}

async function load(
  spec: VenueSpec,
): Promise<{ answers: InfoAnswer[]; next: () => SourceItem | null; startUs: number }> {
  if (spec.tape !== undefined) {
    const { answers, items } = await readWhole([spec.tape]);
    let at = 0;
    return { answers, next: () => items[at++] ?? null, startUs: items[0]?.timeUs ?? 0 };
  }
  const startUs = spec.marks ? MARKED_START_US : new WallClock().nowUs() + LEAD_US;
  const pushes = manyPushes(spec.markets, spec.seconds, startUs, spec.pace);
  return { answers: manyAnswers(spec.markets), next: () => pushes.next().value ?? null, startUs };
}

async function serve(spec: VenueSpec): Promise<void> {
  const { answers, next, startUs } = await load(spec);
  const venue = new LocalVenue(answers, { marks: spec.marks, nowUs: startUs, recall: !spec.marks });
  const server = serveLocal(venue);
  const place: VenuePlace = { url: server.url, startUs };
  process.stdin.on("end", () => process.exit(0)).resume();
  process.stdout.write(JSON.stringify(place));
  // A venue without a clock waits for its client: both books, touch, trades and context of each market.
  while (spec.marks && venue.subscriptionCount < 5 * spec.markets) await yieldTurn();
  await new Pump(venue, server, { next }, spec.marks ? null : new WallClock()).run();
}

if (import.meta.main) await serve(JSON.parse(process.argv[2] ?? "") as VenueSpec);
