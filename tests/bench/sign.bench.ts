/**
 * From the intents of one decision to the signed bytes of a post, one order and a ladder of ten; against the signers of two other clients in the
 * same run, which are given the action ready made.
 */
import { signL1Action } from "@nktkas/hyperliquid/signing";
import { hyperliquid } from "ccxt";
import { privateKeyToAccount } from "viem/accounts";
import { BUY, SELL } from "../../src/core/frame.ts";
import { batchesOf, OrderIds, requestOf } from "../../src/venue/hyperliquid/batch.ts";
import { postText, signAction } from "../../src/venue/hyperliquid/sign_action.ts";
import { intentFrame, MARKETS, place, RUN, START_US, TestSigner } from "../fixtures/gateway.ts";
import { conditions } from "./support.ts";

const KEY = `0x${"1".repeat(64)}` as const;
const NONCE = START_US / 1000;
const ROUNDS = 1_500;
/** The compiler has its time, then it counts. */
const WARM = 400;

const wallet = privateKeyToAccount(KEY);
const signer = new TestSigner(KEY);
const ids = new OrderIds(RUN);
/** The other client's method, which it does not type. */
interface CcxtSigner {
  signL1Action(action: object, nonce: number, vault: string | undefined, expiresAfter: number): object;
}
const ccxt = new hyperliquid({ privateKey: KEY, walletAddress: wallet.address }) as unknown as CcxtSigner;

function framesOf(count: number): Float64Array[] {
  return Array.from({ length: count }, (_, i) =>
    intentFrame(
      place(i + 1, { side: i % 2 === 0 ? BUY : SELL, px: 300_000 + (i % 2 === 0 ? -100 : 100) * i }),
      START_US,
    ),
  );
}

const batchOf = (frames: readonly Float64Array[]) =>
  batchesOf(
    frames.map((frame) => requestOf(frame, 0, MARKETS)),
    ids,
  );

function ours(frames: readonly Float64Array[], nonce: number): number {
  const [batch] = batchOf(frames);
  if (batch === undefined) throw new Error("no action");
  const context = { network: "Mainnet", nonce, vaultAddress: null, expiresAfter: nonce + 5_000 } as const;
  return postText(1, signAction(batch.action, context, signer)).length;
}

async function theirs(action: object, nonce: number): Promise<number> {
  const expiresAfter = nonce + 5_000;
  const signature = await signL1Action({ wallet, action: action as { [key: string]: unknown }, nonce, expiresAfter });
  return postText(1, JSON.stringify({ action, nonce, signature, expiresAfter })).length;
}

function others(action: object, nonce: number): number {
  const expiresAfter = nonce + 5_000;
  const signature = ccxt.signL1Action(action, nonce, undefined, expiresAfter);
  return postText(1, JSON.stringify({ action, nonce, signature, expiresAfter })).length;
}

const quantile = (values: readonly number[], q: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(q * (values.length - 1))] ?? Number.NaN;

/** Turn by turn, so that whatever else the machine does falls on all alike. Microseconds. */
async function measure(count: number): Promise<number[][]> {
  const frames = framesOf(count);
  const action = batchOf(frames)[0]?.action ?? {};
  const times: number[][] = [[], [], []];
  for (let i = 0; i < WARM + ROUNDS; i++) {
    const works = [() => ours(frames, NONCE + i), () => theirs(action, NONCE + i), () => others(action, NONCE + i)];
    for (const [who, work] of works.entries()) {
      const start = Bun.nanoseconds();
      await work();
      if (i >= WARM) times[who]?.push((Bun.nanoseconds() - start) / 1000);
    }
  }
  return times;
}

console.log(`sign: ${conditions()}`);
for (const count of [1, 10]) {
  const times = await measure(count);
  const [mine, nktkas, other] = times.map((one) => ({ p50: quantile(one, 0.5), p99: quantile(one, 0.99) }));
  if (mine === undefined) throw new Error("nothing was measured");
  console.log(
    `  ${count} order(s), intents to signed post, n ${ROUNDS}: p50 ${mine.p50.toFixed(0)} us, p99 ${mine.p99.toFixed(0)} us`,
  );
  for (const [name, its] of [
    ["@nktkas/hyperliquid with viem", nktkas],
    ["ccxt", other],
  ] as const) {
    if (its === undefined) continue;
    const ratio = (its.p50 / mine.p50).toFixed(2);
    console.log(
      `    ${name}: p50 ${its.p50.toFixed(0)} us, p99 ${its.p99.toFixed(0)} us: ${ratio} times ours (wanted at least 1)`,
    );
  }
}
