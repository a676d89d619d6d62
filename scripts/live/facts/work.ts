/**
 * Facts about tasks, tickets, notes and check-ins.
 *
 * @module
 */
import { isSame } from "../../../src/fields/readback.ts";
import { type Endpoint, endpoints } from "../../../src/qontak/endpoints.ts";
import { resources } from "../../../src/qontak/resources.ts";
import { isEmpty, isObject } from "../../../src/values/json.ts";
import { asAssumed, type Fact, judged, NotTried, otherwise } from "../fact.ts";
import { kinds } from "../kinds.ts";
import { idIn, recordIn, recordsIn } from "../answers.ts";
import type { Lab } from "../lab.ts";
import { customField, describe, sendAndSee, sendCustom } from "../see.ts";

/** The ids that a standard field of tasks or tickets can have. */
async function optionIds(
  lab: Lab,
  resource: typeof resources.task | typeof resources.ticket,
  key: string,
): Promise<number[]> {
  if (!lab.flags.write) throw new NotTried("it needs --write");
  const field = (await lab.setup.fields(resource)).find((field) =>
    !field.custom && field.key === key
  );
  const ids = (field?.options ?? []).flatMap(({ id }) =>
    id === null ? [] : [id]
  );
  if (ids.length === 0) throw new NotTried(`${key} has no options here`);
  return ids;
}

/** The notes of one record: POST with and without the slash at the end. */
async function postNote(lab: Lab, path: string) {
  const endpoint: Endpoint = { ...endpoints.notes.create, path };
  return await lab.attempt(endpoint, {
    body: { note: lab.mark, crm_deal_id: lab.ours(kinds.deal) },
  });
}

