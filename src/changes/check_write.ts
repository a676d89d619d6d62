/**
 * Checks a write before it is sent, and explains why Qontak refused it.
 *
 * @module
 */
import { InputError, QontakError, UnreachableError } from "../errors.ts";
import {
  type CheckedWrite,
  checkWrite,
  type Doubt,
  isAbout,
} from "../fields/check.ts";
import { encodeNumber } from "../fields/encode.ts";
import type { BodyType } from "../qontak/bodies.ts";
import type { Endpoint } from "../qontak/endpoints.ts";
import { namesNothing } from "../qontak/envelope.ts";
import { argumentOf } from "../qontak/resources.ts";
import {
  defined,
  isEmpty,
  isObject,
  type JsonObject,
  toId,
} from "../values/json.ts";
import { readNumber } from "../values/numbers.ts";
import { refuse } from "./change.ts";
import type { ChangeContext } from "./context.ts";
import { readRecord, type WrittenTo } from "./report_write.ts";

/** A write that a tool call requests. */
export interface Write extends WrittenTo {
  /** The tool's name, for messages. */
  readonly tool: string;
  /** The record to change; undefined to create one. */
  readonly id?: number;
  /** The values by body key. */
  readonly values: JsonObject;
  /** Whether the caller asked to skip the check. */
  readonly skipValidation: boolean;
  /**
   * Whether the write restores what the record was. What was there before need
   * not be what the template requires now.
   */
  readonly restores?: boolean;
  /** Whether a record may be created that likely exists already. */
  readonly allowDuplicate?: boolean;
  /** What is already known to be wrong. */
  readonly problems?: readonly string[];
  /** What the reader should know. */
  readonly notes?: readonly string[];
}

/** The endpoint for a write. */
export function endpointOf({ resource: { endpoints }, id }: Write): Endpoint {
  return id === undefined ? endpoints.create : endpoints.update;
}

/**
 * The record before an update; undefined if records of its kind are read in
 * another form than they are written.
 */
export async function readPrevious(
  context: ChangeContext,
  write: Write,
): Promise<JsonObject | undefined> {
  const { id, resource } = write;
  return id === undefined || resource.readsOtherwise
    ? undefined
    : await readRecord(context, resource, id);
}

export function checkValues(
  { setup, mayRead }: ChangeContext,
  write: Write,
  existing: JsonObject | undefined,
): Promise<CheckedWrite> {
  const { resource, values, restores } = write;
  const endpoint = endpointOf(write);
  return checkWrite({
    resource,
    endpoint,
    values,
    setup,
    mayRead,
    ...defined({ existing, restores }),
  });
}

/**
 * Checks a write.
 *
 * @param context The company's CRM.
 * @param write The write.
 * @param existing The record before an update.
 * @throws {InputError} When the company's template cannot be fetched.
 */
export async function check(
  context: ChangeContext,
  write: Write,
  existing: JsonObject | undefined,
): Promise<CheckedWrite> {
  try {
    const checked = await checkValues(context, write, existing);
    return write.skipValidation ? withoutUncertain(checked) : checked;
  } catch (error) {
    if (!(error instanceof QontakError || error instanceof UnreachableError)) {
      throw error;
    }
    if (write.skipValidation) return await readNumbers(context, write, error);
    throw new InputError(
      `${write.tool} was not sent: the company's required fields could not be fetched. ${error.message}. Try again`,
      error.remedy,
    );
  }
}

/** Takes the uncertain problems for notes, as the caller asked. */
function withoutUncertain(checked: CheckedWrite): CheckedWrite {
  const { problems, uncertain, notes } = checked;
  return {
    ...checked,
    problems: problems.filter((problem) => !uncertain.includes(problem)),
    uncertain: [],
    notes: [
      ...notes,
      ...uncertain.map((problem) =>
        `Sent anyway, because skip_validation was true: ${problem}`
      ),
    ],
  };
}

/** What a body key holds that is a number, or a list of numbers. */
const NUMERIC: ReadonlySet<BodyType> = new Set(["number", "numbers"]);

