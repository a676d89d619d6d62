/**
 * Lists the licences of the program's dependencies, and fails for a licence
 * that has not been reviewed.
 *
 * @module
 */
import { FAILED } from "../../src/cli/exit.ts";
import { toStderr } from "../../src/logging/log.ts";
import { print } from "../command.ts";
import { root } from "../program.ts";
import { makeBill } from "./release.ts";
import type { Component } from "./sbom.ts";

/** Licences that allow redistribution together with their text. */
const ACCEPTED: ReadonlySet<string> = new Set([
  "0BSD",
  "Apache-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "ISC",
  "MIT",
]);

/** The licences that a component names. */
export function namesOf({ licenses = [] }: Component): string[] {
  return licenses.map(({ license, expression }) => {
    const { id, name } = (license ?? {}) as { id?: string; name?: string };
    return String(expression ?? id ?? name);
  });
}

/**
 * Whether an accepted licence covers a component; a list of licences is a
 * choice.
 */
export function isAccepted(component: Component): boolean {
  return namesOf(component).some((name) => ACCEPTED.has(name));
}

if (import.meta.main) {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.copyFile(`${root}deno.lock`, `${dir}/deno.lock`);
    const { components } = await makeBill(`${dir}/deno.lock`);
    for (const one of components) {
      print(`${one.purl} ${namesOf(one).join(", ") || "no licence"}`);
    }
    const others = components.filter((one) => !isAccepted(one));
    for (const { purl } of others) {
      toStderr(`licences: ${purl} is under a licence that is not accepted`);
    }
    if (others.length > 0) Deno.exitCode = FAILED;
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}
