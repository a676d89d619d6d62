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
import { findSame, isCompared, type SameFound } from "./find_same.ts";
import { withWholeLists } from "./list_changes.ts";
import { noteSamePhone } from "./note_same_phone.ts";
import { withProduct } from "./product_line.ts";
import { readRecord, reportWrite } from "./report_write.ts";

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
  const { tool, resource, id } = given;
  const before = await readPrevious(context, given);
  const readAt = performance.now();
  const write = await resolved(context, given, before);
  const checked = await check(context, write, before);
  const { body, doubts } = checked;
  const found = [...write.problems ?? [], ...checked.problems];
  const isComplete = found.length === 0;
  if (isComplete && Object.keys(body).length === 0) {
    throw new InputError(
      [
        `${tool} was not sent: no value to write was given`,
        ...write.notes ?? [],
      ]
        .join(". "),
    );
  }
  const same = await findSameAs(context, write, isComplete ? body : undefined);
  const problems = [...found, ...same.problems];
  const notes = [...write.notes ?? [], ...checked.notes, ...same.notes];
  const state = { before, readAt, body, notes, doubts };
  return {
    tool,
    act: id === undefined ? "create" : "update",
    kind: resource.name,
    resource,
    ...defined({ id }),
    before,
    body: isComplete ? keepOwner(write, body, before) : body,
    endpoint: endpointOf(write),
    problems,
    notes,
    canUndo: id === undefined
      ? resource.endpoints.delete !== null
      : !resource.readsOtherwise,
    send: (context) => sendWrite(context, write, state),
  };
}

/**
 * Looks for what a write creates among the records that exist. A write that has
 * other problems is compared too, so that all of them come back at once.
 *
 * @param context The company's CRM.
 * @param write The write.
 * @param body The checked values; by default the given ones that can be read.
 */
async function findSameAs(
  context: ChangeContext,
  write: Write,
  body?: JsonObject,
): Promise<SameFound> {
  if (!isComparedFirst(write)) return { problems: [], notes: [] };
  const readable = Object.entries(write.values)
    .filter(([, value]) => !isObject(value));
  return await findSame(
    context,
    write.resource,
    body ?? Object.fromEntries(readable),
  );
}

/** Whether a write is compared with the records that exist. */
function isComparedFirst({ resource, id, allowDuplicate }: Write): boolean {
  return id === undefined && !allowDuplicate && isCompared(resource);
}

/**
 * Replaces placeholders: "me" by the user's id, changes to lists by the whole
 * lists. Completes product lines.
 */
async function resolved(
  context: ChangeContext,
  given: Write,
  before: JsonObject | undefined,
): Promise<Write> {
  const { setup } = context;
  const write = await withProduct(context, given, before);
  const { resource } = write;
  const mine = await withMe(setup, write.values);
  const { values, problems } = await withWholeLists(setup, {
    resource,
    values: mine,
    before,
    mayRead: context.mayRead,
  });
  return {
    ...write,
    values,
    problems: [...write.problems ?? [], ...problems],
  };
}

/** A write that passed the check. */
interface Checked {
  /** The record before an update. */
  readonly before: JsonObject | undefined;
  /** When it was read, in ms of `performance.now()`. */
  readonly readAt: number;
  /** The values that the caller gave, as Qontak reads them. */
  readonly body: JsonObject;
  /** What else the reader should know. */
  readonly notes: readonly string[];
  /** Possible reasons if Qontak refuses the write. */
  readonly doubts: readonly Doubt[];
}

/** How old a repeated owner may be when it is sent, in ms. */
const OWNER_FRESH = 1_000;

/** How often a record is read again to learn its owner. */
const MOST_READS = 2;

/** The owner was read too long ago to be repeated. */
class StaleOwner extends Error {}

/** The request of a write, as it was sent. */
interface SentRequest extends Pick<Checked, "before" | "body"> {
  /** Qontak's answer. */
  readonly answer: Answer;
  /** How long before it was sent the record was read, in ms. */
  readonly age: number;
}

