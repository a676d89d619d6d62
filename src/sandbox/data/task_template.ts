/**
 * What `GET /tasks/info` answers, in Indonesian as in Qontak's collection: the
 * labels are translated, the statuses and priorities are not.
 *
 * @module
 */

import type { World } from "../records.ts";
import type { ChecklistItem, Descriptor, Option } from "../template.ts";
import { USERS } from "./tenant.ts";

const SELECT = "Dropdown select";

function options(firstId: number, ...names: string[]): Option[] {
  return names.map((name, index) => ({ id: firstId + index, name }));
}

/** Items are listed in reverse, as in Qontak's collection. */
function items(firstId: number, ...names: string[]): ChecklistItem[] {
  return names.map((name, index) => ({
    crm_additional_option_id: firstId + index,
    name,
    completed: null,
    due_date: null,
    checklist_due_time: null,
    reminder: null,
    user_ids: null,
  })).toReversed();
}

const teams = new Map(
  USERS.flatMap((user) => user.teams)
    .map(({ id, name }): [number, Option] => [id, { id, name }]),
);

/** Name, label, type, choices. */
type Row = readonly [
  name: string,
  label: string,
  type: string,
  dropdown?: readonly Option[],
];

/**
 * The standard fields, with the names and the fixed ids of Qontak's collection.
 * Five names are not those of the bodies: `crm_person` and its like lack `_id`,
 * `crm_task_attachment` is `attachment`, and `crm_team_hierarchy_id` is
 * `crm_team_ids` (assumed).
 */
const STANDARD: readonly Row[] = [
  ["name", "Nama Tugas", "Single-line text"],
  ["crm_person", "Asosiasi Kontak", "assoc"],
  ["crm_company", "Asosiasi Perusahaan", "assoc"],
  ["crm_deal", "Asosiasi Tawaran", "assoc"],
  [
    "crm_task_status_id",
    "Status",
    SELECT,
    options(
      1,
      "Not Started",
      "In Progress",
      "Waiting",
      "Completed",
      "Deferred",
    ),
  ],
  ["user_id", "Pemilik", SELECT, USERS.map(({ id, name }) => ({ id, name }))],
  [
    "crm_task_priority_id",
    "Prioritas",
    SELECT,
    options(1, "None", "Low", "Normal", "High", "Urgent"),
  ],
  ["crm_task_category_id", "Kategori", SELECT],
  ["due_date", "Tanggal Jatuh Tempo", "Date time"],
  ["end_due_date", "Tanggal Selesai", "Date time"],
  ["reminder_date", "Tanggal Pengingat", "Date time"],
  ["detail", "Rincian / Rencana", "text area"],
  ["next_step", "Hasil / Langkah Selanjutnya", "text area"],
  ["crm_task_attachment", "Lampiran", "Upload"],
  ["crm_checkin_attributes", "Lokasi GPS", "checkin"],
  ["crm_team_hierarchy_id", "Tim Pemilik", SELECT, [...teams.values()]],
];

const PLAIN = { dropdown: null, checklist_details_attributes: null };

/** The custom fields of tasks. */
export const TASK_FIELDS: readonly Descriptor[] = [
  {
    id: 8_420_117,
    name: "visit_photo",
    label: "Foto Kunjungan",
    type: "Photo",
  },
  {
    id: 8_420_124,
    name: "visitor_signature_2",
    label: "Tanda Tangan Penerima",
    type: "Signature",
  },
  {
    id: 8_420_131,
    name: "visit_summary",
    label: "Ringkasan Kunjungan",
    type: "Text Area",
  },
  {
    id: 8_733_905,
    name: "visit_checklist",
    label: "Daftar Periksa Kunjungan",
    type: "Checklist",
    checklist_details_attributes: items(
      2_406_311,
      "Bawa katalog",
      "Cek stok di gudang pelanggan",
      "Catat nama penanggung jawab",
    ),
  },
  { id: 8_733_912, name: "location_gps", label: "Titik Lokasi", type: "gps" },
  {
    id: 9_150_448,
    name: "visit_result_6",
    label: "Hasil Kunjungan",
    type: SELECT,
    dropdown: options(
      2_731_840,
      "Berminat",
      "Perlu Tindak Lanjut",
      "Tidak Berminat",
      "Tidak Bertemu",
    ),
  },
  {
    id: 9_150_455,
    name: "next_visit_date",
    label: "Tanggal Kunjungan Berikut",
    type: "Date",
  },
].map(({ id, name, label, type, ...rest }) => ({
  id,
  name,
  name_alias: label,
  additional_field: true,
  type,
  ...PLAIN,
  ...rest,
}));

const STANDARD_FIELDS: readonly Descriptor[] = STANDARD.map(
  ([name, name_alias, type, dropdown = null]) => ({
    id: null,
    name,
    name_alias,
    additional_field: false,
    type,
    dropdown,
    checklist_details_attributes: null,
  }),
);

/**
 * The template of tasks. It says of no field that it is required. The kinds of
 * tasks in it are those that the tenant has just now.
 */
export function taskTemplate({ taskCategories }: World): Descriptor[] {
  const kinds = [...taskCategories.values()].map(({ id, name }) => ({
    id,
    name,
  }));
  return [...STANDARD_FIELDS, ...TASK_FIELDS].map((field) =>
    field.name === "crm_task_category_id"
      ? { ...field, dropdown: kinds }
      : field
  );
}
