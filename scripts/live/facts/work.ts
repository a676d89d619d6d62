/**
 * Facts about tasks, tickets, notes and check-ins.
 *
 * @module
 */
import { isSame } from "../../../src/fields/readback.ts";
import { endpoints } from "../../../src/qontak/endpoints.ts";
import { resources } from "../../../src/qontak/resources.ts";
import { isEmpty, isObject } from "../../../src/values/json.ts";
import { idIn, recordIn } from "../answers.ts";
import type { Claim, Fact } from "../fact.ts";
import { kinds } from "../kinds.ts";
import { describe, sendAndSee } from "../see.ts";
import { typeName } from "../shape.ts";
import { demand, judged, otherwise } from "../verdict.ts";

/** A fact about a standard field: sets another of its options and reads it. */
function optionFact(
  claim: Claim & {
    readonly kind: typeof kinds.task | typeof kinds.ticket;
    readonly key: string;
    /** Whether the key takes a list of ids. */
    readonly isList?: true;
    /** The detail if there is no other option. */
    readonly onlyOne: string;
  },
): Fact {
  const { kind, key, isList, onlyOne, ...fact } = claim;
  return {
    ...fact,
    phase: "write",
    async probe(lab) {
      demand(lab.flags.write, "it needs --write");
      const field = (await lab.setup.fields(kind.resource)).find((field) =>
        !field.custom && field.key === key
      );
      const ids = (field?.options ?? []).flatMap(({ id }) => id ?? []);
      const values = demand(ids, `${key} has no options here`)
        .map((id) => isList ? [id] : id);
      const current = (await lab.read(kind))[key];
      const value = demand(
        values.find((value) => !isSame(current, value)),
        onlyOne,
      );
      const seen = await sendAndSee(lab, kind, key, value);
      return judged(isSame(seen.stored, value), describe(seen, value));
    },
  };
}