/**
 * Sends the request of a write. An update that repeats the owner must not undo
 * a change of the owner, so the record is read again if it had to wait.
 */
async function sendRequest(
  context: ChangeContext,
  write: Write,
  { before, readAt, body }: Checked,
): Promise<SentRequest> {
  const { crm, signal } = context;
  const { resource, id } = write;
  const endpoint = endpointOf(write);
  for (let reads = 0;; reads++) {
    const sent = keepOwner(write, body, before);
    let age = 0;
    const checkAge = () => {
      age = performance.now() - readAt;
      if (sent !== body && reads < MOST_READS && age > OWNER_FRESH) {
        throw new StaleOwner();
      }
    };
    try {
      checkAge();
      const answer = await crm.call(endpoint, {
        ...(id === undefined ? {} : { path: { id } }),
        body: sent,
        signal,
        beforeSending: checkAge,
      });
      return { answer, before, body: sent, age };
    } catch (error) {
      if (!(error instanceof StaleOwner)) throw error;
      before = await readRecord(context, resource, id!);
      readAt = performance.now();
    }
  }
}

/**
 * Notes that somebody else changed the owner during an update that repeats it,
 * or may have done so.
 */
function noteOwner(
  { resource: { owner, name } }: Write,
  { body: sent, age }: SentRequest,
  read: JsonObject | undefined,
  stored: JsonObject | undefined,
): string[] {
  if (!owner || !read) return [];
  const [first, repeated, now] = [read, sent, stored].map((record) =>
    toId(record?.[owner.key])
  );
  if (now !== null && now !== repeated) {
    return [
      `The owner of the ${name} is ${now} now, and not ${repeated}, as when it was read: somebody changed it at the same time, or Qontak did. Check who should own it`,
    ];
  }
  return [
    ...first !== repeated
      ? [
        `The owner of the ${name} was changed from ${first} to ${repeated} while this update waited. It keeps the new owner`,
      ]
      : [],
    ...age > OWNER_FRESH
      ? [
        `This update names the owner ${repeated} again, or Qontak would have replaced it, and waited ${
          Math.round(age / 1000)
        } s after that owner was read. If somebody changed the owner in that time, this update undid it: the timeline of the ${name} may show it`,
      ]
      : [],
  ];
}

/** Sends a write, and reads the record back. */
async function sendWrite(
  context: ChangeContext,
  write: Write,
  checked: Checked,
): Promise<Sent> {
  const { crm } = context;
  const { resource, id } = write;
  const { before: read, body, notes, doubts } = checked;
  const at = Date.now();
  const end = isComparedFirst(write)
    ? await context.creating.begin(
      resource,
      body,
      checked.readAt,
      context,
    )
    : () => {};
  let request: Awaited<ReturnType<typeof sendRequest>>;
  try {
    request = await sendRequest(context, write, checked);
    const { response } = request.answer;
    end({ made: true, id: isObject(response) ? toId(response.id) : null });
  } catch (error) {
    end(
      isFateUnknown(endpointOf(write), error)
        ? { made: true, id: null }
        : { made: false },
    );
    throw id === undefined && isFateUnknown(endpointOf(write), error)
      ? await findCreated(crm, { resource, body, at }, error)
      : await explainRejection(
        context,
        write,
        { previous: read, doubts },
        error,
      );
  }
  const { answer, before: previous, body: sent } = request;
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
  const samePhone = isComparedFirst(write)
    ? []
    : await noteSamePhone(context, resource, {
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
    noteStored: (stored) =>
      sent === body ? [] : noteOwner(write, request, read, stored),
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
  const previous = await readPrevious(context, given);
  const write = await resolved(context, given, previous);
  return [
    ...write.problems ?? [],
    ...(await checkValues(context, write, previous)).problems,
    ...(await findSameAs(context, write)).problems,
  ];
}
