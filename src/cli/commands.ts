/**
 * Every command, by name. What a command needs is loaded when it runs, so that `mmbin version` is quick.
 * @module
 */
import { PROFILES } from "../core/params.ts";
import type { CommandSpec, Flag } from "./spec.ts";

const json: Flag = { kind: "boolean", help: "print one JSON object instead of a table" };
const tape: Flag = { kind: "text", hint: "FILE", many: true, help: "a tape: plain, .gz or .zst" };
const facts: Flag = { kind: "text", hint: "FILE", help: "facts of the markets, for tapes that lack them" };
const config: Flag = { kind: "text", hint: "FILE", help: "settings in TOML" };
const set: Flag = {
  kind: "text",
  hint: "KEY=VALUE",
  many: true,
  help: "one setting; goes before file and environment",
};
const profile: Flag = {
  kind: "text",
  oneOf: PROFILES,
  help: "defaults to start from; hip3 for markets with a dex prefix, else perp",
};

const run: Record<string, Flag> = {
  profile,
  config,
  set,
  latency: {
    kind: "number",
    hint: "SECONDS",
    min: 0.001,
    help: "from an event at the venue to our answer being live there",
  },
  prior: {
    kind: "text",
    hint: "FILE|latest|none",
    many: true,
    help: "start from what an earlier run learnt; paper on a venue takes latest, tapes none",
  },
  journal: {
    kind: "text",
    hint: "FOLDER|none",
    help: "where every frame and intent is written; a run on a venue writes to the state folder, tapes write none",
  },
  facts,
  "skip-bad-lines": { kind: "boolean", help: "count bad lines of a tape instead of stopping at the first" },
  "quota-used": { kind: "number", hint: "N", min: 0, help: "requests that the address has used; 0 for a new one" },
  "quota-volume": { kind: "number", hint: "USD", min: 0, help: "credited volume of the address" },
  json,
  out: { kind: "text", hint: "FILE", help: "also write the JSON report here" },
  quiet: { kind: "boolean", help: "no status lines" },
};

