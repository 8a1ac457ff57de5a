/**
 * Questions about accounts: balances, fees, limits, roles, agents.
 * @module
 */
import { MICRO_PER_USD } from "../core/units.ts";
import { formatDay } from "../sim/venue/calendar.ts";
import { NO_HASH } from "../sim/venue/clearing.ts";
import { FEE_SCHEDULE, RETAINED } from "../wire/hyperliquid/facts.ts";
import { formatUsd } from "../wire/hyperliquid/format.ts";
import {
  dexIndexOf,
  printActiveAssetOf,
  printClearinghouse,
  printClearinghouses,
  printFundingDelta,
  printLedger,
  printSpot,
  printTransferCheck,
  strangerOf,
} from "./print_account.ts";
import { type Asked, BAD_VALUE, type Questions } from "./question.ts";
import type { View } from "./topic.ts";
import { printWebData2 } from "./web_data.ts";

export const ACCOUNT_QUESTIONS: Questions = {
  clearinghouseState: { fields: ["user", "dex"], answer: clearinghouse },
  spotClearinghouseState: {
    fields: ["user"],
    answer: (view, { user }) => printSpot(view.venue.find(user), view.venue.spec.tokens),
  },
  activeAssetData: { fields: ["user", "coin"], answer: activeAsset },
  userFunding: { fields: ["user", "startTime", "endTime"], answer: fundings },
  userNonFundingLedgerUpdates: { fields: ["user", "startTime", "endTime"], answer: ledger },
  userRateLimit: { fields: ["user"], answer: rateLimit },
  userFees: { fields: ["user"], answer: fees },
  userRole: { fields: ["user"], answer: role },
  extraAgents: { fields: ["user"], answer: extraAgents },
  approvedBuilders: { fields: ["user"], answer: approvedBuilders },
  maxBuilderFee: {
    fields: ["user", "builder"],
    answer: (view, { user, builder }) => view.venue.find(user)?.builders.get(builder) ?? 0,
  },
  subAccounts: { fields: ["user"], answer: (view, { user }) => subAccounts(view, user, false) },
  subAccounts2: { fields: ["user"], answer: (view, { user }) => subAccounts(view, user, true) },
  // Accounts here are standard ones: balances of a dex are the dex's own.
  userAbstraction: { fields: ["user"], answer: () => "disabled" },
  userDexAbstraction: { fields: ["user"], answer: () => false },
  referral: { fields: ["user"], answer: referral },
  portfolio: { fields: ["user"], answer: portfolio },
  preTransferCheck: { fields: ["user"], answer: transferCheck },
  legalCheck: { fields: ["user"], answer: () => ({ ipAllowed: true, acceptedTerms: true, userAllowed: true }) },
  isVip: { fields: ["user"], answer: () => null },
  webData2: { fields: ["user"], answer: (view, { user }) => printWebData2(view, user) },
};

function clearinghouse(view: View, { user, dex }: Asked): unknown {
  const dexIndex = dexIndexOf(view.venue.spec, dex);
  return dexIndex < 0 ? BAD_VALUE : printClearinghouse(view.venue.find(user), dexIndex, view.venue.nowMs);
}

function activeAsset(view: View, { user, coin }: Asked): unknown {
  const market = view.venue.marketByCoin(coin);
  return market === null ? BAD_VALUE : printActiveAssetOf(view, user, market);
}

/** Payments of a range, oldest first, at most 500. */
function fundings(view: View, { user, startTime, endTime }: Asked): unknown {
  const { fundings: all } = view.history.account(view.venue.find(user));
  const found = all.filter((payment) => payment.timeMs >= startTime && payment.timeMs <= endTime);
  return found.slice(0, RETAINED.rangeMax).map((payment) => printFundingDelta(payment, NO_HASH));
}

function ledger(view: View, { user, startTime, endTime }: Asked): unknown {
  const { ledger: all } = view.history.account(view.venue.find(user));
  const found = all.filter((entry) => entry.timeMs >= startTime && entry.timeMs <= endTime);
  return found.slice(0, RETAINED.rangeMax).map(printLedger);
}

/** The request budget. An address that never came has what everybody begins with. */
function rateLimit(view: View, { user }: Asked): unknown {
  const { limiter } = view.venue.find(user) ?? strangerOf(view, user);
  return {
    cumVlm: formatUsd(Math.floor(limiter.volumeUsd)),
    nRequestsUsed: limiter.netUsedCount,
    nRequestsCap: limiter.capCount,
    nRequestsSurplus: Math.max(0, limiter.reservedCount - limiter.usedCount),
  };
}

