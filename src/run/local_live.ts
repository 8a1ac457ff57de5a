/**
 * Real orders on the embedded venue: the local exchange in this process with an account that is ready to trade. For trying out, and for nobody's money.
 * @module
 */
import { Exchange } from "../exchange/exchange.ts";
import { Host } from "../exchange/host.ts";
import { serveExchange } from "../exchange/server.ts";
import { worldHash } from "../exchange/world_file.ts";
import { ScaledClock } from "../io/clock.ts";
import { BunNet } from "../io/net.ts";
import type { NonceStore } from "../io/nonce_file.ts";
import { parseKey } from "../io/secret.ts";
import { resolveVenue } from "../venue/hyperliquid/address.ts";
import { ClockNonces } from "../venue/hyperliquid/nonces.ts";
import { KeySigner } from "../venue/hyperliquid/signer.ts";
import type { Place } from "./follow.ts";
import type { LiveDoor } from "./live_request.ts";
import { GENERATED_WARNINGS, marketOf, warmWorld } from "./local_place.ts";
import type { RunRequest } from "./request.ts";
import { openVirtualAccount } from "./virtual_account.ts";

/** What the account has, dollars: enough for the default capital and to spare. */
const FUND_USD = 1_000;

/** Opens the exchange and an account in it. Clocks of both sides are one, so that a speed speeds up both. */
export function openLocalLive(request: RunRequest, worldName: string): { place: Place; door: LiveDoor } {
  const { seed } = request;
  const { spec, venue, participants } = warmWorld(worldName, seed);
  const coin = request.markets[0] ?? marketOf(spec);
  const { master, agent } = openVirtualAccount(venue, { coin, fundUsd: FUND_USD, seed });
  const exchange = new Exchange(venue, { ipLimits: false });
  const server = serveExchange(exchange, null);
  const clock = new ScaledClock(venue.nowUs, request.speed ?? 1);
  const ended = Promise.withResolvers<void>();
  const host = new Host({ venue, clock, participants });
  host.run().catch(ended.reject);
  const signer = new KeySigner(parseKey(new TextEncoder().encode(agent.key), "test key"));
  const place: Place = {
    venue: resolveVenue(server.url, `local:${spec.name}`),
    clock,
    net: new BunNet(),
    seed: null,
    world: { name: spec.name, hash: worldHash(spec) },
    market: marketOf(spec),
    isEmbedded: true,
    warnings: GENERATED_WARNINGS,
    start: () => {},
    ended: ended.promise,
    close: () => {
      host.stop();
      server.stop();
      signer.close();
    },
  };
  const door: LiveDoor = {
    account: master.address,
    signer,
    network: "Testnet",
    openNonces: (offsetUs) =>
      new ClockNonces({
        address: signer.address,
        clock,
        store: new FreshNonces(),
        offsetUs,
        onProblem: () => {},
      }),
  };
  return { place, door };
}

/** The venue is as new as this process: no nonce of the key was ever used on it. */
export class FreshNonces implements NonceStore {
  reservedMs = 0;
  check(): void {}
  reserve(toMs: number): void {
    this.reservedMs = toMs;
  }
  reserveLater(toMs: number, onDone: (error: Error | null) => void): void {
    this.reserve(toMs);
    onDone(null);
  }
  release(): void {}
}
