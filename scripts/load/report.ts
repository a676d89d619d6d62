/**
 * The results of a load test: figures, and which guarantees held.
 *
 * @module
 */
import { median, ms, percentile, row as line } from "../figures.ts";
import type { Ledger } from "./calls.ts";
import type { Recovery } from "./kill.ts";
import type { Plan } from "./plan.ts";
import type { Seen } from "./upstream.ts";
import { type Sample, slope } from "./watch.ts";
import type { Compared } from "./writes.ts";

/** The results of a load test. */
export interface Findings {
  readonly plan: Plan;
  /** How long it took, in seconds. */
  readonly seconds: number;
  readonly ledger: Ledger;
  readonly seen: Seen;
  /** How many refresh tokens Qontak refused. */
  readonly refused: number;
  readonly recoveries: readonly Recovery[];
  readonly compared: Compared;
  /** The resources of each server before the first call. */
  readonly idle: readonly (Omit<Sample, "at"> | undefined)[];
  /** The resources of each server during the load. */
  readonly samples: readonly (readonly Sample[])[];
}

/** How long a server's memory warms up, in seconds. */
const WARM_UP = 20;

/** How many samples after that are needed to judge the memory. */
const ENOUGH = 10;

/**
 * How much a server's memory may grow, as a share: from the first half of the
 * time after the warm-up to the second half.
 */
const GROWTH = 0.15;

/** How long requests may be delayed on the way to Qontak, in seconds. */
const HELD_UP = 0.5;

/** How long it may take until calls work again, in ms. */
const RECOVERY = 15_000;

/** A guarantee, and the cases that violated it. */
interface Check {
  readonly promise: string;
  readonly broken: readonly string[];
}

/** How many examples of violations to show. */
const SHOWN = 5;

const row = (...cells: string[]) => line([12, -10], ...cells);
const mib = (kib: number) => `${(kib / 1024).toFixed(1)} MiB`;
const whole = (value: number) => value.toLocaleString("en");

/**
 * The figures and guarantees as text, and the number of violated guarantees.
 */
export function report(
  findings: Findings,
): { readonly lines: string[]; readonly failed: number } {
  const checks = [
    ...callChecks(findings),
    ...writeChecks(findings),
    ...tokenChecks(findings),
    ...memoryChecks(findings),
  ];
  const failed = checks.filter(({ broken }) => broken.length > 0).length;
  const lines = [
    title(findings.plan),
    ...callLines(findings),
    ...writeLines(findings),
    ...memoryLines(findings),
    ...checks.flatMap(({ promise, broken }) => [
      `${broken.length === 0 ? "ok    " : "BROKEN"}  ${promise}`,
      ...broken.slice(0, SHOWN).map((example) => `        ${example}`),
      ...(broken.length > SHOWN ? [`        … ${broken.length} in all`] : []),
    ]),
    `${checks.length - failed} passed, ${failed} failed`,
  ];
  return { lines, failed };
}

function title({ tenants, connections, faults, ...plan }: Plan): string {
  return [
    `${tenants} tenants`,
    `${connections} connections`,
    `${plan.seconds} s`,
    `faults in ${faults * 100} % of the requests`,
    ...(plan.soak ? [`tokens live ${plan.lifetime} s`] : []),
    ...(plan.kill ? ["with kill -9"] : []),
    ...(plan.servers > 1 ? [`${plan.servers} servers`] : []),
  ].join(", ");
}

function callLines({ ledger, seconds, seen, recoveries }: Findings) {
  const { good, refused, unknown, unanswered } = ledger.outcomes;
  const all = good + refused + unknown + unanswered;
  return [
    `${whole(all)} calls (${whole(Math.round(all / seconds))} a second): ${
      whole(good)
    } good, ${whole(refused)} refused, ${whole(unknown)} of unknown fate, ${
      whole(unanswered)
    } cut off`,
    row("", "calls", "p50", "p95", "p99", "longest"),
    ...[...ledger.times].sort().map(([kind, times]) =>
      row(
        kind,
        whole(times.length),
        ...[0.5, 0.95, 0.99, 1].map((share) => ms(percentile(times, share))),
      )
    ),
    `${whole(seen.requests)} requests to Qontak, ${
      whole(seen.grants)
    } refreshed tokens; faults: ${
      Object.entries(seen.faults).sort().map(([name, count]) =>
        `${name} ${count}`
      ).join(", ") || "none"
    }`,
    ...recoveries.map(({ what, ms: took }) =>
      `after ${what}: every tenant could be called within ${ms(took)}`
    ),
  ];
}

