/**
 * Environment variables whose names look like this program's but are unknown. A
 * misspelled variable would otherwise have no effect without notice.
 *
 * @module
 */
import { nearest } from "../values/words.ts";
import { type Variable, variables } from "./variables.ts";

/** What the names of this program's variables begin with. */
const PREFIX = /^(?:QONTAK|TOKEN|MCP|REDIS|VAULT|MEKARI)_/i;

/**
 * Variables that Kubernetes sets for a service that is called `redis`, `vault`
 * and so on.
 */
const OF_KUBERNETES =
  /_(?:SERVICE_(?:HOST|PORT)(?:_\w+)?|PORT(?:_\d+_(?:TCP|UDP)(?:_\w+)?)?)$/;

/** Variables that other parts of this project read. */
const OTHERS: ReadonlySet<string> = new Set(["REDIS_TEST_KEY_PREFIX"]);

/** How many unknown variables are named. */
const MAX_NAMED = 10;

/** The longest name that is shown, in characters. */
const MAX_SHOWN = 64;

/** A name without its prefix: that is easily mistaken for another. */
function bare(name: string): string {
  return name.replace(PREFIX, "");
}

/** What was found among the variables. */
export interface Unknown {
  /** The sentences for which the program must not start. */
  readonly problems: readonly string[];
  /** The sentences to warn with. */
  readonly warnings: readonly string[];
}

/**
 * Finds variables that have a prefix of this program's variables but are
 * unknown. A name that is close to one that limits what callers may do is a
 * problem.
 *
 * @param env The variables by name. Their values are never shown.
 */
export function findUnknown(
  env: Readonly<Record<string, string | undefined>>,
): Unknown {
  const known = Object.keys(variables);
  const unknown = Object.keys(env).filter((name) =>
    PREFIX.test(name) && env[name]?.trim() && !Object.hasOwn(variables, name) &&
    !OTHERS.has(name) && !OF_KUBERNETES.test(name)
  ).sort();
  const problems: string[] = [];
  const warnings: string[] = [];
  for (const name of unknown) {
    const meant = nearest(name, known) ??
      known.find((one) => bare(one) === bare(name.toUpperCase()));
    const { isSafety }: Variable<unknown> = meant === undefined
      ? { meaning: "", read: String }
      : variables[meant as keyof typeof variables];
    if (isSafety) {
      problems.push(
        `${name} is not a variable of this program. Did you mean ${meant}? It limits what callers may do or see, so the program does not start without it: correct or remove ${name}`,
      );
    } else if (warnings.length < MAX_NAMED) {
      warnings.push(
        `${
          name.length > MAX_SHOWN ? `${name.slice(0, MAX_SHOWN)}…` : name
        } is not a variable of this program and has no effect${
          meant === undefined ? "" : `. Did you mean ${meant}?`
        }`,
      );
    }
  }
  const rest = unknown.length - problems.length - warnings.length;
  if (rest > 0) {
    warnings.push(`${rest} more variables like these have no effect`);
  }
  return { problems, warnings };
}
