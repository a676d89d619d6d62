/**
 * The ticket pipelines, and what `GET /tickets/info` answers. The standard
 * fields are those of Qontak's collection; the rest is invented.
 *
 * @module
 */

import type { Descriptor, Option } from "../template.ts";
import { optionsFrom, USER_OPTIONS } from "./contact_template.ts";
import { buildFields, type CustomField, type FieldRow } from "./deal_fields.ts";

/** The ticket pipeline in Indonesian. It requires no custom field. */
export const SERVICE_PIPELINE_ID = 5_118;

/** The ticket pipeline in English. It requires two custom fields. */
export const SUPPORT_PIPELINE_ID = 5_124;

/** A stage of a ticket pipeline, with the keys of Qontak's collection. */
export interface TicketStage {
  /** The id. */
  readonly id: number;
  /** The name; both pipelines have one of the same name. */
  readonly name: string;
  /** The name as addresses have it. */
  readonly slug: string;
  /** The pipeline it belongs to. */
  readonly ticket_pipeline_id: number;
  /** The place in the pipeline, from 1. */
  readonly order: number;
  /** One decimal, unlike a deal's stage. */
  readonly win_probability: string;
}

/** A ticket pipeline, exactly as it is answered. */
export interface TicketPipeline {
  /** The id. */
  readonly id: number;
  /** The name. */
  readonly name: string;
  /** The name as addresses have it. */
  readonly slug: string;
  /** The stages, in order. */
  readonly ticket_stages: readonly TicketStage[];
}

function pipeline(
  id: number,
  name: string,
  slug: string,
  stages: readonly (readonly [number, string, string, string])[],
): TicketPipeline {
  return {
    id,
    name,
    slug,
    ticket_stages: stages.map(([id_, stage, slug_, probability], index) => ({
      id: id_,
      name: stage,
      slug: slug_,
      ticket_pipeline_id: id,
      order: index + 1,
      win_probability: probability,
    })),
  };
}

/** The two ticket pipelines. */
export const TICKET_PIPELINES: readonly TicketPipeline[] = [
  pipeline(SERVICE_PIPELINE_ID, "Layanan Pelanggan", "layanan-pelanggan", [
    [40_231, "Baru", "baru", "0.2"],
    [40_232, "Ditugaskan", "ditugaskan", "0.4"],
    [40_233, "Eskalasi", "eskalasi", "0.6"],
    [40_236, "Selesai", "selesai", "1.0"],
  ]),
  pipeline(SUPPORT_PIPELINE_ID, "Technical Support", "technical-support", [
    [40_310, "New", "new", "0.2"],
    [40_311, "Assigned", "assigned", "0.4"],
    [40_312, "In Progress", "in-progress", "0.6"],
    [40_315, "Eskalasi", "eskalasi-2", "0.8"],
    [40_316, "Done", "done", "1.0"],
  ]),
];

/** The stages of both ticket pipelines. */
export const TICKET_STAGES: readonly TicketStage[] = TICKET_PIPELINES.flatMap(
  (one) => one.ticket_stages,
);

const BOTH = TICKET_PIPELINES.map(({ id }) => id);
const TEXT = "Single-line text";
const SELECT = "Dropdown select";
const ASSOCIATION = "assoc";

/** Id, name, label, type, choices, and the pipelines that require it. */
type Row = readonly [
  id: number | null,
  name: string,
  label: string,
  type: string,
  dropdown?: readonly Option[],
  required_pipeline_ids?: readonly number[],
];

/**
 * Pipelines come twice in what requires the name, as in Qontak's collection; a
 * field without choices has an empty dropdown instead of null.
 */
