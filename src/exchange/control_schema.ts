/**
 * The language of `POST /control`: one JSON object a request, what it may hold, and what is wrong with one that does not fit.
 * @module
 */
import { z } from "zod";
import { nearest } from "../core/nearest.ts";
import { FAULT_KINDS } from "../sim/fault.ts";
import { FEE_SCALE } from "./markets_schema.ts";

const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, "is 0x and 40 hexadecimal digits")
  .toLowerCase();
const decimal = z.string().regex(/^\d{1,12}(\.\d{1,6})?$/, 'is a decimal in quotes, as "1.5"');
const coin = z.string().min(1);
const usd = z.number().min(0).max(10_000_000);
const count = z.int().min(0).max(1e12);

/** Where a fault strikes. A path has its slash: `exchange` alone would be a channel that does not exist. */
const place = z
  .string()
  .regex(
    /^(\*|\/info|\/exchange|(?!info$|exchange$)[a-zA-Z0-9]+)$/,
    "is *, /info, /exchange, a channel or a method of the socket",
  );

/** Every verb with what follows it. Money is in dollars, times in ms of venue time. */
const VERBS = {
  step: z.strictObject({ do: z.literal("step"), blocks: z.int().min(1).max(10_000_000) }),
  jump: z.strictObject({
    do: z.literal("jump"),
    ms: z
      .int()
      .min(1)
      .max(366 * 86_400_000),
  }),
  disconnect: z.strictObject({ do: z.literal("disconnect") }),
  fault: z.strictObject({
    do: z.literal("fault"),
    kind: z.enum([...FAULT_KINDS, "timeout"]),
    on: place.optional(),
    direction: z.enum(["in", "out"]).optional(),
    chance: z.number().gt(0).max(1).optional(),
    count: z.int().min(1).max(1e9).optional(),
    ms: z.int().min(1).max(86_400_000).optional(),
    status: z.union([z.literal(429), z.int().min(500).max(599)]).optional(),
    executed: z.boolean().optional(),
  }),
  clear: z.strictObject({ do: z.literal("clear") }),
  halt: z.strictObject({ do: z.literal("halt"), coin, halted: z.boolean() }),
  fees: z.strictObject({
    do: z.literal("fees"),
    coin,
    scale: z.string().regex(FEE_SCALE, 'is a decimal below 10 in quotes, as "1.5"').nullable().optional(),
    growth: z.boolean().optional(),
  }),
  delist: z.strictObject({ do: z.literal("delist"), coin }),
  oracle: z.strictObject({ do: z.literal("oracle"), coin, px: decimal }),
  fund: z.strictObject({ do: z.literal("fund"), address, usd, dex: z.string().optional() }),
  volume: z.strictObject({ do: z.literal("volume"), address, usd: z.number().min(0).max(8e9) }),
  requests: z.strictObject({ do: z.literal("requests"), address, used: count, reserved: count.optional() }),
  state: z.strictObject({ do: z.literal("state") }),
  help: z.strictObject({ do: z.literal("help") }),
} as const;

type Verbs = typeof VERBS;
/** One checked command. */
export type ControlCommand = { [V in keyof Verbs]: z.infer<Verbs[V]> }[keyof Verbs];
export type FaultCommand = z.infer<Verbs["fault"]>;

/** The language, as `{"do":"help"}` tells it: an example of each verb and what it does. */
export const CONTROL_HELP: readonly { example: ControlCommand; help: string }[] = [
  { example: { do: "step", blocks: 10 }, help: "make blocks now; the venue's time is ahead by them from then on" },
  {
    example: { do: "jump", ms: 60_000 },
    help: "move the venue's time forward without blocks, as after an outage; beyond two days nonces by the clock are too old",
  },
  { example: { do: "disconnect" }, help: "end every socket without a word" },
  {
    example: { do: "fault", kind: "timeout", executed: true, count: 1 },
    help: "lose the reply of an action that is executed; executed false loses the request; on is /exchange unless named",
  },
  {
    example: { do: "fault", kind: "delay", on: "bbo", direction: "out", ms: 500, chance: 0.1 },
    help: "hold messages back, venue time; others of the connection wait behind them",
  },
  {
    example: { do: "fault", kind: "status", on: "/info", status: 429, count: 3 },
    help: "answer with a status: direction in (usual) before anything is done, out after it",
  },
  {
    example: { do: "fault", kind: "reorder", on: "trades" },
    help: "let the next message pass; kinds drop, duplicate and disconnect work alike. on: a path, a channel, a method, or * for all",
  },
  { example: { do: "clear" }, help: "take all faults away" },
  {
    example: { do: "halt", coin: "sim:HYPE", halted: true },
    help: "cancel all orders, settle positions at the mark; false opens again",
  },
  {
    example: { do: "fees", coin: "sim:HYPE", scale: "0.5", growth: true },
    help: "fee scale and growth mode of a HIP-3 market",
  },
  { example: { do: "delist", coin: "ETH" }, help: "take a market off the list for good" },
  { example: { do: "oracle", coin: "HYPE", px: "31.5" }, help: "move oracle and fair value; the market follows" },
  {
    example: { do: "fund", address: "0x2222222222222222222222222222222222222222", usd: 500, dex: "sim" },
    help: "pay collateral in; without dex on the venue's own",
  },
  {
    example: { do: "volume", address: "0x2222222222222222222222222222222222222222", usd: 56_000 },
    help: "set the address's lifetime volume, which its requests are counted by",
  },
  {
    example: { do: "requests", address: "0x2222222222222222222222222222222222222222", used: 61_400, reserved: 0 },
    help: "set the requests that the address has used and bought",
  },
  { example: { do: "state" }, help: "count blocks, accounts, orders, money by token (difference is 0.0 always)" },
  { example: { do: "help" }, help: "this" },
];

/** The command of a body, or what is wrong with it, in one line. */
export function parseControl(body: string): ControlCommand | string {
  let raw: unknown;
  try {
    raw = JSON.parse(body);
  } catch {
    return "not JSON";
  }
  const verb = (raw as { do?: unknown } | null)?.do;
  const names = Object.keys(VERBS);
  if (typeof verb !== "string" || !Object.hasOwn(VERBS, verb)) {
    const near = typeof verb === "string" ? nearest(verb, names) : "";
    return `do is one of ${names.join(", ")}${near === "" ? "" : `: did you mean ${near}?`}`;
  }
  const schema: z.ZodType = VERBS[verb as keyof Verbs];
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data as ControlCommand;
  const issue = parsed.error.issues[0] as z.core.$ZodIssue;
  const known = Object.keys(VERBS[verb as keyof Verbs].shape).filter((key) => key !== "do");
  if (issue.code === "unrecognized_keys")
    return `${verb}: unknown key ${issue.keys[0]} (known: ${known.join(", ") || "none"})`;
  const message = issue.message.replace(/^Invalid input: /, "").replace(/^expected/, "is not: expected");
  return `${verb}: ${issue.path.join(".")} ${message}`;
}