function callChecks(
  { plan, ledger, seen }: Findings,
): Check[] {
  const limit = plan.timeout + 10_000;
  const late = [...ledger.times].flatMap(([kind, times]) =>
    times.filter((time) => time > limit).map((time) => `${kind}: ${ms(time)}`)
  );
  const { perSecond, burst } = plan.rate;
  const { highestBurst } = seen;
  const checks: Check[] = [
    {
      promise:
        "Every call was answered, with success or a sentence, and about its own tenant",
      broken: ledger.broken,
    },
    { promise: "Every call was answered in its time", broken: late },
  ];
  if (plan.faults === 0 && !plan.kill) {
    checks.push({
      promise: "No call failed that had no mistake in it",
      broken: ledger.failures,
    });
  }
  // A restarted server, or a second one, has its own limit.
  if (plan.servers === 1 && !plan.kill) {
    checks.push({
      promise:
        `No tenant was over its limit of ${perSecond} a second and ${burst} at once: ${
          highestBurst.toFixed(1)
        } at most`,
      broken: highestBurst > burst + 1 + perSecond * HELD_UP ? ["one was"] : [],
    });
  }
  return checks;
}

function writeLines({ compared: { told, carriedOut } }: Findings): string[] {
  return [
    `writes: ${whole(told.done)} acknowledged, ${
      whole(told["not done"])
    } refused, ${
      whole(told.unknown)
    } of unknown fate, ${carriedOut} of which were carried out`,
  ];
}

function writeChecks({ compared }: Findings): Check[] {
  return [
    { promise: "Every acknowledged write is there", broken: compared.lost },
    { promise: "No refused write is there", broken: compared.uncalled },
    { promise: "No write was carried out twice", broken: compared.twice },
  ];
}

function tokenChecks({ plan, refused, recoveries, seen }: Findings) {
  const checks: Check[] = [
    {
      promise: "No tenant was locked out, and no used refresh token was sent",
      broken: [
        ...recoveries.flatMap(({ lockedOut }) => lockedOut),
        ...(refused > 0 ? [`${refused} refresh tokens were refused`] : []),
      ],
    },
    {
      promise: `Calls worked again within ${ms(RECOVERY)}`,
      broken: recoveries.filter(({ ms }) => ms > RECOVERY).map(({ what }) =>
        `not after ${what}`
      ),
    },
  ];
  if (!plan.soak) return checks;
  // A token must be used for most of its lifetime.
  const least = plan.lifetime * 0.85 * 1000;
  const { shortestGrant } = seen;
  return [...checks, {
    promise: `One refresh for each expiry of each tenant: ${
      ms(shortestGrant ?? NaN)
    } between two at least`,
    broken: shortestGrant === null || shortestGrant < least
      ? [`less than ${ms(least)}`]
      : [],
  }];
}

function warm(samples: readonly Sample[]): readonly Sample[] {
  return samples.filter(({ at }) => at >= WARM_UP);
}

function memoryLines({ plan, samples }: Findings): string[] {
  // A server that was killed has a new process afterwards.
  if (plan.kill) return [];
  return samples.map((all, i) => {
    const each = warm(all);
    if (each.length < ENOUGH) {
      return `server ${i + 1}: its memory is judged in a longer load, on Linux`;
    }
    const first = each[0]!, last = each.at(-1)!;
    const perSecond = slope(each.map(({ at, rss }) => [at, rss]));
    return `server ${i + 1}: ${mib(first.rss)} after warm-up, ${
      mib(last.rss)
    } at the end, slope ${perSecond.toFixed(1)} KiB/s over ${
      (last.at - first.at).toFixed(0)
    } s; ${Math.min(...each.map(({ files }) => files))} to ${
      Math.max(...each.map(({ files }) => files))
    } file descriptors`;
  });
}

function memoryChecks({ plan, samples, idle }: Findings): Check[] {
  if (plan.kill || samples.some((all) => warm(all).length < ENOUGH)) return [];
  const grown: string[] = [], open: string[] = [];
  for (const [i, all] of samples.entries()) {
    const each = warm(all);
    const half = Math.floor(each.length / 2);
    const before = median(each.slice(0, half).map(({ rss }) => rss));
    const after = median(each.slice(half).map(({ rss }) => rss));
    if (after > before * (1 + GROWTH)) {
      grown.push(`server ${i + 1}: ${mib(before)}, then ${mib(after)}`);
    }
    // A call has a connection on each side; a few more stay open.
    const most = (idle[i]?.files ?? 0) + 3 * plan.connections;
    const files = Math.max(...each.map(({ files }) => files));
    if (files > most) open.push(`server ${i + 1}: ${files}`);
  }
  return [
    {
      promise: `Memory is flat: within ${GROWTH * 100} % after warm-up`,
      broken: grown,
    },
    {
      promise: "File descriptors are bounded by the connections",
      broken: open,
    },
  ];
}
