/**
 * Processes of this machine: whether one lives, and which one it is.
 * @module
 */
import { readFileSync } from "node:fs";

/** Fields of /proc/PID/stat behind the command's name, which may hold blanks and brackets: the 20th is the start, in ticks since the boot. */
const START_FIELD = 19;

/**
 * Tells a process from a later one of the same number: its boot and its start since then, which no step of the clock moves. Null where the
 * system does not say.
 */
export function processMark(pid: number): string | null {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const start = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[START_FIELD];
    return start === undefined ? null : `${boot}/${start}`;
  } catch {
    return null;
  }
}

/** Whether the process lives that had this number and mark; without a mark the number alone decides. */
export function isProcessAlive(pid: number, mark: string | null): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const now = mark === null ? null : processMark(pid);
  return now === null || now === mark;
}

/** Whether this process was told to live on when its terminal goes away, as by nohup. False where the system does not say. */
export function isHangupIgnored(): boolean {
  try {
    const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "latin1"))?.[1] ?? "0";
    // Signal 1 is the lowest bit.
    return (Number.parseInt(mask.slice(-1), 16) & 1) === 1;
  } catch {
    return false;
  }
}
