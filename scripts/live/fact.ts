/**
 * A fact that Qontak's documents leave open: what this project assumes, the one
 * place in the code that relies on it, and how the live test checks it.
 *
 * @module
 */
import { type Endpoint, nameOf } from "../../src/qontak/endpoints.ts";
import { objectsIn, recordIn, typeName, typeNames } from "./answers.ts";
import type { Lab } from "./lab.ts";
import { demand, type Finding, Refused, tried } from "./verdict.ts";

/** A fact without its probe. */
export interface Claim {
  readonly question: string;
  /** What the code assumes. */
  readonly assumed: string;
  /** The place that relies on it: `src/fields/required.ts: requirementOf`. */
  readonly code: string;
  /** How the live test checks it. */
  readonly how: string;
}

/**
 * When a probe can run: on the results of the reads, with our own records in
 * place, once everything else is done and it only looks at the log, or after
 * the cleanup, because it may end the run's access.
 */
export type Phase = "read" | "write" | "log" | "last";

/**
 * Checks a fact. Throws {@linkcode NotTried} if it cannot, and
 * {@linkcode Refused} if a request is refused that should not be.
 */
export type Probe = (lab: Lab) => Finding | Promise<Finding>;

/** A fact, with its probe under the name of its phase. */
export type Fact =
  & Claim
  & { readonly [P in Phase]: Readonly<Record<P, Probe>> }[Phase];

/** Facts by their names in the report. */
export type Facts = Readonly<Record<string, Fact>>;

/** What a probe finds out, unless the run has ended and it needs requests. */
export async function findingOf(
  lab: Lab,
  probe: Probe,
  needsRequests = true,
): Promise<Finding> {
  const stopped = needsRequests ? lab.wire.stopped : undefined;
  const { value, why, error } = await tried(stopped, () => probe(lab));
  return value ?? [error instanceof Refused ? false : undefined, why];
}

/** A probe of the opposite. */
export const not = (probe: Probe): Probe => async (lab) => {
  const [holds, seen] = await findingOf(lab, probe);
  return [holds === undefined ? undefined : !holds, seen];
};

/**
 * A probe of the types of values in the answers of this run, which `typeNames`
 * joins; `without` says why there may be none.
 */
export function types(
  expected: string,
  values: (lab: Lab) => readonly unknown[],
  without: string | ((lab: Lab) => string),
  name = typeName,
): Probe {
  return (lab) => {
    const why = typeof without === "string" ? without : without(lab);
    const found = typeNames(demand(values(lab), why), name);
    return [found === expected, found];
  };
}

/** Why most facts are not tried by a run that only reads. */
export const NEEDS_WRITE = "it needs --write";

/** Why an endpoint has not answered. */
export const unseen = (endpoint: Endpoint) => ({ flags }: Lab) =>
  endpoint.method === "GET" || flags.write
    ? `${nameOf(endpoint)} brought nothing to see it by`
    : NEEDS_WRITE;

/** The values of `response` in the successful answers of endpoints. */
export function responses(lab: Lab, ...from: readonly Endpoint[]): unknown[] {
  return from.flatMap(lab.answers).map(({ body }) => body.response);
}

/** The records in the successful answers of endpoints, listed or alone. */
export function records(lab: Lab, ...from: readonly Endpoint[]) {
  return responses(lab, ...from).flatMap((response) =>
    Array.isArray(response) ? objectsIn(response) : [recordIn(response)]
  );
}
