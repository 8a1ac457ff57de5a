/**
 * What a running maker can be asked from another process of the same user, over its socket.
 * @module
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { UserError, usageError } from "../io/exit.ts";
import { askUser, NetError } from "../io/net.ts";
import { runtimeFolder } from "../io/paths.ts";
import { serveUser, type UserSocket } from "../io/serve.ts";

export const CTL_SCHEMA = "mmbin.ctl/1";
/** What may be asked, and what it does. */
export const CTL_COMMANDS = {
  status: "say how it goes",
  pause: "cancel every order and quote nothing",
  resume: "quote again, and clear the breakers that a person may clear",
  reduce: "only quote what brings positions down",
  stop: "cancel everything, confirm it with the venue, write the report and end",
} as const;
export type CtlCommand = keyof typeof CTL_COMMANDS;
/** What a command sets going, for whoever gave it: what it comes to shows a moment later. */
export const CTL_NOTES: { readonly [C in CtlCommand]?: string } = {
  pause: "pausing: every order is being cancelled",
  resume: "resuming: quotes follow with the next look at the market",
  reduce: "reducing: only what brings positions down is quoted",
  stop: "stopping: every order is being cancelled, the report follows",
};

const requestSchema = z.strictObject({ command: z.enum(Object.keys(CTL_COMMANDS) as [CtlCommand, ...CtlCommand[]]) });
const ENDING = ".sock";
const ANSWER_MS_MAX = 5_000;

/** What answers. `run` does what is asked and says what came of it. */
export type CtlHandler = (command: CtlCommand) => Record<string, unknown>;

/** Opens the door of a run. Its name is the run's. @param onBug Hears what `handle` throws: the server would keep it to itself. */
export function serveCtl(runId: string, handle: CtlHandler, onBug: (error: Error) => void): UserSocket {
  const path = join(runtimeFolder(), `${runId}${ENDING}`);
  return serveUser(path, (body) => {
    try {
      return JSON.stringify(answer(body, handle));
    } catch (error) {
      onBug(error as Error);
      return JSON.stringify({ schema: CTL_SCHEMA, ok: false, error: "the run broke over it, and ends" });
    }
  });
}

function answer(body: string, handle: CtlHandler): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return { schema: CTL_SCHEMA, ok: false, error: "is not JSON" };
  }
  const parsed = requestSchema.safeParse(value);
  if (!parsed.success)
    return { schema: CTL_SCHEMA, ok: false, error: `command is ${Object.keys(CTL_COMMANDS).join(", ")}` };
  return { schema: CTL_SCHEMA, ok: true, ...handle(parsed.data.command) };
}

/** Runs whose sockets are there, by name; one of a killed process does not answer. */
export function listCtl(): string[] {
  try {
    return readdirSync(runtimeFolder())
      .filter((name) => name.endsWith(ENDING))
      .map((name) => name.slice(0, -ENDING.length))
      .sort();
  } catch {
    return [];
  }
}

/**
 * Asks a running maker. It is the only one that answers, or whose name begins so.
 * @throws {UserError} 2 when several answer and none is named, 5 when none does.
 */
export async function askCtl(command: CtlCommand, runId: string | null): Promise<Record<string, unknown>> {
  const living = await filterAlive(listCtl().filter((name) => name.startsWith(runId ?? "")));
  if (living.length === 0) {
    const which = runId === null ? "no maker is running here" : `no maker ${runId} is running here`;
    throw new UserError(5, `${which}: mmbin runs lists what ran`);
  }
  if (living.length > 1) throw usageError(`several makers run here: name one with --run: ${living.join(", ")}`);
  const text = await askUser(pathOf(living[0] as string), JSON.stringify({ command }), ANSWER_MS_MAX);
  return JSON.parse(text) as Record<string, unknown>;
}

const pathOf = (runId: string): string => join(runtimeFolder(), `${runId}${ENDING}`);

async function filterAlive(names: readonly string[]): Promise<string[]> {
  const alive: string[] = [];
  for (const name of names) if (await answers(name)) alive.push(name);
  return alive;
}

async function answers(runId: string): Promise<boolean> {
  try {
    await askUser(pathOf(runId), JSON.stringify({ command: "status" }), ANSWER_MS_MAX);
    return true;
  } catch (error) {
    if (error instanceof NetError) return false;
    throw error;
  }
}
