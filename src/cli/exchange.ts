/**
 * `mmbin exchange`.
 * @module
 */
import { MICRO_PER_USD, parseNumber } from "../core/units.ts";
import { usageError } from "../io/exit.ts";
import { writeError, writeOut } from "../io/log.ts";
import { cardText, EXCHANGE_PORT, type ExchangeRequest, marketsText, runExchange } from "../run/exchange.ts";
import { listenForSignals, parseSpan } from "./run.ts";
import type { Parsed } from "./spec.ts";

const PORT_MAX = 65_535;
/** Sums of all accounts stay whole in a double below this, dollars. */
const FUND_MAX_USD = 10_000_000;

/** Serves the local exchange until stopped. */
export async function exchangeCommand(parsed: Parsed): Promise<number> {
  const request = requestOf(parsed);
  if (parsed.has("print-markets")) {
    writeOut(marketsText(request.marketsFile, request.chain));
    return 0;
  }
  const signal = listenForSignals();
  const quiet = parsed.has("quiet");
  let readerGone = false;
  await runExchange(request, {
    onReady: (card) => {
      if (!writeOut(parsed.has("json") ? `${JSON.stringify(card)}\n` : cardText(card))) readerGone = true;
    },
    // What may cost money at the real venue is told even so.
    note: (line) => writeError(`mmbin: ${line}`),
    status: (line) => {
      if (!quiet) writeError(line);
    },
    stopRequested: () => readerGone || signal.code !== 0,
  });
  return signal.code;
}

function requestOf(parsed: Parsed): ExchangeRequest {
  const port = parsed.number("port") ?? EXCHANGE_PORT;
  if (port > PORT_MAX) throw usageError(`exchange: --port is at most ${PORT_MAX}, not ${port}`);
  const speed = parsed.number("speed") ?? 1;
  const control = parsed.has("control");
  if (speed === 0 && !control)
    throw usageError("exchange: --speed 0 makes no blocks by itself: it needs --control, which steps them");
  return {
    port,
    marketsFile: parsed.text("markets"),
    seed: parsed.number("seed") ?? 1,
    speed,
    chain: parsed.text("chain") === "mainnet" ? "Mainnet" : "Testnet",
    funds: parsed.texts("fund").map(parseFund),
    control,
    forSeconds: parseSpan(parsed.text("for"), "--for"),
  };
}

/** Reads ADDR=USD. */
function parseFund(text: string): { address: string; usd: number } {
  const match = /^(0x[0-9a-fA-F]{40})=(.+)$/.exec(text);
  const dollars = match === null ? Number.NaN : parseNumber(match[2] as string);
  if (match === null || !(dollars > 0 && dollars <= FUND_MAX_USD))
    throw usageError(`exchange: --fund is an address, = and at most ${FUND_MAX_USD} dollars, not "${text}"`);
  return { address: (match[1] as string).toLowerCase(), usd: Math.round(dollars * MICRO_PER_USD) };
}