export const COMMANDS: readonly CommandSpec[] = [
  {
    name: "backtest",
    help: "run the engine over recorded tapes and report",
    words: { name: "TAPE", min: 0, max: 10_000, help: "tapes in order of time, as --tape" },
    flags: {
      tape,
      market: { kind: "text", hint: "MARKET", many: true, help: "a market of the tape, as BTC or xyz:TSLA" },
      ...run,
      "latency-curve": { kind: "numbers", hint: "S,S,...", min: 0.001, help: "run again at each of these latencies" },
    },
    examples: [
      "mmbin backtest --tape day.ndjson.zst --market WLFI",
      "mmbin backtest tapes/*.zst --market hyna:HYPE",
      "mmbin backtest --tape day.ndjson.zst --market WLFI --latency-curve 0.05,0.1,0.3,0.65,1 --json | jq .markets[0].latency",
      "mmbin backtest --tape day.ndjson.zst --market WLFI --profile fixed --set half_spread_fixed_bps=6",
    ],
    run: async (parsed) => (await import("./backtest.ts")).backtestCommand(parsed),
  },
  {
    name: "paper",
    help: "trade on paper: on a venue's live data, over a tape, or on a generated market",
    words: {
      name: "MARKET",
      min: 0,
      max: 64,
      help: "markets, as BTC or xyz:TSLA; none means the config's, or the generated one",
    },
    flags: {
      venue: {
        kind: "text",
        hint: "VENUE",
        help: "mainnet, testnet, local or an address (mainnet when a market is named)",
      },
      address: {
        kind: "text",
        hint: "0x...",
        help: "an account: its fees and its request count are used, nothing is signed",
      },
      tape,
      speed: {
        kind: "number",
        hint: "N",
        min: 0.01,
        help: "market seconds per second, of a tape or the generated market (1)",
      },
      for: { kind: "text", hint: "30m", help: "end after this much market time: 45s, 30m, 2h" },
      seed: { kind: "number", hint: "N", min: 0, integer: true, help: "seed of the generated market (1)" },
      record: { kind: "text", hint: "FILE", help: "also write what the venue sends as a .zst tape" },
      ...run,
      json: { kind: "boolean", help: "print JSON lines: a status a market each market minute, the report last" },
    },
    examples: [
      "mmbin paper xyz:TSLA hyna:HYPE",
      "mmbin paper BTC --venue testnet --for 30m",
      "mmbin paper --for 2h --speed 600",
      "mmbin paper WLFI --tape day.ndjson.zst --speed 60",
      "mmbin paper xyz:TSLA --json | jq -c 'select(.schema==\"mmbin.status/1\") | [.market, .edge.mean_bps, .requests.runway_h]'",
    ],
    run: async (parsed) => (await import("./paper.ts")).paperCommand(parsed),
  },
  {
    name: "record",
    help: "record a venue's public data as tapes",
    words: { name: "MARKET", min: 0, max: 64, help: "markets, as BTC or xyz:TSLA; none means the config's" },
    flags: {
      venue: { kind: "text", hint: "VENUE", help: "mainnet, testnet, local or an address (mainnet)" },
      out: { kind: "text", hint: "DIR", help: "folder of the tapes (tapes)" },
      rotate: { kind: "text", hint: "1h", help: "begin a new tape after this time: 10m, 1h (1h)" },
      for: { kind: "text", hint: "30m", help: "end after this time: 45s, 30m, 2h" },
      address: {
        kind: "text",
        hint: "0x...",
        help: "an account whose fees the tapes shall carry; nobody's are tier 0",
      },
      seed: {
        kind: "number",
        hint: "N",
        min: 0,
        integer: true,
        help: "seed of the generated market, with --venue local (1)",
      },
      speed: { kind: "number", hint: "N", min: 0.01, help: "market seconds per second, with --venue local (1)" },
      config,
      json,
      quiet: { kind: "boolean", help: "no status lines" },
    },
    examples: ["mmbin record xyz:TSLA hyna:HYPE --out tapes --rotate 1h", "mmbin record BTC --for 10m --json"],
    run: async (parsed) => (await import("./record.ts")).recordCommand(parsed),
  },
  {
    name: "exchange",
    help: "serve Hyperliquid on loopback: HTTP, WebSocket, accounts, order books and a quiet market",
    words: null,
    flags: {
      port: {
        kind: "number",
        hint: "N",
        min: 0,
        integer: true,
        help: "port of 127.0.0.1; 0 takes any free one (3001)",
      },
      markets: { kind: "text", hint: "FILE.toml", help: "dexs, markets and rules in place of the default ones" },
      "print-markets": { kind: "boolean", help: "print the markets as TOML, each key explained, and end" },
      seed: {
        kind: "number",
        hint: "N",
        min: 0,
        integer: true,
        help: "seed of the market, the keys and the faults (1)",
      },
      speed: {
        kind: "number",
        hint: "N",
        min: 0,
        help: "venue seconds per second (1); 0 makes blocks only when the control says so",
      },
      chain: {
        kind: "text",
        oneOf: ["testnet", "mainnet"],
        help: "whose signatures are taken (testnet); mainnet's are valid at the real venue too: use test keys",
      },
      fund: { kind: "text", hint: "ADDR=USD", many: true, help: "an account with this much collateral on every dex" },
      control: { kind: "boolean", help: "serve POST /control: steps, faults, halts, prices, money; for tests" },
      for: { kind: "text", hint: "10m", help: "end after this much venue time: 45s, 30m, 2h" },
      json: { kind: "boolean", help: "print URLs, keys and markets as one JSON line" },
      quiet: { kind: "boolean", help: "no status lines" },
    },
    examples: [
      "mmbin exchange",
      "mmbin exchange --port 0 --seed 7 --speed 10 --for 1h --json --quiet",
      "mmbin exchange --print-markets > markets.toml",
      "mmbin exchange --markets markets.toml --fund 0x2222222222222222222222222222222222222222=500",
      "mmbin exchange --control --speed 0",
    ],
    run: async (parsed) => (await import("./exchange.ts")).exchangeCommand(parsed),
  },
  {
    name: "market",
    help: "the fact sheet of a market",
    words: { name: "MARKET", min: 1, max: 1, help: "as BTC or xyz:TSLA" },
    flags: { tape, facts, json, "skip-bad-lines": run["skip-bad-lines"] as Flag },
    examples: ["mmbin market WLFI --tape day.ndjson.zst"],
    run: async (parsed) => (await import("./market.ts")).marketCommand(parsed),
  },
  {
    name: "config",
    help: "settings: what holds and where it comes from",
    words: { name: "show|check|schema", min: 1, max: 2, help: "what to do; show takes a market after it" },
    flags: { config, set, profile, json },
    examples: [
      "mmbin config show",
      "mmbin config show hyna:HYPE --set capital_usd=1000",
      "mmbin config check --config mmbin.toml",
      "mmbin config schema",
    ],
    run: async (parsed) => (await import("./config.ts")).configCommand(parsed),
  },
  {
    name: "report",
    help: "show the report of a run as a table, or document its keys",
    words: { name: "RUN", min: 0, max: 1, help: "a run's id or the beginning of it, latest, or a JSON report's file" },
    flags: {
      schema: { kind: "boolean", help: "print the report's JSON schema" },
      "status-schema": { kind: "boolean", help: "print the JSON schema of the status lines of paper --json" },
      json,
    },
    examples: [
      "mmbin report latest",
      "mmbin report 20260904T194657Z-paper",
      "mmbin report ./run.json",
      "mmbin report --schema",
      "mmbin report --status-schema",
    ],
    run: async (parsed) => (await import("./report.ts")).reportCommand(parsed),
  },
  {
    name: "runs",
    help: "list stored runs, newest first",
    words: null,
    flags: { limit: { kind: "number", hint: "N", min: 1, integer: true, help: "how many (20)" }, json },
    examples: ["mmbin runs", "mmbin runs --limit 5 --json | jq '.[].results'"],
    run: async (parsed) => (await import("./runs.ts")).runsCommand(parsed),
  },
  {
    name: "replay",
    help: "replay a journal through a fresh desk and compare every decision",
    words: { name: "JOURNAL", min: 1, max: 1, help: "a run's id, latest, a journal's folder or one segment" },
    flags: { verify: { kind: "boolean", help: "end with 10 at the first difference, and show it" }, json },
    examples: ["mmbin replay latest --verify", "mmbin replay ./journals/20260904T194657Z-paper"],
    run: async (parsed) => (await import("./replay.ts")).replayCommand(parsed),
  },
  {
    name: "inspect",
    help: "print the frames of a journal",
    words: { name: "JOURNAL", min: 1, max: 1, help: "a run's id, latest, a journal's folder or one segment" },
    flags: {
      from: { kind: "number", hint: "SEQ", min: 0, integer: true, help: "first frame" },
      to: { kind: "number", hint: "SEQ", min: 0, integer: true, help: "last frame" },
      kind: { kind: "text", hint: "KIND", many: true, help: "only these kinds: fill, order, intent, book, ..." },
      market: { kind: "text", hint: "MARKET", help: "only this market" },
      order: {
        kind: "number",
        hint: "N",
        min: 1,
        integer: true,
        help: "only what concerns the order of this client id counter",
      },
      json: { kind: "boolean", help: "one JSON object a line" },
    },
    examples: [
      "mmbin inspect latest --kind fill",
      "mmbin inspect latest --order 17",
      "mmbin inspect latest --from 5000 --to 5100",
    ],
    run: async (parsed) => (await import("./inspect.ts")).inspectCommand(parsed),
  },
  {
    name: "version",
    help: "which build this is",
    words: null,
    flags: { json },
    examples: ["mmbin version --json"],
    run: async (parsed) => (await import("./version.ts")).versionCommand(parsed),
  },
];
