/**
 * The tools of notes. Qontak lists them by what they belong to, and whole.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import { endpoints } from "../qontak/endpoints.ts";
import { resources } from "../qontak/resources.ts";
import { id } from "./kit/arguments.ts";
import { type Tool, tool } from "./tool.ts";
import { objects } from "./kit/list.ts";
import { frames, presentList, presentRecords } from "./kit/present.ts";
import { recordTools } from "./kit/resource.ts";
import {
  fieldsArgument,
  pageArgument,
  type ResourceTools,
  tenantArgument,
} from "./kit/spec.ts";

const spec: ResourceTools = {
  resource: resources.note,
  toolset: "notes",
  summary: [
    "id",
    "note",
    "type",
    "creator_id",
    "crm_person_full_name",
    "crm_deal_name",
    "crm_company_name",
    "created_at",
  ],
  descriptions: {
    note: "The text",
    type: "Such as Crm::DealNote or Crm::PersonNote",
    crm_person_id: "Contact; a note belongs to one record",
  },
  renamed: {
    title: "notes have no title: write it into note",
    content: "the text is note",
    text: "the text is note",
    body: "the text is note",
    crm_lead_id: "the contact is crm_person_id here",
    contact_id: "the contact is crm_person_id",
    deal_id: "the deal is crm_deal_id",
    company_id: "the company is crm_company_id",
  },
};

const [, ...others] = recordTools(spec);

/** The tools of notes, in the order that clients are shown. */
export const noteTools: readonly Tool[] = [
  tool({
    name: "list_notes",
    title: "List notes",
    description:
      "The notes of one contact (crm_lead_id), company or deal: name exactly one.",
    toolset: spec.toolset,
    effect: "read",
    input: {
      crm_lead_id: id("A contact's id"),
      crm_company_id: id(),
      crm_deal_id: id(),
      ...pageArgument,
      ...fieldsArgument,
      ...tenantArgument,
    },
    output: frames.page,
    run: async ({ crm, signal }, args) => {
      const { crm_lead_id, crm_company_id, crm_deal_id } = args;
      const query = { crm_lead_id, crm_company_id, crm_deal_id };
      const named = Object.values(query).filter((one) => one !== undefined);
      if (named.length !== 1) {
        throw new InputError(
          "list_notes takes exactly one of crm_lead_id, crm_company_id and crm_deal_id: with several, Qontak shows the notes of only one of them and does not say which",
        );
      }
      const { response } = await crm.call(endpoints.notes.list, {
        query,
        signal,
      });
      const { shown, extra } = presentRecords(
        objects(response),
        args.fields,
        spec.summary,
      );
      return presentList(shown, args.page, extra);
    },
  }),
  ...others,
];