const STANDARD: readonly Row[] = [
  [5_610_711, "name", "Ticket Name", TEXT, [], [...BOTH, ...BOTH]],
  [
    null,
    "ticket_pipeline_id",
    "Ticket Pipeline",
    SELECT,
    TICKET_PIPELINES.map(({ id, name }) => ({ id, name })),
    BOTH,
  ],
  [
    null,
    "ticket_stage_id",
    "Ticket Stage",
    SELECT,
    TICKET_STAGES.map(({ id, name, ticket_pipeline_id }) => ({
      id,
      name,
      ticket_pipeline_id,
    })),
    BOTH,
  ],
  [
    5_610_714,
    "ticket_priority_id",
    "Ticket Priority",
    SELECT,
    optionsFrom(11_402, "Low", "Medium", "High", "Critical"),
  ],
  [5_610_716, "description", "Description", "Text Area"],
  [
    5_610_715,
    "ticket_category_id",
    "Ticket Category",
    SELECT,
    optionsFrom(
      11_430,
      "Call",
      "Email",
      "Chat",
      "Multichannel Whatsapp",
      "Other",
    ),
  ],
  [5_610_712, "creator_id", "Owner", SELECT, USER_OPTIONS, BOTH],
  [5_610_713, "user_id", "User", SELECT, USER_OPTIONS],
  [5_610_717, "due_date", "Due Date", "Date"],
  [null, "crm_lead_ids", "Contact Association", ASSOCIATION],
  [null, "crm_company_id", "Company Association", ASSOCIATION],
  [null, "crm_product_ids", "Product Association", ASSOCIATION],
  [null, "crm_task_ids", "Task Association", ASSOCIATION],
];

const CUSTOM: readonly FieldRow[] = [
  ["serial_number_31", "Nomor Seri", TEXT, ["PRN-88213-X", "RAK-10442-B"]],
  ["warranty_status_8", "Status Garansi", SELECT, [
    "Masih Garansi",
    "Habis",
    "Tidak Diketahui",
  ]],
  ["complaint_type", "Jenis Keluhan", SELECT, [
    "Barang Rusak",
    "Terlambat",
    "Salah Kirim",
    "Faktur",
  ]],
  ["affected_items_12", "Barang Terdampak", "Multiple select", [
    "Printer",
    "Kursi",
    "Rak",
    "Toner",
  ]],
  ["item_count_4", "Jumlah Barang", "Number"],
  ["compensation_percentage", "Kompensasi (%)", "Percentage"],
  ["purchase_date_2", "Tanggal Pembelian", "Date"],
  ["visit_schedule_5", "Jadwal Kunjungan Teknisi", "Date time"],
  ["resolution_notes", "Catatan Penyelesaian", "Text Area", [
    "Unit diganti baru, pelanggan menerima.",
  ]],
  ["proof_file_6", "Bukti Keluhan", "Upload"],
  ["damage_photo_3", "Foto Kerusakan", "Photo"],
  ["technician_signature_2", "Tanda Tangan Teknisi", "Signature"],
  ["site_gps_5", "Lokasi Kunjungan", "gps", ["-6.3275, 107.1702"]],
  ["manual_url_9", "Tautan Panduan", "URL", ["https://panduan.example.co.id"]],
];

const REQUIRED = ["serial_number_31", "warranty_status_8"];

/** The custom fields of tickets. The first two only in Technical Support. */
export const TICKET_FIELDS: readonly CustomField[] = buildFields(
  CUSTOM,
  6_470_205,
  1_988_640,
  (name) => ({
    required_pipeline_ids: REQUIRED.includes(name) ? [SUPPORT_PIPELINE_ID] : [],
    show_pipeline_ids: REQUIRED.includes(name) ? [SUPPORT_PIPELINE_ID] : BOTH,
  }),
);

/** The template of tickets. */
export const TICKET_TEMPLATE: readonly Descriptor[] = [
  ...STANDARD.map((
    [id, name, name_alias, type, dropdown = [], required_pipeline_ids = []],
  ) => ({
    id,
    additional_field: false,
    name,
    name_alias,
    type,
    dropdown,
    required_pipeline_ids,
    show_pipeline_ids: name === "name" ? [...BOTH, ...BOTH] : BOTH,
  })),
  ...TICKET_FIELDS.map(({ descriptor }) => {
    const { id, additional_field, dropdown, ...rest } = descriptor;
    const { name, name_alias, type, ...lists } = rest;
    return {
      id,
      additional_field,
      name,
      name_alias,
      type,
      dropdown: dropdown ?? [],
      ...lists,
    };
  }),
];
