/**
 * Facts about tasks, tickets, notes and check-ins.
 *
 * @module
 */
import { isSame } from "../../../src/fields/readback.ts";
import { endpoints, nameOf } from "../../../src/qontak/endpoints.ts";
import { isEmpty, isObject, toId } from "../../../src/values/json.ts";
import { typeName } from "../answers.ts";
import { type Facts, findingOf, NEEDS_WRITE } from "../fact.ts";
import { kinds } from "../kinds.ts";
import type { Attempt } from "../lab.ts";
import { describe, sets, setsOption } from "../set.ts";
import { demand } from "../verdict.ts";

const { contact, deal, note, task, ticket } = kinds;

/** The facts. */
export const workFacts: Facts = {
  "ticket-category": {
    question: "Does an update of a ticket take ticket_category_id?",
    assumed: "Yes, though only the sample of a create has it",
    code: "src/qontak/bodies.ts: ticketBody",
    how: "Updates our ticket and reads it",
    write: setsOption(ticket, "ticket_category_id"),
  },
  "ticket-pipeline": {
    question: "What does a create of a ticket do with ticket_pipeline_id?",
    assumed: "It takes it; with the stage's own pipeline nothing is lost",
    code: "src/qontak/bodies.ts: ticketBody",
    how:
      "The pipeline of the ticket that create_ticket made, and a ticket whose pipeline is not its stage's",
    async write(lab) {
      lab.ours(ticket);
      const { create } = endpoints.tickets;
      const [first] = lab.answers(create);
      const { sent, record } = demand(first, "no ticket could be made");
      const key = "ticket_pipeline_id";
      const isTaken = isSame(sent[key], record[key]);
      const seen = [isTaken ? "taken" : "ignored"];
      const pipelines = await lab.setup.pipelines(ticket);
      const other = pipelines.find(({ id }) => id !== sent[key]);
      if (other) {
        const body = { ...sent, name: lab.mark, [key]: other.id };
        const { ok, status, record } = await lab.attempt(create, { body });
        const outcome = !ok
          ? `refused with ${status}`
          : isSame(record[key], other.id)
          ? "taken, against the stage"
          : "overruled by the stage";
        seen.push(`one that is not the stage's is ${outcome}`);
      }
      return [isTaken, seen.join("; ")];
    },
  },
  "checkin-key": {
    question: "Is the latitude of a check-in read as lattitude or latitude?",
    assumed: "As either, so both are sent",
    code: "src/fields/encode.ts: encodeCheckin",
    how: "Sends our task one, then the other, each with its own number",
    async write(lab) {
      const given = (spelling: string, degrees: number) => {
        const sent = { longitude: 106.5, [spelling]: degrees };
        const key = "crm_checkin_attributes";
        return findingOf(
          lab,
          sets(task, key, sent, (stored) => {
            const { value } = stored;
            if (!isObject(value)) {
              const holds = value === undefined ? undefined : false;
              return [holds, describe(stored, sent)];
            }
            const shown = Object.keys(value)
              .filter((key) => Number(value[key]) === degrees);
            return shown.length === 0
              ? [false, "not stored"]
              : [true, `shown as ${shown.join(" and ")}`];
          }),
        );
      };
      const [first, one] = await given("lattitude", -6.25);
      const [second, other] = await given("latitude", -6.75);
      const isHidden = first === undefined || second === undefined;
      return [
        first || second || (isHidden ? undefined : false),
        `lattitude: ${one}; latitude: ${other}`,
      ];
    },
  },
  "task-teams": {
    question:
      "Is crm_team_ids the key for the template's crm_team_hierarchy_id?",
    assumed: "Yes",
    code: "src/qontak/resources.ts: task",
    how: "Sets the team of our task and reads it",
    write: setsOption(task, "crm_team_ids", (id) => [id]),
  },
  "task-category-id": {
    question: "Does a new task category need an id?",
    assumed: "No, a name is enough",
    code: "src/tools/tasks.ts: taskTools",
    how: "create_task_category with a name alone",
    log(lab) {
      const { createCategory } = endpoints.tasks;
      const tried = lab.wire.seen.findLast(({ endpoint }) =>
        endpoint === nameOf(createCategory)
      );
      const { status } = demand(tried, NEEDS_WRITE);
      return lab.answers(createCategory).length > 0
        ? [true]
        : [false, `answered with ${status}`];
    },
  },
  "note-type": {
    question: "Does Qontak set the type of a note by what it belongs to?",
    assumed: "Yes; it is null in the answer to the create",
    code: "src/tools/notes.ts: traits",
    how: "The type of our note on a deal, in answer and record",
    async write(lab) {
      const id = lab.ours(note);
      const made = lab.answers(endpoints.notes.create)
        .findLast(({ record }) => toId(record.id) === id);
      const first = made?.record.type;
      const { type } = await lab.read(note);
      const say = (value: unknown) =>
        /^Crm::[A-Za-z]{1,20}$/.test(String(value)) ? value : typeName(value);
      return [
        type === "Crm::DealNote" && first === null,
        `answer: ${say(first)}; record: ${say(type)}`,
      ];
    },
  },
  "note-two": {
    question: "Can a note belong to two records?",
    assumed: "No: refused, or one of them is dropped",
    code: "src/tools/notes.ts: traits",
    how: "POST /notes/ with our contact and our deal",
    async write(lab) {
      const both = {
        crm_person_id: lab.ours(contact),
        crm_deal_id: lab.ours(deal),
      };
      const { ok, status, record } = await lab.attempt(
        endpoints.notes.create,
        { body: { note: lab.mark, ...both } },
      );
      if (!ok) return [true, `refused with ${status}`];
      const id = demand(toId(record.id), "the note's id did not come");
      const made = await lab.read(note, id);
      const kept = Object.keys(both).filter((key) => !isEmpty(made[key]));
      return [kept.length < 2, `accepted with ${kept.join(" and ")}`];
    },
  },
  "notes-slash": {
    question: "Does POST /notes/ need the slash at its end?",
    assumed: "It is sent with the slash, as the collection has it",
    code: "src/qontak/endpoints.ts: endpoints",
    how: "Makes a note each way",
    async write(lab) {
      const post = (path: string) =>
        lab.attempt({ ...endpoints.notes.create, path }, {
          body: { note: lab.mark, crm_deal_id: lab.ours(deal) },
        });
      const say = ({ ok, status }: Attempt) =>
        ok ? "works" : `is answered with ${status}`;
      const slash = await post("/notes/"), none = await post("/notes");
      return [slash.ok, `with it ${say(slash)}, without it ${say(none)}`];
    },
  },
};
