/**
 * Carries out a plan, if what it was made for is still the same.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import { argumentOf } from "../qontak/resources.ts";
import { isObject, type JsonObject, show } from "../values/json.ts";
import { carryOut, type Prepared, refuse } from "./change.ts";
import type { ChangeContext } from "./context.ts";
import { mayShowOf } from "./may_show.ts";
import type { FoundPlan, Planned } from "./plans.ts";

/** A call that is to carry out a plan. */
export interface PlanCall {
  /** The tool that is called. */
  readonly tool: string;
  /** The plan's handle. */
  readonly plan: string;
  /** The other arguments of the call. */
  readonly args: JsonObject;
  /** Prepares the change from the plan's arguments. */
  readonly prepare: (args: JsonObject) => Promise<Prepared>;
}

/**
 * Carries out a plan.
 *
 * @param context The company's CRM.
 * @param call The call.
 * @returns The answer of the tool.
 * @throws {InputError} When there is no such plan, or when anything has changed
 * since it was made; nothing was sent.
 */
export async function carryOutPlan(
  context: ChangeContext,
  { tool, plan, args, prepare }: PlanCall,
): Promise<JsonObject> {
  const found = await context.plans.find(plan, tool);
  refuseOthers(found, args);
  // The template may have changed since it was read.
  context.setup.forget();
  const prepared = await prepare(found.args);
  refuse(tool, prepared.problems);
  const drift = driftOf(found, prepared);
  if (drift.length > 0) {
    await context.plans.use(found);
    const mayShow = mayShowOf(context);
    const sentenceOf = ({ key, name, from, to }: Drift) =>
      mayShow(key)
        ? `${name}: ${show(from ?? null)} → ${show(to ?? null)}`
        : `${name} has changed`;
    throw new InputError(
      `${tool} was not sent, nothing was changed: what the plan was made for has changed since.\n${
        drift.slice(0, SHOWN).map(sentenceOf).join("\n")
      }${
        drift.length > SHOWN ? `\n… and ${drift.length - SHOWN} more` : ""
      }\nMake a new plan with dry_run: true`,
    );
  }
  await context.plans.use(found);
  return await carryOut(context, prepared, { plan: found.id });
}

/** How many differences are named. */
const SHOWN = 20;

/**
 * Refuses arguments that differ from those of the plan. Some clients have to
 * repeat what is required.
 */
function refuseOthers({ tool, args: planned }: FoundPlan, args: JsonObject) {
  const others = Object.keys(args).filter((name) =>
    JSON.stringify(args[name]) !== JSON.stringify(planned[name])
  );
  if (others.length === 0) return;
  throw new InputError(
    `${tool} was not sent: the plan has its own ${
      others.join(", ")
    }. Call with plan alone, or make a new plan with dry_run: true`,
  );
}

/** Something that was otherwise when the plan was made. */
interface Drift {
  readonly key: string;
  /** What sentences call it. */
  readonly name: string;
  readonly from: unknown;
  readonly to: unknown;
}

/** Keys of records that change by themselves. */
export const VOLATILE: ReadonlySet<string> = new Set(["updated_at"]);

/** What has changed: in the record, or in what would be sent. */
function driftOf(planned: Planned, now: Prepared): Drift[] {
  const rename = (key: string) =>
    now.resource ? argumentOf(now.resource, key) : key;
  return [
    ...compare(planned.before, now.before)
      .filter(({ key }) => !VOLATILE.has(key)),
    ...compare(planned.body, now.body)
      .map((one) => ({ ...one, name: `what ${rename(one.key)} means` })),
  ];
}

function compare(
  from: JsonObject | undefined = {},
  to: JsonObject | undefined = {},
): Drift[] {
  const [old, now] = [flat(from), flat(to)];
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((key) =>
    isEqual(old.get(key), now.get(key))
      ? []
      : [{ key, name: key, from: old.get(key), to: now.get(key) }]
  );
}

/** The values of a record by key, with an own key for each custom field. */
export function flat(record: JsonObject): ReadonlyMap<string, unknown> {
  return new Map(
    Object.entries(record).flatMap(([key, value]) =>
      key === "additional_fields" && Array.isArray(value)
        ? value.filter(isObject).map((entry) =>
          [`additional_fields id ${entry.id}`, entry.value] as const
        )
        : [[key, value] as const]
    ),
  );
}

/** Whether two values are the same; of addresses, the part before the `?`. */
function isEqual(one: unknown, other: unknown): boolean {
  return JSON.stringify(one, withoutQuery) ===
    JSON.stringify(other, withoutQuery);
}

/** The signature of a file's address is new each time. */
export function withoutQuery(_key: string, value: unknown): unknown {
  return typeof value === "string" && /^https?:\/\//.test(value)
    ? value.split("?")[0]
    : value;
}
