/**
 * A local exchange in a process of its own, without limits of requests, so that a bench measures what it can do.
 *
 * Its first line on stdout says where it is and which keys have money; it lives until it is killed.
 * @module
 */
import { Exchange } from "../../src/exchange/exchange.ts";
import { FaultyDoor } from "../../src/exchange/faulty.ts";
import { Host } from "../../src/exchange/host.ts";
import { serveExchange } from "../../src/exchange/server.ts";
import { testKeys } from "../../src/exchange/test_keys.ts";
import { WallClock } from "../../src/io/clock.ts";
import { FaultPlan } from "../../src/sim/fault.ts";
import { defaultSpec } from "../../src/sim/venue/default_spec.ts";
import { Venue } from "../../src/sim/venue/venue.ts";
import { quietWorld } from "../../src/sim/world/spec.ts";
import { World } from "../../src/sim/world/world.ts";

export interface BenchPlace {
  url: string;
  ws: string;
  /** Private keys of accounts with money and requests. */
  keys: string[];
}

const KEYS = 8;

/** Starts one; resolves when it serves. */
export async function spawnExchange(): Promise<BenchPlace & { stop(): Promise<void> }> {
  const child = Bun.spawn([process.execPath, import.meta.path], { stdin: "pipe", stdout: "pipe", stderr: "inherit" });
  const { value } = await child.stdout.getReader().read();
  if (value === undefined) throw new Error("the exchange's process ended before it served");
  const stop = async (): Promise<void> => {
    child.kill();
    await child.exited;
  };
  return { ...(JSON.parse(new TextDecoder().decode(value)) as BenchPlace), stop };
}

if (import.meta.main) {
  const clock = new WallClock();
  const venue = new Venue(defaultSpec("Testnet", 1, clock.nowUs()));
  const participants = new World(quietWorld(venue.spec), venue, 1);
  const keys = testKeys(1, KEYS);
  for (const { address } of keys) venue.fund(address, 0, 1_000_000e6).limiter.volumeUsd = 1e13;
  const door = new FaultyDoor(new Exchange(venue, { ipLimits: false }), new FaultPlan(1), () => venue.nowUs);
  const host = new Host({ venue, clock, participants, afterBlock: () => door.tick() });
  const server = serveExchange(door, null);
  const place: BenchPlace = {
    url: server.url,
    ws: `${server.url.replace("http", "ws")}/ws`,
    keys: keys.map((k) => k.key),
  };
  console.log(JSON.stringify(place));
  await host.run();
}
