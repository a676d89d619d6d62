/**
 * A fact that Qontak's documents leave open: what this project assumes, the one
 * place in the code that relies on it, and how the live test checks it.
 *
 * @module
 */
import type { Endpoint } from "../../src/qontak/endpoints.ts";
import { nameOf } from "../../src/qontak/endpoints.ts";
import { objectsIn, recordIn } from "./answers.ts";
import type { Lab } from "./lab.ts";
import { typeName, typeNames } from "./shape.ts";
import { demand, type Finding, judged, NotTried } from "./verdict.ts";

/**
 * When a probe can run: on the results of the reads, with our own records in
 * place, once everything else is done and it only looks at the log, or after
 * the cleanup, because it may end the run's access.
 */
export type Phase = "read" | "write" | "log" | "last";

/** A fact without its probe. */
export interface Claim {
  /** Its name in the report. */
  readonly id: string;
  readonly question: string;
  /** What the code assumes. */
  readonly assumed: string;
  /**
   * The one place that relies on it: `src/fields/required.ts: requirementOf`.
   */
  readonly code: string;
  /** How the live test checks it. */
  readonly how: string;
}

/** A fact. */
export interface Fact extends Claim {
  readonly phase: Phase;
  /** Checks it. Throws {@linkcode NotTried} if it cannot. */
  readonly probe: (lab: Lab) => Finding | Promise<Finding>;
}

/** A claim about the types of values in answers. */
export interface TypeClaim extends Claim {
  /** The assumed types, in the format of `typeNames`. */
  readonly expected: string;
  /** Every value that was seen. */
  readonly values: (lab: Lab) => readonly unknown[];
  /** The name of a value; its type by default. */
  readonly name?: (value: unknown) => string;
  /**
   * Why there may be no values: a sentence, or the endpoint that returns them.
   */
  readonly without: string | Endpoint;
}

/** A fact about the types of values, checked on the answers of this run. */
export function typesFact(claim: TypeClaim): Fact {
  const { expected, values, name = typeName, without, ...fact } = claim;
  return {
    ...fact,
    phase: "log",
    probe(lab) {
      const why = typeof without === "string"
        ? without
        : unseen(lab, without).message;
      const types = typeNames(demand(values(lab), why), name);
      return judged(types === expected, types);
    },
  };
}

/** Why an endpoint has not answered. */
export function unseen(lab: Lab, endpoint: Endpoint): NotTried {
  return new NotTried(
    endpoint.method !== "GET" && !lab.flags.write
      ? "it needs --write"
      : `${nameOf(endpoint)} brought nothing to see it by`,
  );
}

/** The values of `response` in the successful answers of endpoints. */
export function responses(lab: Lab, ...from: readonly Endpoint[]): unknown[] {
  return from.flatMap((endpoint) =>
    lab.answers(endpoint).map(({ body }) => body?.response)
  );
}

/**
 * Every record in the successful answers of endpoints, from lists and alone.
 */
export function records(lab: Lab, ...from: readonly Endpoint[]) {
  return responses(lab, ...from).flatMap((response) =>
    Array.isArray(response) ? objectsIn(response) : [recordIn(response)]
  );
}