/** The facts. */
export const workFacts: readonly Fact[] = [
  {
    id: "ticket-category",
    question: "Does an update of a ticket take ticket_category_id?",
    assumed: "Yes, though only the sample of a create has it",
    code: "src/qontak/bodies.ts: ticketBody",
    how: "Updates our ticket and reads it",
    phase: "write",
    async probe(lab) {
      const key = "ticket_category_id";
      const ids = await optionIds(lab, resources.ticket, key);
      const current = (await lab.read(kinds.ticket))[key];
      const id = ids.find((id) => id !== current);
      if (id === undefined) throw new NotTried("there is only one category");
      const seen = await sendAndSee(lab, kinds.ticket, key, id);
      return judged(isSame(seen.stored, id), describe(seen, id));
    },
  },
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
      const made = lab.answers(create).at(0);
      if (!made) throw new NotTried("no ticket could be made");
      const key = "ticket_pipeline_id";
      const same = isSame(made.sent?.[key], recordIn(made.body?.response)[key]);
      const other = (await lab.setup.pipelines(resources.ticket)).find((
        { id },
      ) => id !== made.sent?.[key]);
      const seen = [same ? "taken" : "ignored"];
      if (other) {
        const { ok, status, response } = await lab.attempt(create, {
          body: { ...made.sent, name: lab.mark, [key]: other.id },
        });
        const stands = recordIn(response)[key];
        seen.push(
          `one that is not the stage's is ${
            !ok
              ? `refused with ${status}`
              : isSame(stands, other.id)
              ? "taken, against the stage"
              : "overruled by the stage"
          }`,
        );
      }
      return judged(same, seen.join("; "));
    },
  },
  {
    id: "checklist",
    question: "Can a checklist be written as a JSON text?",
    assumed: "Yes: a text that holds checklist_details_attributes",
    code: "src/fields/types.ts: checklist",
    how: "Ticks the first item of a checklist of our task and reads it",
    phase: "write",
    async probe(lab) {
      const { kind, field, resource } = await customField(lab, "checklist");
      const template = lab.answers(resource.endpoints.template!).at(0)?.body;
      const items = recordsIn(template).find(({ id }) => id === field.id)
        ?.checklist_details_attributes;
      const [first] = recordsIn({ response: items });
      if (!first) throw new NotTried("the checklist has no items");
      const { crm_additional_option_id, name } = first;
      const encoded = field.type.encode(
        [{ crm_additional_option_id, name, completed: true }],
        { custom: true },
      );
      if (encoded.problem !== undefined) throw new NotTried(encoded.problem);
      const seen = await sendCustom(lab, kind, field, encoded.wire);
      if (seen.refused !== undefined) {
        return otherwise(`refused with ${seen.refused}`);
      }
      if (isEmpty(seen.stored)) return otherwise("accepted, and not stored");
      const ticked = JSON.stringify(seen.stored).includes("true");
      return judged(
        ticked,
        `${ticked ? "stored" : "stored without the tick"}, shown as ${
          Array.isArray(seen.stored) ? "a list" : typeof seen.stored
        }`,
      );
    },
  },
  {
    id: "checkin-key",
    question: "Is the latitude of a check-in read as lattitude or latitude?",
    assumed: "As either, so both are sent",
    code: "src/fields/types.ts: checkin",
    how: "Sends our task one, then the other, each with its own number",
    phase: "write",
    async probe(lab) {
      const spellings = { lattitude: -6.25, latitude: -6.75 };
      const seen: string[] = [];
      const taken: string[] = [];
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
        if (found.length > 0) taken.push(spelling);
        seen.push(
          `${spelling}: ${
            refused !== undefined
              ? `refused with ${refused}`
              : found.length > 0
              ? `shown as ${found.join(" and ")}`
              : stored === undefined
              ? "accepted, and not shown"
              : "not stored"
          }`,
        );
      }
      const detail = seen.join("; ");
      if (taken.length === 0 && detail.includes("not shown")) {
        throw new NotTried(detail);
      }
      return judged(taken.length > 0, detail);
    },
  },
  {
    id: "task-teams",
    question:
      "Is crm_team_ids the key for the template's crm_team_hierarchy_id?",
    assumed: "Yes",
    code: "src/qontak/resources.ts: task",
    how: "Sets the team of our task and reads it",
    phase: "write",
    async probe(lab) {
      const key = "crm_team_ids";
      const ids = await optionIds(lab, resources.task, key);
      const current = (await lab.read(kinds.task))[key];
      const id = ids.find((id) => !isSame(current, [id]));
      if (id === undefined) throw new NotTried("there is only one team");
      const seen = await sendAndSee(lab, kinds.task, key, [id]);
      return judged(isSame(seen.stored, [id]), describe(seen, [id]));
    },
  },
  {
    id: "task-category-id",
    question: "Does a new task category need an id?",
    assumed: "No, a name is enough",
    code: "src/tools/tasks.ts: taskTools",
    how: "create_task_category with a name alone",
    phase: "log",
    probe(lab) {
      const { createCategory } = endpoints.tasks;
      const tried = lab.wire.seen.filter(({ endpoint }) =>
        endpoint === `POST ${createCategory.path}`
      );
      if (tried.length === 0) throw new NotTried("it needs --write");
      return lab.answers(createCategory).length > 0
        ? asAssumed()
        : otherwise(`answered with ${tried.at(-1)!.status}`);
    },
  },
  {
    id: "note-type",
    question: "Does Qontak set the type of a note by what it belongs to?",
    assumed: "Yes; it is null in the answer to the create",
    code: "src/tools/notes.ts: spec",
    how: "The type of our note on a deal, in answer and record",
    phase: "write",
    async probe(lab) {
      const id = lab.ours(kinds.note);
      const made = lab.answers(endpoints.notes.create).findLast(({ body }) =>
        idIn(body?.response) === id
      );
      const first = recordIn(made?.body?.response).type;
      const type = (await lab.read(kinds.note)).type;
      const say = (value: unknown) =>
        /^Crm::[A-Za-z]{1,20}$/.test(String(value))
          ? String(value)
          : typeof value;
      return judged(
        type === "Crm::DealNote" && first === null,
        `answer: ${first === null ? "null" : say(first)}; record: ${
          type === null ? "null" : say(type)
        }`,
      );
    },
  },
  {
    id: "note-two",
    question: "Can a note belong to two records?",
    assumed: "No: refused, or one of them is dropped",
    code: "src/tools/notes.ts: spec",
    how: "POST /notes/ with our contact and our deal",
    phase: "write",
    async probe(lab) {
      const { ok, status, response } = await lab.attempt(
        endpoints.notes.create,
        {
          body: {
            note: lab.mark,
            crm_person_id: lab.ours(kinds.contact),
            crm_deal_id: lab.ours(kinds.deal),
          },
        },
      );
      if (!ok) return asAssumed(`refused with ${status}`);
      const id = idIn(response);
      if (id === undefined) throw new NotTried("the note's id did not come");
      const note = await lab.read(kinds.note, id);
      const kept = ["crm_person_id", "crm_deal_id"].filter((key) =>
        !isEmpty(note[key])
      );
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
      const withSlash = await postNote(lab, "/notes/");
      const without = await postNote(lab, "/notes");
      const say = ({ ok, status }: typeof without) =>
        ok ? "works" : `is answered with ${status}`;
      return judged(
        withSlash.ok,
        `with it ${say(withSlash)}, without it ${say(without)}`,
      );
    },
  },
];
