/**
 * `mmbin record`.
 * @module
 */
import { writeOut } from "../io/log.ts";
import { checkRecorded, type RecordSummary, runRecord } from "../run/record.ts";
import { ioOf, listenForSignals, parseSpan, requestOf } from "./run.ts";
import type { Parsed } from "./spec.ts";

/** An hour: a day is two dozen files of a size that mails and disks take. */
const ROTATE = "1h";

/** Records a venue's public data as tapes. */
export async function recordCommand(parsed: Parsed): Promise<number> {
  const signal = listenForSignals();
  const request = {
    ...requestOf("paper", parsed, parsed.words),
    folder: parsed.text("out") ?? "tapes",
    rotateSeconds: parseSpan(parsed.text("rotate") ?? ROTATE, "--rotate") ?? 3600,
  };
  const io = ioOf(parsed, signal);
  const summary = await runRecord(request, io);
  io.end();
  writeOut(parsed.has("json") ? `${JSON.stringify(summary)}\n` : summaryText(summary));
  checkRecorded(summary);
  return signal.code;
}

function summaryText(s: RecordSummary): string {
  const lines = s.files.map((f) => `${f.file}: ${f.lines} lines, ${(f.bytes / 1024).toFixed(0)} KB`);
  const minutes = ((s.ended_us - s.started_us) / 60e6).toFixed(1);
  const counts = Object.entries(s.counts.messages).map(([name, count]) => `${name} ${count}`);
  lines.push(
    `${s.markets.join(", ")}${s.references.length > 0 ? ` with ${s.references.join(", ")}` : ""}: ${minutes} min`,
  );
  lines.push(`messages: ${counts.join(", ")}; ${s.counts.bad} left out as unreadable`);
  lines.push(`gaps: ${s.counts.gaps}, ${s.counts.gap_seconds.toFixed(1)} s in all; connections: ${s.feed.connects}`);
  for (const drift of s.feed.drift) lines.push(`feed_drift: ${drift.text}${drift.now ? "" : " (over)"}`);
  return `${lines.join("\n")}\n`;
}
