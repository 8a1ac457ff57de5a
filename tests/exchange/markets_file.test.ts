import { describe, expect, test } from "bun:test";
import { formatMarkets, parseMarkets, readMarkets } from "../../src/exchange/markets_file.ts";
import { defaultSpec } from "../../src/sim/venue/default_spec.ts";
import { Venue } from "../../src/sim/venue/venue.ts";

const START_US = 1_767_225_600e6;
const read = (text: string): ReturnType<typeof parseMarkets> => parseMarkets(text, "m.toml", "Testnet", 1, START_US);
const MARKET = 'coin = "BTC"\nsz_decimals = 5\nmax_leverage = 40\noracle_px = "90000"\n';
const MAIN = `[[dex]]\nname = ""\n[[dex.market]]\n${MARKET}`;
const SIM =
  '[[dex]]\nname = "sim"\n[[dex.market]]\ncoin = "sim:A"\nsz_decimals = 2\nmax_leverage = 3\noracle_px = "1.5"\n';

describe("the markets file", () => {
  test.each(["Testnet", "Mainnet"] as const)("what is printed for %s reads back as the same", (chain) => {
    const spec = defaultSpec(chain, 1, START_US);
    const text = formatMarkets(spec);
    const back = parseMarkets(text, "m.toml", chain, 1, START_US);
    expect(back).toEqual(spec);
    expect(formatMarkets(back)).toBe(text);
  });

  test("every key that is not a default survives the way there and back", () => {
    const spec = read(
      `[rules]\nblock_ms = 100\nmodify_cost = 2\ncancels_share_counter = false\nmaker_credit = 0.5\ntaker_delay_blocks = 3\nitems_max = 10\n` +
        `schedule_cancel_volume_usd = 5\nschedule_cancels_per_day = 2\nfar_price_ratio = 0.5\nopen_orders_base = 7\n` +
        `open_orders_max = 9\nrequest_price_usd = 0.25\n` +
        `[[token]]\nindex = 360\nname = "USDH"\nid = "0x54e00a5988577cb0b0c9ab0cb6ef7f4b"\n${MAIN}` +
        `[[dex]]\nname = "abc"\nfull_name = "a dex"\ncollateral = "USDH"\nfee_scale = "0.5"\noi_cap_usd = 1000\n[[dex.market]]\n` +
        `coin = "abc:X"\nsz_decimals = 1\nmax_leverage = 20\noracle_px = "12.5"\n` +
        `margin_tiers = [{ from_usd = 0, max_leverage = 20 }, { from_usd = 5, max_leverage = 10 }]\n` +
        `margin_mode = "noCross"\ngrowth = true\nfee_scale = "2.0"\noi_cap_usd = 99\nfunding_multiplier = 0.5\nfunding_interest = -0.001\nimpact_usd = 44\n`,
    );
    expect(spec.rules).toMatchObject({
      blockUs: 100_000,
      limiter: { modifyCost: 2, cancelsShareCounter: false, makerCreditRatio: 0.5 },
      takerDelayBlocks: 3,
      itemsMax: 10,
      scheduleCancelVolumeUsd: 5e6,
      scheduleCancelsPerDay: 2,
      farPriceRatio: 0.5,
      openOrdersBase: 7,
      openOrdersMax: 9,
      requestPriceUsd: 250_000,
    });
    expect(spec.dexs[1]).toEqual({
      name: "abc",
      fullName: "a dex",
      collateralToken: 360,
      feeScale: "0.5",
      totalOiCapUsd: 1_000e6,
      markets: [
        {
          coin: "abc:X",
          szDecimals: 1,
          maxLeverage: 20,
          marginTiers: [
            { lowerBoundUsd: 0, maxLeverage: 20 },
            { lowerBoundUsd: 5e6, maxLeverage: 10 },
          ],
          marginMode: "noCross",
          growth: true,
          feeScale: "2.0",
          oiCapUsd: 99e6,
          oraclePx: "12.5",
          fundingMultiplier: 0.5,
          fundingInterestFrac: -0.001,
          impactNotionalUsd: 44e6,
        },
      ],
    });
    expect(parseMarkets(formatMarkets(spec), "m.toml", "Testnet", 1, START_US)).toEqual(spec);
    expect(new Venue(spec).marketByCoin("abc:X")?.assetId).toBe(110_000);
  });

  test.each([
    ["an empty file", "", "m.toml:1: dex: is missing"],
    ["what is not TOML", "[[dex", "m.toml: not TOML: "],
    ["an unknown table", `${MAIN}[rule]\nblock_ms = 1\n`, "m.toml:8: unknown key rule: did you mean rules?"],
    ["an unknown rule", `[rules]\nblock_us = 1\n${MAIN}`, "m.toml:2: unknown key block_us: did you mean block_ms?"],
    [
      "an unknown key of the second market",
      `${MAIN}${SIM}sz_decimal = 3\n`,
      "m.toml:15: unknown key sz_decimal: did you mean sz_decimals?",
    ],
    [
      "a rule out of range",
      `[rules]\nitems_max = 0\n${MAIN}`,
      "m.toml:2: items_max: has a value that is not allowed (allowed: 1 to 10000, whole)",
    ],
    [
      "a rule of the wrong kind",
      `[rules]\ncancels_share_counter = 1\n${MAIN}`,
      "m.toml:2: cancels_share_counter: has a value that is not allowed (allowed: true or false)",
    ],
    [
      "a missing price",
      MAIN.replace('oracle_px = "90000"\n', ""),
      "m.toml:3: oracle_px: is missing (allowed: a decimal in quotes",
    ],
    [
      "a price as a number",
      MAIN.replace('"90000"', "90000"),
      "m.toml:7: oracle_px: has a value that is not allowed (allowed: a decimal in quotes",
    ],
    [
      "a price with too many decimals",
      MAIN.replace('"90000"', '"90000.25"'),
      "m.toml:7: oracle_px: is above 0 and has at most 1 decimals",
    ],
    [
      "a leverage that nobody has",
      MAIN.replace("40", "51"),
      "m.toml:6: max_leverage: has a value that is not allowed (allowed: 1 to 50, whole)",
    ],
    [
      "tiers that do not begin at max_leverage",
      `${MAIN}margin_tiers = [{ from_usd = 0, max_leverage = 20 }]\n`,
      "m.toml:8: margin_tiers: allowed: 1 to 3 of",
    ],
    [
      "a tier of the wrong kind",
      `${MAIN}margin_tiers = [{ from_usd = 0, max_leverage = "x" }]\n`,
      "m.toml:8: margin_tiers: has a value that is not allowed",
    ],
    [
      "a first dex with a name",
      SIM,
      'm.toml:2: name: the first dex, and no other, is the venue\'s own and is called ""',
    ],
    ["a dex twice", `${MAIN}${SIM}${SIM}`, "m.toml:16: name: is there already"],
    ["a coin twice", `${MAIN}[[dex.market]]\n${MARKET}`, "m.toml:9: coin: is there already"],
    ["a coin without its dex", MAIN + SIM.replace("sim:A", "A"), "m.toml:11: coin: begins with sim: on its dex"],
    ["a coin with a dex on the venue's own", MAIN.replace('"BTC"', '"sim:BTC"'), "m.toml:4: coin: has no colon"],
    [
      "a token that is not there",
      MAIN + SIM.replace('name = "sim"', 'name = "sim"\ncollateral = "USDH"'),
      "m.toml:10: collateral: no such token (allowed: USDC, USDE)",
    ],
    ["growth on the venue's own dex", `${MAIN}growth = true\n`, "m.toml:8: growth: is for HIP-3 markets only"],
    [
      "a funding multiplier on the venue's own dex",
      `${MAIN}funding_multiplier = 2\n`,
      "m.toml:8: funding_multiplier: is for HIP-3 markets only",
    ],
    [
      "a fee scale of ten",
      MAIN + SIM.replace('name = "sim"', 'name = "sim"\nfee_scale = "10"'),
      "m.toml:10: fee_scale: has a value that is not allowed (allowed: a decimal below 10 in quotes",
    ],
    ["a dex called as spot is", MAIN + SIM.replaceAll("sim", "spot"), "m.toml:9: name: spot is no dex's name"],
    [
      "the index of another token",
      `[[token]]\nindex = 0\nname = "USDH"\nid = "0x${"5".repeat(32)}"\n${MAIN}`,
      "m.toml:2: index: is there already",
    ],
    ["no market", '[[dex]]\nname = ""\n', "m.toml:1: market: is missing"],
  ])("%s is refused in one line", (_name, text, message) => {
    let told = "";
    try {
      read(text);
    } catch (error) {
      expect((error as { exitCode?: number }).exitCode).toBe(3);
      told = (error as Error).message;
    }
    expect(told).toStartWith(message);
    expect(told).not.toContain("\n");
  });

  test("a file that is not there is told", () => {
    expect(() => readMarkets("/nowhere.toml", "Testnet", 1, 0)).toThrow("/nowhere.toml: no such file");
  });
});