/** Rates before referral, HIP-3 scale and growth mode; volumes of fifteen days, the one that runs last. */
function fees(view: View, { user }: Asked): unknown {
  const { clearing } = view.venue;
  const account = view.venue.find(user) ?? strangerOf(view, user);
  const owner = account.master ?? account;
  return {
    dailyUserVlm: clearing.tiers.days(account, clearing.day).map((day) => ({
      date: formatDay(day.day),
      userCross: formatUsd(day.takerUsd),
      userAdd: formatUsd(day.makerUsd),
      exchange: formatUsd(day.exchangeUsd),
    })),
    feeSchedule: FEE_SCHEDULE,
    userCrossRate: withPoint(owner.takerRate),
    userAddRate: withPoint(owner.makerRate),
    userSpotCrossRate: FEE_SCHEDULE.spotCross,
    userSpotAddRate: FEE_SCHEDULE.spotAdd,
    activeReferralDiscount: withPoint(account.referralDiscount),
    trial: null,
    feeTrialEscrow: "0.0",
    nextTrialAvailableTimestamp: null,
    stakingLink: null,
    activeStakingDiscount: { bpsOfMaxSupply: "0.0", discount: "0.0" },
  };
}

const withPoint = (text: string): string => (text.includes(".") ? text : `${text}.0`);

function role(view: View, { user }: Asked): unknown {
  const owner = view.venue.admission.agents.ownerOf(user, view.venue.nowMs);
  if (owner !== null) return { role: "agent", data: { user: owner.address } };
  const account = view.venue.find(user);
  if (account === null || !account.exists) return { role: "missing" };
  return account.master === null ? { role: "user" } : { role: "subAccount", data: { master: account.master.address } };
}

/** Named agents that are still good; the unnamed one is not listed. */
function extraAgents(view: View, { user }: Asked): unknown {
  const agents = [...(view.venue.find(user)?.agents.values() ?? [])];
  const listed = agents.filter((agent) => agent.name !== "" && agent.validUntilMs > view.venue.nowMs);
  return listed.map(({ name, address, validUntilMs }) => ({ name, address, validUntil: validUntilMs }));
}

function approvedBuilders(view: View, { user }: Asked): unknown {
  const builders = [...(view.venue.find(user)?.builders ?? [])];
  return builders.filter(([, tenths]) => tenths > 0).map(([address]) => address);
}

function subAccounts(view: View, user: string, allDexs: boolean): unknown {
  const { venue } = view;
  const subs = venue.find(user)?.subAccounts ?? [];
  if (subs.length === 0) return null;
  return subs.map((sub) => ({
    name: sub.name,
    subAccountUser: sub.address,
    master: user,
    ...(allDexs
      ? { dexToClearinghouseState: printClearinghouses(view, sub.address) }
      : { clearinghouseState: printClearinghouse(sub, 0, venue.nowMs) }),
    spotState: printSpot(sub, venue.spec.tokens),
  }));
}

/** Nobody earns from referrals here; what is known is who referred whom. */
function referral(view: View, { user }: Asked): unknown {
  const account = view.venue.find(user);
  const code = account?.referrer ?? null;
  return {
    referredBy: code === null ? null : { referrer: `0x${"0".repeat(40)}`, code },
    cumVlm: formatUsd(account?.volumeUsd ?? 0),
    unclaimedRewards: "0.0",
    claimedRewards: "0.0",
    builderRewards: "0.0",
    referrerState: { stage: "needToTrade", data: { required: "10000.0" } },
    rewardHistory: [],
    tokenToState: [],
  };
}

const PERIODS = ["day", "week", "month", "allTime", "perpDay", "perpWeek", "perpMonth", "perpAllTime"];

/** Worth of all dexs now: no course of it is kept. */
function portfolio(view: View, { user }: Asked): unknown {
  const account = view.venue.find(user);
  const vlm = formatUsd(account?.volumeUsd ?? 0);
  const states = printClearinghouses(view, user) as [string, { marginSummary: { accountValue: string } }][];
  const value = states.reduce((sum, [, state]) => sum + Number(state.marginSummary.accountValue), 0);
  const accountValueHistory = [[view.venue.nowMs, formatUsd(Math.round(value * MICRO_PER_USD))]];
  return PERIODS.map((period) => [period, { accountValueHistory, pnlHistory: [[view.venue.nowMs, "0.0"]], vlm }]);
}

function transferCheck(view: View, { user }: Asked): unknown {
  const account = view.venue.find(user);
  return printTransferCheck(account, account !== null && account.limiter.usedCount > 0);
}
