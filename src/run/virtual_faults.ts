/**
 * Bad times for a virtual world: a program of faults, played as its time comes.
 * @module
 */
import type { Episode } from "../sim/fault_program.ts";
import type { VirtualClient } from "./virtual_client.ts";
import type { VirtualWorld } from "./virtual_world.ts";

/**
 * Lets the episodes happen from now on. What concerns a client concerns the one that `client` returns when the time has come: one that died may have
 * been started again.
 * @param onBegin Told of each when it begins.
 */
export function playFaults(
  world: VirtualWorld,
  episodes: readonly Episode[],
  client: () => VirtualClient,
  onBegin: (episode: Episode) => void = () => {},
): void {
  let outages = 0;
  for (const episode of episodes) {
    world.clock.setTimer(episode.atUs, () => {
      onBegin(episode);
      begin(world, episode, client());
      if (episode.kind === "outage") world.isReachable = ++outages === 0;
    });
    world.clock.setTimer(episode.atUs + episode.forUs, () => {
      for (const rule of episode.rules) world.plan.remove(rule);
      if (episode.kind === "outage") world.isReachable = --outages === 0;
    });
  }
}

function begin(world: VirtualWorld, episode: Episode, client: VirtualClient): void {
  const { kind, forUs, rules, stepUs } = episode;
  for (const rule of rules) world.plan.add(rule);
  if (kind === "outage") world.door.disconnect();
  else if (kind === "halt") world.halt(forUs);
  else if (kind === "stall") client.stall(forUs);
  else if (kind === "clock") client.clock.step(stepUs);
}
