/**
 * Performs a write: checks it, sends it, and reads the record back.
 *
 * @module
 */
import {
  InputError,
  problemsError,
  QontakError,
  UnreachableError,
} from "../../errors.ts";
import {
  type CheckedWrite,
  checkWrite,
  type Doubt,
  isAbout,
} from "../../fields/check.ts";
import type { Endpoint } from "../../qontak/endpoints.ts";
import {
  type Answer,
  isFateUnknown,
  namesNothing,
} from "../../qontak/envelope.ts";
import { encodeNumber } from "../../fields/encode.ts";
import type { BodyType } from "../../qontak/bodies.ts";
import { argumentOf } from "../../qontak/resources.ts";
import {
  defined,
  isEmpty,
  isObject,
  type JsonObject,
  toId,
} from "../../values/json.ts";
import { readNumber } from "../../values/numbers.ts";
import type { ToolContext } from "../tool.ts";
import { findCreated } from "./find_created.ts";
import { readRecord, reportWrite, type WrittenTo } from "./report_write.ts";
import { noteSamePhone } from "./note_same_phone.ts";

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
}

/**
 * Checks a write, sends it and reads the record back.
 *
 * @param context The company's CRM.
 * @param write The write.
 * @returns What was applied, ignored and stored differently.
 * @throws {InputError} When the check found problems; nothing was sent.
 */
export async function performWrite(
  context: ToolContext,
  write: Write,
): Promise<JsonObject> {
  const { crm, signal } = context;
  const { resource, id } = write;
  const previous = await readPrevious(context, write);
  const { body, notes, doubts } = await check(context, write, previous);
  if (Object.keys(body).length === 0) {
    throw new InputError(
      `${write.tool} was not sent: no value to write was given`,
    );
  }
  const sent = keepOwner(write, body, previous);
  const at = Date.now();
  let answer: Answer;
  try {
    answer = await crm.call(endpointOf(write), {
      ...(id === undefined ? {} : { path: { id } }),
      body: sent,
      signal,
    });
  } catch (error) {
    throw id === undefined && isFateUnknown(endpointOf(write), error)
      ? await findCreated(crm, { resource, body: sent, at }, error)
      : await explainRejection(context, write, { previous, doubts }, error);
  }
  const made = isObject(answer.response) ? answer.response : undefined;
  const written = id ?? toId(made?.id);
  if (written === null) {
    return {
      id: null,
      applied: [],
      ignored: [],
      stored_differently: [],
      notes: [
        ...notes,
        `Qontak accepted the ${resource.name} but did not return its id, so it could not be read back: find it with list_${resource.plural}`,
      ],
    };
  }
  const samePhone = await noteSamePhone(context, resource, {
    written,
    body,
    previous,
  });
  return await reportWrite(context, write, {
    written,
    made,
    body,
    previous,
    notes: [...notes, ...samePhone],
  });
}

/**
 * Finds the problems of a write that {@linkcode performWrite} would find. It
 * changes nothing.
 *
 * @param context The company's CRM.
 * @param write The write; its values may have any form.
 * @returns The problems, one sentence each.
 */
export async function findProblems(
  context: ToolContext,
  write: Write,
): Promise<readonly string[]> {
  if (write.skipValidation) return [];
  const previous = await readPrevious(context, write);
  return (await checkValues(context, write, previous)).problems;
}

/** The endpoint for a write. */
function endpointOf({ resource: { endpoints }, id }: Write): Endpoint {
  return id === undefined ? endpoints.create : endpoints.update;
}

/**
 * The record before an update; undefined if records of its kind are read in
 * another form than they are written.
 */
async function readPrevious(
  context: ToolContext,
  write: Write,
): Promise<JsonObject | undefined> {
  const { id, resource } = write;
  return id === undefined || resource.readsOtherwise
    ? undefined
    : await readRecord(context, resource, id);
}

function checkValues(
  { setup }: ToolContext,
  write: Write,
  existing: JsonObject | undefined,
): Promise<CheckedWrite> {
  const { resource, values } = write;
  const endpoint = endpointOf(write);
  return checkWrite({
    resource,
    endpoint,
    values,
    setup,
    ...defined({ existing }),
  });
}

/** What a body key holds that is a number, or a list of numbers. */
const NUMERIC: ReadonlySet<BodyType> = new Set(["number", "numbers"]);

/**
 * A write without a check. Numbers are read all the same: a number with two
 * readings is refused, since Qontak would store one of them without a word.
 */
async function readNumbers(
  { setup }: ToolContext,
  write: Write,
): Promise<Omit<CheckedWrite, "problems">> {
  // The template may be what cannot be fetched.
  const fields = await setup.fields(write.resource).catch(() => []);
  const numbers = new Set(
    fields.filter(({ custom, type }) =>
      custom && (type.name === "number" || type.name === "percentage")
    ).map(({ id }) => id),
  );
  const { body: types } = endpointOf(write);
  const notes = ["Sent without a check, because skip_validation was true"];
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
  if (problems.length > 0) {
    throw problemsError(`${write.tool} was not sent`, problems);
  }
  return { body, notes, doubts: [] };
}

/** Whether a text is a number with several readings. */
function isAmbiguous(value: unknown): boolean {
  return typeof value === "string" &&
    readNumber(value)?.readings !== undefined;
}

/** Checks a write, and returns the body to send. */
async function check(
  context: ToolContext,
  write: Write,
  existing: JsonObject | undefined,
): Promise<Omit<CheckedWrite, "problems">> {
  if (write.skipValidation) return await readNumbers(context, write);
  let checked: CheckedWrite;
  try {
    checked = await checkValues(context, write, existing);
  } catch (error) {
    if (!(error instanceof QontakError || error instanceof UnreachableError)) {
      throw error;
    }
    throw new InputError(
      `${write.tool} was not sent: the company's required fields could not be fetched. ${error.message}. Try again; skip_validation: true sends the write unchecked`,
      error.remedy,
    );
  }
  if (checked.problems.length > 0) {
    throw problemsError(`${write.tool} was not sent`, checked.problems);
  }
  return checked;
}

/**
 * Adds the current owner: an update without it would make the token's user the
 * owner.
 */
function keepOwner(
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
async function explainRejection(
  context: ToolContext,
  write: Write,
  { previous, doubts }: {
    readonly previous: JsonObject | undefined;
    readonly doubts: readonly Doubt[];
  },
  error: unknown,
): Promise<unknown> {
  const refused = error instanceof QontakError &&
    (error.status === 400 || error.status === 422);
  if (!refused || write.skipValidation) return error;
  context.setup.forget();
  try {
    await check(context, write, previous);
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
      )
      : error;
  }
}
