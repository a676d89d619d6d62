/**
 * Writes a record: checks it, sends it, and reads the record back.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import type { Doubt } from "../fields/check.ts";
import { withMe } from "../fields/people.ts";
import { type Answer, isFateUnknown } from "../qontak/envelope.ts";
import { defined, isObject, type JsonObject, toId } from "../values/json.ts";
import type { Prepared, Sent } from "./change.ts";
import {
  check,
  checkValues,
  endpointOf,
  explainRejection,
  keepOwner,
  readPrevious,
  type Write,
} from "./check_write.ts";
import type { ChangeContext } from "./context.ts";
import { findCreated } from "./find_created.ts";
import { noteSamePhone } from "./note_same_phone.ts";
import { reportWrite } from "./report_write.ts";

/**
 * Prepares a write: reads the record, and checks the values. It changes
 * nothing.
 *
 * @param context The company's CRM.
 * @param given The write.
 * @throws {InputError} When there is nothing to write, or when the check needs
 * something that Qontak did not return.
 */
export async function prepareWrite(
  context: ChangeContext,
  given: Write,
): Promise<Prepared> {
  const write = await withMyId(context, given);
  const { tool, resource, id } = write;
  const before = await readPrevious(context, write);
  const { body, notes, problems, doubts } = await check(context, write, before);
  const isComplete = problems.length === 0;
  if (isComplete && Object.keys(body).length === 0) {
    throw new InputError(`${tool} was not sent: no value to write was given`);
  }
  const sent = isComplete ? keepOwner(write, body, before) : body;
  return {
    tool,
    act: id === undefined ? "create" : "update",
    resource,
    ...defined({ id }),
    before,
    body: sent,
    problems,
    notes,
    send: (context) =>
      sendWrite(context, write, { before, body, sent, notes, doubts }),
  };
}

/** Replaces "me" by the id of the user that calls are made as. */
async function withMyId(
  { setup }: ChangeContext,
  write: Write,
): Promise<Write> {
  return { ...write, values: await withMe(setup, write.values) };
}

/** A write that passed the check. */
interface Checked {
  /** The record before an update. */
  readonly before: JsonObject | undefined;
  /** The values that the caller gave, as Qontak reads them. */
  readonly body: JsonObject;
  /** What is sent: the body, and the owner if it must be repeated. */
  readonly sent: JsonObject;
  /** What else the reader should know. */
  readonly notes: readonly string[];
  /** Possible reasons if Qontak refuses the write. */
  readonly doubts: readonly Doubt[];
}

/** Sends a write, and reads the record back. */
async function sendWrite(
  context: ChangeContext,
  write: Write,
  { before: previous, body, sent, notes, doubts }: Checked,
): Promise<Sent> {
  const { crm, signal } = context;
  const { resource, id } = write;
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
      report: {
        id: null,
        applied: [],
        ignored: [],
        stored_differently: [],
        notes: [
          ...notes,
          `Qontak accepted the ${resource.name} but did not return its id, so it could not be read back: find it with list_${resource.plural}`,
        ],
      },
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
 * Finds the problems of a write that {@linkcode prepareWrite} would find. It
 * changes nothing.
 *
 * @param context The company's CRM.
 * @param given The write; its values may have any form.
 * @returns The problems, one sentence each.
 */
export async function findProblems(
  context: ChangeContext,
  given: Write,
): Promise<readonly string[]> {
  if (given.skipValidation) return [];
  const write = await withMyId(context, given);
  const previous = await readPrevious(context, write);
  return (await checkValues(context, write, previous)).problems;
}