/**
 * A write whose template cannot be fetched. Numbers are still read: a number
 * with two readings is refused, since Qontak would store one of them without a
 * word.
 */
async function readNumbers(
  { setup }: ChangeContext,
  write: Write,
  { message }: Error,
): Promise<CheckedWrite> {
  // Pipelines may be what cannot be fetched.
  const fields = await setup.fields(write.resource).catch(() => []);
  const numbers = new Set(
    fields.filter(({ custom, type }) =>
      custom && (type.name === "number" || type.name === "percentage")
    ).map(({ id }) => id),
  );
  const { body: types } = endpointOf(write);
  const notes = [
    `Sent without a check, because skip_validation was true and the template could not be fetched: ${message}`,
  ];
  const problems: string[] = [];
  const read = (key: string, value: unknown): unknown => {
    if (typeof value !== "string" || value === "") return value;
    const encoded = encodeNumber(value);
    if (encoded.problem === undefined) {
      if (encoded.read) notes.push(`${key} ${encoded.read}`);
      return encoded.wire;
    }
    if (isAmbiguous(value)) problems.push(`${key} ${encoded.problem}`);
    return value;
  };
  const body = Object.fromEntries(
    Object.entries(write.values).map(([key, value]) => {
      if (key === "additional_fields" && Array.isArray(value)) {
        for (const entry of value.filter(isObject)) {
          const isNumber = numbers.has(toId(entry.id));
          if (!isNumber || !isAmbiguous(entry.value)) continue;
          const { problem } = encodeNumber(entry.value);
          problems.push(`additional_fields id ${entry.id} ${problem}`);
        }
      }
      if (!NUMERIC.has(types[key]!)) return [key, value];
      return [
        key,
        Array.isArray(value)
          ? value.map((one) => read(key, one))
          : read(key, value),
      ];
    }),
  );
  return { body, notes, problems, uncertain: [], doubts: [] };
}

/** Whether a text is a number with several readings. */
function isAmbiguous(value: unknown): boolean {
  return typeof value === "string" &&
    readNumber(value)?.readings !== undefined;
}

/**
 * Adds the current owner: an update without it would make the token's user the
 * owner.
 */
export function keepOwner(
  { resource, tool }: Write,
  body: JsonObject,
  previous: JsonObject | undefined,
): JsonObject {
  const { owner, name } = resource;
  if (!owner?.resetByUpdate || !previous || !isEmpty(body[owner.key])) {
    return body;
  }
  const current = toId(previous[owner.key]);
  if (current !== null) return { ...body, [owner.key]: current };
  throw new InputError(
    `${tool} was not sent: Qontak did not say who owns the ${name}, and an update that does not name the owner would give it to the user behind the token. Give ${
      argumentOf(resource, owner.key)
    } as well`,
  );
}

/**
 * Explains why Qontak refused a write that passed the check. The company may
 * have changed its template since it was loaded, so it is loaded again for the
 * next check.
 */
export async function explainRejection(
  context: ChangeContext,
  write: Write,
  { previous, doubts }: {
    readonly previous: JsonObject | undefined;
    readonly doubts: readonly Doubt[];
  },
  error: unknown,
): Promise<unknown> {
  const refused = error instanceof QontakError &&
    (error.status === 400 || error.status === 422);
  if (!refused) return error;
  context.setup.forget();
  try {
    const { problems } = await check(context, write, previous);
    refuse(write.tool, problems);
    const { said } = error;
    // Qontak's message decides: a doubt about another field is not the reason.
    const fitting = doubts
      .filter((doubt) => namesNothing(said) || isAbout(said, doubt))
      .map(({ sentence }) => sentence);
    return fitting.length === 0
      ? error
      : new QontakError([error.message, ...fitting].join("\n"), error);
  } catch (problem) {
    return problem instanceof InputError
      ? new InputError(
        `${error.message}\nThe company's setup has changed since it was last read; checked against it as it is now, ${problem.message}`,
        problem.remedy,
      )
      : error;
  }
}
