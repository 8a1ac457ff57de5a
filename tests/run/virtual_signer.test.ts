import { describe, expect, test } from "bun:test";
import { NO_WAY } from "../../src/exchange/direct_net.ts";
import { openVirtualAccount } from "../../src/run/virtual_account.ts";
import { VirtualSigner } from "../../src/run/virtual_signer.ts";
import { VirtualWorld } from "../../src/run/virtual_world.ts";
import type { Signer } from "../../src/venue/hyperliquid/trading.ts";
import { actionHash, agentDigest } from "../../src/wire/hyperliquid/hash.ts";
import { addressOf, signDigest } from "../../src/wire/hyperliquid/sign.ts";

const FRAME = { vaultAddress: null, expiresAfter: null };

/** Sends a dead man's switch under a nonce; what the venue answers. `change` spoils the envelope on its way. */
async function send(
  make: (world: VirtualWorld, key: string) => Signer,
  change = (_: object): void => {},
): Promise<string> {
  const world = new VirtualWorld({ world: "quiet", seed: 1, way: NO_WAY });
  const { agent } = openVirtualAccount(world.venue, { coin: world.market, fundUsd: 100 });
  const nonce = world.venue.nowMs;
  const action = { type: "noop" as const };
  const signer = make(world, agent.key);
  const signature = signer.sign(agentDigest(actionHash(action, { ...FRAME, nonce }), "Testnet"));
  const envelope = { action, nonce, signature, ...FRAME };
  change(envelope);
  const { exchangeUrl } = world.address;
  const reply = await world.runClient(world.client(), ({ net }) =>
    net.request(exchangeUrl, JSON.stringify(envelope), 5_000),
  );
  return reply?.text ?? "";
}

const quick = (world: VirtualWorld, key: string): Signer =>
  new VirtualSigner(addressOf(key), world.exchange.signatures);
const real = (_: VirtualWorld, key: string): Signer => ({
  address: addressOf(key),
  sign: (digest) => signDigest(digest, key) as ReturnType<Signer["sign"]>,
});

describe("a signer without a key", () => {
  test("is heard like one with a key", async () => {
    expect(await send(quick)).toBe('{"status":"ok","response":{"type":"default"}}');
    expect(await send(quick)).toBe(await send(real));
  });

  test.each([
    ["another nonce", (e: object) => Object.assign(e, { nonce: (e as { nonce: number }).nonce + 1 })],
    ["an expiry", (e: object) => Object.assign(e, { expiresAfter: 1_800_000_000_000 })],
  ])("is a stranger when %s was put in on the way", async (_, change) => {
    const answer = await send(quick, change);
    expect(answer).toContain('"status":"err"');
    expect(await send(real, change)).toContain('"status":"err"');
  });

  test("is nobody at another venue", async () => {
    const elsewhere = new VirtualWorld({ world: "quiet", seed: 1 });
    const answer = await send((_, key) => quick(elsewhere, key));
    expect(answer).toContain('"status":"err"');
  });
});