/** The facts. */
export const workFacts: readonly Fact[] = [
  optionFact({
    id: "ticket-category",
    question: "Does an update of a ticket take ticket_category_id?",
    assumed: "Yes, though only the sample of a create has it",
    code: "src/qontak/bodies.ts: ticketBody",
    how: "Updates our ticket and reads it",
    kind: kinds.ticket,
    key: "ticket_category_id",
    onlyOne: "there is only one category",
  }),
  {
    id: "ticket-pipeline",
    question: "What does a create of a ticket do with ticket_pipeline_id?",
    assumed: "It takes it; with the stage's own pipeline nothing is lost",
    code: "src/qontak/bodies.ts: ticketBody",
    how:
      "The pipeline of the ticket that create_ticket made, and a ticket whose pipeline is not its stage's",
    phase: "write",
    async probe(lab) {
      lab.ours(kinds.ticket);
      const { create } = endpoints.tickets;
      const [first] = lab.answers(create);
      const { sent, body } = demand(first, "no ticket could be made");
      const key = "ticket_pipeline_id";
      const isTaken = isSame(sent?.[key], recordIn(body?.response)[key]);
      const seen = [isTaken ? "taken" : "ignored"];
      const pipelines = await lab.setup.pipelines(resources.ticket);
      const other = pipelines.find(({ id }) => id !== sent?.[key]);
      if (other) {
        const { ok, status, response } = await lab.attempt(create, {
          body: { ...sent, name: lab.mark, [key]: other.id },
        });
        const outcome = !ok
          ? `refused with ${status}`
          : isSame(recordIn(response)[key], other.id)
          ? "taken, against the stage"
          : "overruled by the stage";
        seen.push(`one that is not the stage's is ${outcome}`);
      }
      return judged(isTaken, seen.join("; "));
    },
  },
  {
    id: "checkin-key",
    question: "Is the latitude of a check-in read as lattitude or latitude?",
    assumed: "As either, so both are sent",
    code: "src/fields/encode.ts: encodeCheckin",
    how: "Sends our task one, then the other, each with its own number",
    phase: "write",
    async probe(lab) {
      const spellings = { lattitude: -6.25, latitude: -6.75 };
      const seen: string[] = [];
      let isTaken = false, isHidden = false;
      for (const [spelling, degrees] of Object.entries(spellings)) {
        const { refused, stored } = await sendAndSee(
          lab,
          kinds.task,
          "crm_checkin_attributes",
          { longitude: 106.5, [spelling]: degrees },
        );
        const found = isObject(stored)
          ? Object.keys(stored).filter((key) => Number(stored[key]) === degrees)
          : [];
        isTaken ||= found.length > 0;
        isHidden ||= refused === undefined && stored === undefined;
        const outcome = refused !== undefined
          ? `refused with ${refused}`
          : found.length > 0
          ? `shown as ${found.join(" and ")}`
          : stored === undefined
          ? "accepted, and not shown"
          : "not stored";
        seen.push(`${spelling}: ${outcome}`);
      }
      const detail = seen.join("; ");
      demand(isTaken || !isHidden, detail);
      return judged(isTaken, detail);
    },
  },
  optionFact({
    id: "task-teams",
    question:
      "Is crm_team_ids the key for the template's crm_team_hierarchy_id?",
    assumed: "Yes",
    code: "src/qontak/resources.ts: task",
    how: "Sets the team of our task and reads it",
    kind: kinds.task,
    key: "crm_team_ids",
    isList: true,
    onlyOne: "there is only one team",
  }),
  {
    id: "task-category-id",
    question: "Does a new task category need an id?",
    assumed: "No, a name is enough",
    code: "src/tools/tasks.ts: taskTools",
    how: "create_task_category with a name alone",
    phase: "log",
    probe(lab) {
      const { createCategory } = endpoints.tasks;
      const tried = demand(
        lab.wire.seen.filter(({ endpoint }) =>
          endpoint === `POST ${createCategory.path}`
        ),
        "it needs --write",
      );
      return lab.answers(createCategory).length > 0
        ? judged(true)
        : otherwise(`answered with ${tried.at(-1)!.status}`);
    },
  },
  {
    id: "note-type",
    question: "Does Qontak set the type of a note by what it belongs to?",
    assumed: "Yes; it is null in the answer to the create",
    code: "src/tools/notes.ts: traits",
    how: "The type of our note on a deal, in answer and record",
    phase: "write",
    async probe(lab) {
      const id = lab.ours(kinds.note);
      const made = lab.answers(endpoints.notes.create).findLast(({ body }) =>
        idIn(body?.response) === id
      );
      const first = recordIn(made?.body?.response).type;
      const { type } = await lab.read(kinds.note);
      const say = (value: unknown) =>
        /^Crm::[A-Za-z]{1,20}$/.test(String(value))
          ? String(value)
          : typeName(value);
      return judged(
        type === "Crm::DealNote" && first === null,
        `answer: ${say(first)}; record: ${say(type)}`,
      );
    },
  },
  {
    id: "note-two",
    question: "Can a note belong to two records?",
    assumed: "No: refused, or one of them is dropped",
    code: "src/tools/notes.ts: traits",
    how: "POST /notes/ with our contact and our deal",
    phase: "write",
    async probe(lab) {
      const both = {
        crm_person_id: lab.ours(kinds.contact),
        crm_deal_id: lab.ours(kinds.deal),
      };
      const { ok, status, response } = await lab.attempt(
        endpoints.notes.create,
        { body: { note: lab.mark, ...both } },
      );
      if (!ok) return judged(true, `refused with ${status}`);
      const id = demand(idIn(response), "the note's id did not come");
      const note = await lab.read(kinds.note, id);
      const kept = Object.keys(both).filter((key) => !isEmpty(note[key]));
      return judged(kept.length < 2, `accepted with ${kept.join(" and ")}`);
    },
  },
  {
    id: "notes-slash",
    question: "Does POST /notes/ need the slash at its end?",
    assumed: "It is sent with the slash, as the collection has it",
    code: "src/qontak/endpoints.ts: endpoints",
    how: "Makes a note each way",
    phase: "write",
    async probe(lab) {
      const post = async (path: string) => {
        const { ok, status } = await lab.attempt(
          { ...endpoints.notes.create, path },
          { body: { note: lab.mark, crm_deal_id: lab.ours(kinds.deal) } },
        );
        return { ok, words: ok ? "works" : `is answered with ${status}` };
      };
      const withSlash = await post("/notes/"), without = await post("/notes");
      return judged(
        withSlash.ok,
        `with it ${withSlash.words}, without it ${without.words}`,
      );
    },
  },
];
