/**
 * What `GET /deals/info` answers.
 *
 * @module
 */

import type { Descriptor, Option } from "../template.ts";
import { DEAL_FIELDS } from "./deal_fields.ts";
import { PIPELINES, STAGES, USERS } from "./tenant.ts";

function options(firstId: number, ...names: string[]): Option[] {
  return names.map((name, index) => ({ id: firstId + index, name }));
}

const pipelineIds = PIPELINES.map(({ id }) => id);

/** The stages with these places in their pipelines. */
function stagesAt(...orders: number[]): number[] {
  return STAGES.filter((stage) => orders.includes(stage.order)).map(({ id }) =>
    id
  );
}

/** Name, label, type, choices, and the two lists of what requires it. */
type Row = readonly [
  name: string,
  label: string,
  type: string,
  dropdown?: readonly Option[] | null,
  required_pipeline_ids?: readonly number[],
  required_stage_ids?: readonly number[],
];

const SELECT = "Dropdown select";

/**
 * The standard fields, named as in Qontak's collection. The closing date lists
 * both pipelines and some stages: the stages refine the pipelines.
 */
const STANDARD: readonly Row[] = [
  [
    "name",
    "Deal Name",
    "Single-line text",
    null,
    pipelineIds,
    stagesAt(1, 2, 3, 4, 5, 6),
  ],
  [
    "currency",
    "Currency",
    SELECT,
    ["IDR", "USD", "SGD", "JPY", "EUR", "CNY"]
      .map((name) => ({ id: null, name })),
  ],
  ["size", "Deal Size", "Number", null, [], stagesAt(3, 4, 5)],
  [
    "creator_id",
    "Owner",
    SELECT,
    USERS.map(({ id, name, email, teams }) => ({
      id,
      name,
      email,
      crm_teams: teams,
    })),
  ],
  ["closed_date", "Close Date", "Date", null, pipelineIds, stagesAt(4, 5)],
  [
    "crm_source_id",
    "Source",
    SELECT,
    options(
      71_204,
      "Website",
      "Referensi",
      "WhatsApp",
      "Pameran",
      "Telemarketing",
      "Portal LPSE",
      "Kunjungan",
    ),
  ],
  [
    "crm_priority_id",
    "Priority",
    SELECT,
    options(1, "Low", "Critical", "High", "Medium"),
  ],
  ["start_date", "Start Date", "Date"],
  ["expired_date", "Expire Date", "Date"],
  [
    "crm_lost_reason_id",
    "Lost Reason",
    SELECT,
    options(
      33_518,
      "Harga terlalu tinggi",
      "Stok tidak tersedia",
      "Kalah tender",
      "Anggaran ditunda",
      "Tidak ada respons",
      "Memilih pesaing",
    ),
    [],
    stagesAt(6),
  ],
  ["crm_stage_id", "Stage", SELECT],
  ["crm_contact", "Contact", "Number"],
  ["crm_company", "Company", "Number"],
  ["crm_deal_status_id", "Status", "Number"],
];

/** The template of deals. */
export const DEAL_TEMPLATE: readonly Descriptor[] = [
  ...STANDARD.map((
    [name, name_alias, type, dropdown = null, pipelines = [], stages = []],
  ) => ({
    id: null,
    name,
    name_alias,
    additional_field: false,
    type,
    dropdown,
    required_pipeline_ids: pipelines,
    required_stage_ids: stages,
  })),
  ...DEAL_FIELDS.map(({ descriptor }) => descriptor),
];
