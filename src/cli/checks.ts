/**
 * Checks and their report: one line for each check.
 *
 * @module
 */
import { styleText } from "node:util";
import { advise } from "../app/advice.ts";
import type { Program } from "../app/open.ts";
import { endpoints } from "../qontak/endpoints.ts";
import { inParallel } from "../changes/parallel.ts";
import { ConfigError, sentenceOf } from "../errors.ts";
import { redact } from "../logging/redact.ts";
import { FAILED, OK } from "./exit.ts";
import { lineOf, say, sayJson } from "./output.ts";
import { takeLease } from "../tokens/lease.ts";
import { DEFAULT_TENANT, isTenant } from "../tokens/store.ts";
import { createProgress } from "./progress.ts";
import { beside } from "./width.ts";
import { visible } from "../values/visible.ts";

/** How a check ended. */
export interface Finding {
  /** The name of the check. */
  readonly check: string;
  /** "skip" if an earlier failure makes the check pointless. */
  readonly status: "ok" | "warn" | "fail" | "skip";
  /** The result, and what to do if the check failed. */
  readonly detail: string;
}

/** A check; rejects with a sentence if it fails. */
export type Check = () => Promise<string | Omit<Finding, "check">>;

/**
 * Runs one check.
 *
 * @param check Its name.
 * @param run Runs the check and returns its result.
 */
export async function attempt(check: string, run: Check): Promise<Finding> {
  try {
    const found = await run();
    return typeof found === "string"
      ? { check, status: "ok", detail: found }
      : { check, ...found };
  } catch (error) {
    const detail = sentenceOf(error, advise) ??
      (error instanceof Error ? error.message : String(error));
    return { check, status: "fail", detail };
  }
}

/**
 * Tests a tenant's credentials: gets new tokens, and sends a request to the
 * CRM. If a new refresh token would be lost, it does not get new tokens.
 *
 * @param program The access to the CRM.
 * @param tenant The company.
 */
export async function tryTenant(
  program: Program,
  tenant: string,
): Promise<Finding[]> {
  const access = program.access;
  const token = await attempt("token", async () => {
    if (!access.oauth) return "calls are signed and need no token";
    if (await program.losesTokens() !== undefined) {
      return {
        status: "skip",
        detail: "not tried: the new refresh token would be lost",
      };
    }
    await access.renew(tenant);
    return "Qontak gave new tokens";
  });
  const crm = token.status === "ok"
    ? await attempt("crm", () => askCrm(program, tenant))
    : {
      check: "crm",
      status: "skip" as const,
      detail: "not tried: there is no access token",
    };
  return [token, crm];
}

/** The tenant whose lease tests that the store can be written. */
const PROBE = "_doctor";

/** How many companies are tested at the same time. */
const AT_ONCE = 10;

/**
 * Tests the credentials of every company with a request to the CRM. A company
 * gets new tokens only if its access token can no longer be used.
 *
 * @param program The access to the CRM.
 * @param tenants The companies.
 * @returns A finding for each company, in the order of their names.
 */
export async function tryAll(
  program: Program,
  tenants: readonly string[],
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const sorted = tenants.toSorted();
  using progress = createProgress(sorted.length, "companies");
  await inParallel(sorted.entries(), AT_ONCE, async ([at, tenant]) => {
    const check = lineOf(tenant);
    findings[at] = isTenant(tenant)
      ? await attempt(check, () => askCrm(program, tenant))
      : { check, status: "warn", detail: "no tenant can have this name" };
    progress.step();
  });
  return findings.length > 0 ? findings : [{
    check: "tenants",
    status: "warn",
    detail:
      "there are no credentials yet: add some with qontak-mcp tenants add",
  }];
}

/**
 * Checks that the store can be written: taking a lease is a write.
 *
 * @param program The program, with the store.
 * @param count How many companies it holds.
 */
export async function checkStore(
  { store, losesTokens }: Program,
  count: number,
): Promise<Omit<Finding, "check">> {
  const loses = await losesTokens();
  if (loses !== undefined) return { status: "warn", detail: loses };
  // The env store knows one tenant only.
  const probe = store.name === "env" ? DEFAULT_TENANT : PROBE;
  const lease = await takeLease(store, probe, crypto.randomUUID());
  await lease?.release();
  // Vault would keep the record of the lease.
  if (probe === PROBE) await store.remove(probe);
  return {
    status: "ok",
    detail: `${store.name} can be read and written, and holds ${count} ${
      count === 1 ? "company" : "companies"
    }`,
  };
}

/**
 * Refuses a company's id together with --all.
 *
 * @throws {ConfigError} When an id was given.
 */
export function refuseBoth(tenant: string | undefined): void {
  if (tenant === undefined) return;
  throw new ConfigError(["Give the id of a company, or --all, not both"]);
}

async function askCrm({ access }: Program, tenant: string): Promise<string> {
  const { response } = await access.crm(tenant).call(endpoints.pipelines.list);
  const count = Array.isArray(response) ? response.length : 0;
  return `Qontak answers: ${count} pipelines`;
}

/** Paints a text as a status, if stdout is a terminal that shows colors. */
function paint(status: Finding["status"], text: string): string {
  const styles = {
    ok: "green",
    warn: "yellow",
    fail: "red",
    skip: "dim",
  } as const;
  return styleText(styles[status], text);
}

/**
 * Prints the findings on stdout.
 *
 * @param found The findings.
 * @param asJson Whether to answer in JSON.
 * @returns The exit code: 1 if a check failed.
 */
export function report(
  found: readonly Finding[],
  asJson: boolean,
): number {
  const findings = found.map((finding) => ({
    ...finding,
    detail: redact(finding.detail),
  }));
  const column = Math.max(21, ...found.map(({ check }) => check.length + 8));
  const lines = findings.map(({ check, status, detail }) =>
    beside(
      `${paint(status, status.padEnd(6))}${check}`,
      visible(detail),
      column,
    )
  );
  if (asJson) sayJson(findings, 2);
  else say(lines.join("\n"));
  return findings.some(({ status }) => status === "fail") ? FAILED : OK;
}
