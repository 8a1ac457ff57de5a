/**
 * What a report says of real orders, and of the paper twin beside them, for people.
 * @module
 */
import type { LiveReport, TwinReport } from "./live_schema.ts";

type Row = (label: string, value: string) => void;

const ms = (x: number | null): string => (x === null ? "-" : x < 10 ? x.toFixed(1) : x.toFixed(0));
const signed = (x: number | null): string => (x === null ? "-" : `${x >= 0 ? "+" : ""}${x.toFixed(2)}`);
const usd = (text: string): string => `${text.startsWith("-") ? "-" : ""}$${Math.abs(Number(text)).toFixed(6)}`;
const quantiles = (q: LiveReport["latency_ms"]["loop"]): string => `${ms(q.p50)} / ${ms(q.p99)} / ${ms(q.max)}`;

/** Rows about the account, the way to the venue and the books. */
export function liveRows(live: LiveReport, row: Row): void {
  row("account", `${live.account}, signed by ${live.agent}`);
  if (live.resumed !== null)
    row(
      "",
      `goes on from ${live.resumed.run_id}${live.resumed.state ? "" : ": with its breakers alone, not its state"}`,
    );
  const { actions, latency_ms, reconciles } = live;
  row(
    "actions",
    `${actions.sent} signed, ${actions.via_http} of them over HTTP; ${actions.timed_out} had no answer in time, ${actions.late_answers} of those a late one`,
  );
  row(
    "latency",
    latency_ms.loop.n === 0
      ? "no action was answered"
      : `decision to answer ${quantiles(latency_ms.loop)} ms (median / p99 / worst), decision to signature ${quantiles(latency_ms.sign)} ms`,
  );
  if (latency_ms.fit !== null) {
    const { outbound, inbound } = latency_ms.fit;
    const seconds = ((outbound + inbound) / 1000).toFixed(3);
    row("", `${ms(outbound)} ms out and ${ms(inbound)} back at the median: paper is as late with --latency ${seconds}`);
  }
  row(
    "checks with venue",
    `${reconciles.count} (${Object.entries(reconciles.by_reason)
      .map(([reason, count]) => `${count} ${reason}`)
      .join(
        ", ",
      )}): ${live.missed_fills} fill(s) were missed, ${live.found_orders} order(s) taken over; nothing new was sent for ${live.held_s.toFixed(1)} s`,
  );
  row("books", booksText(live.ledger));
  row("end", endText(live));
  for (const problem of live.problems) row(`! ${problem.kind}`, `${problem.count} time(s), first: ${problem.first}`);
}

function endText({ end, ledger }: LiveReport): string {
  const left = end.orders_left;
  if (!end.confirmed)
    return `not confirmed: ${left === null ? "the venue did not answer" : `${left} order(s) are left`}`;
  const kept = (ledger?.positions ?? []).filter((p) => Number(p.venue) !== 0).map((p) => `${p.venue} ${p.market}`);
  const orders = `no order is left, by the venue's word, ${end.seconds.toFixed(1)} s after the wish to end`;
  return kept.length === 0 ? orders : `${orders}; the position stays: ${kept.join(", ")}`;
}

function booksText(ledger: LiveReport["ledger"]): string {
  if (ledger === null) return "the venue's side is not known";
  const { usd: cash, requests, positions } = ledger;
  if (ledger.equal)
    return `equal to the venue's: cash flow ${usd(cash.ours)}, position ${positions.map((p) => `${p.ours} ${p.market}`).join(", ")}, ${requests.ours} requests`;
  const parts = positions
    .filter((p) => p.ours !== p.venue)
    .map((p) => `position ${p.ours} ${p.market} against ${p.venue}`);
  if (cash.ours !== cash.venue) parts.unshift(`cash flow ${usd(cash.ours)} against ${usd(cash.venue)}`);
  if (requests.ours !== requests.venue) parts.push(`${requests.ours} requests against ${requests.venue}`);
  return `differ from the venue's: ${parts.join("; ")} (${ledger.note ?? "unexplained"})`;
}

/** Rows that set one market beside its paper twin. */
export function twinRows(twin: TwinReport[number], row: Row): void {
  const of = (side: TwinReport[number]["real"]): string => {
    const { mean, lo, hi } = side.edge_bps;
    const rate = side.fills_per_hour === null ? "-" : side.fills_per_hour.toFixed(0);
    return `${side.fills} fills (${rate} an hour), edge ${signed(mean)} [${signed(lo)}, ${signed(hi)}] bps, ${side.requests} requests`;
  };
  row("paper beside it", of(twin.paper));
  row("real", of(twin.real));
  const d = twin.edge_difference_bps;
  row("real less paper", `${signed(d.mean)} [${signed(d.lo)}, ${signed(d.hi)}] bps`);
  const p = twin.parity;
  const verdict = p.refused ? "parity is refused" : "no evidence against parity";
  row(
    "pace of fills",
    `${p.ratio.toFixed(2)} [${p.lo.toFixed(2)}, ${p.hi.toFixed(2)}] of paper's: ${verdict} (${p.evidence.toPrecision(2)} of 20)`,
  );
  for (const text of twin.differences) row("", text);
}
