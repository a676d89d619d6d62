/**
 * What `GET /contacts/info` answers. The standard fields are those of Qontak's
 * collection; the choices and the custom fields are invented.
 *
 * @module
 */

import type { Descriptor, Option } from "../template.ts";
import { buildFields, type CustomField, type FieldRow } from "./deal_fields.ts";
import { USERS } from "./tenant.ts";

const TEXT = "Single-line text";
const SELECT = "Dropdown select";

/** Options whose ids count up. */
export function optionsFrom(firstId: number, ...names: string[]): Option[] {
  return names.map((name, index) => ({ id: firstId + index, name }));
}

/** The choices of `creator_id` and its like; only deals say more of a user. */
export const USER_OPTIONS: readonly Option[] = USERS.map(({ id, name }) => ({
  id,
  name,
}));

/** Name, label, and where they differ the type, the choices, `required`. */
export type StandardRow = readonly [
  name: string,
  label: string | null,
  type?: string,
  dropdown?: readonly Option[] | null,
  required?: boolean,
];

/** A standard field of a template whose `required` is a yes or no. */
export function standardField(
  [name, name_alias, type = TEXT, dropdown = null, required = false]:
    StandardRow,
): Descriptor {
  return {
    id: null,
    name,
    name_alias,
    required,
    additional_field: false,
    type,
    dropdown,
  };
}

/** A custom field with the keys in the order of contacts and companies. */
export function flaggedField({ descriptor }: CustomField): Descriptor {
  const { id, name, name_alias, required = false, ...rest } = descriptor;
  return { id, name, name_alias, required, ...rest };
}

/** Where contacts come from. */
const SOURCES = optionsFrom(
  71_240,
  "Website",
  "Referensi",
  "WhatsApp",
  "Pameran",
  "Telemarketing",
);

const STANDARD: readonly StandardRow[] = [
  ["first_name", "First Name", TEXT, null, true],
  ["last_name", "Last Name"],
  ["job_title", "Job Title"],
  ["creator_id", "Owner", SELECT, USER_OPTIONS, true],
  ["email", "Email"],
  // Its body key is `telephone`.
  ["crm_phones", "Telephone"],
  [
    "crm_status_id",
    "Status",
    SELECT,
    optionsFrom(58_311, "Lead", "Prospek", "Pelanggan", "Tidak Aktif"),
  ],
  // It has no body key at all.
  ["crm_location_address_map", "Address (Google Map)"],
  ["address", "Address"],
  ["country", "Country"],
  ["province", "Province"],
  ["city", "City"],
  ["zipcode", "Zip Code"],
  ["date_of_birth", "Date of Birth", "Date"],
  ["crm_source_id", "Source", SELECT, SOURCES],
  ["crm_gender_id", "Sex", SELECT, optionsFrom(1, "Female", "Male")],
  ["income", "Avg. Annual Income"],
  ["upload_id", "Upload ID", "Upload"],
  ["customer_id", "Customer ID"],
  // In the template alone: no body and no record has it.
  [
    "crm_occupation_id",
    "Occupation",
    SELECT,
    optionsFrom(90_411, "Karyawan", "Wiraswasta", "Aparatur Negara"),
  ],
  ["crm_company_id", null, "Number"],
];

const CUSTOM: readonly FieldRow[] = [
  ["buying_role_14", "Peran dalam Pembelian", SELECT, [
    "Pengambil Keputusan",
    "Pemberi Rekomendasi",
    "Pengguna",
    "Bagian Keuangan",
  ]],
  ["whatsapp_number_2", "Nomor WhatsApp", TEXT, ["081200011122"]],
  ["preferred_channel", "Kanal Kontak", "Multiple select", [
    "Telepon",
    "WhatsApp",
    "Email",
    "Kunjungan",
  ]],
  ["nik", "NIK", TEXT, ["3174000000000001", "3273000000000002"]],
  ["visit_count_7", "Jumlah Kunjungan", "Number"],
  ["satisfaction_percentage", "Kepuasan (%)", "Percentage"],
  ["last_visit_date", "Tanggal Kunjungan Terakhir", "Date"],
  ["next_call_at", "Next Call", "Date time"],
  ["contact_notes_3", "Catatan Kontak", "Text Area", [
    "Lebih suka dihubungi sore hari",
    "Minta katalog versi cetak",
  ]],
  ["linkedin_url", "LinkedIn", "URL", ["https://linkedin.example/in/kontak"]],
  ["ktp_file", "Berkas KTP", "Upload"],
  ["contact_photo", "Foto Kontak", "Photo"],
  ["consent_signature", "Tanda Tangan Persetujuan", "Signature"],
  ["meeting_point", "Titik Temu", "gps", ["-6.9147, 107.6098"]],
  // Two fields of one name, as real tenants have them.
  ["dealer_name", "Nama Dealer (lama)", TEXT, ["Dealer Sentosa"]],
  ["dealer_name", "Dealer", SELECT, ["Jaya Abadi", "Sentosa", "Mitra Utama"]],
];

/** The custom fields of contacts. The first one is required. */
export const CONTACT_FIELDS: readonly CustomField[] = buildFields(
  CUSTOM,
  7_118_402,
  1_904_210,
  (name) => ({ required: name === "buying_role_14" }),
);

/** The template of contacts. */
export const CONTACT_TEMPLATE: readonly Descriptor[] = [
  ...STANDARD.map(standardField),
  ...CONTACT_FIELDS.map(flaggedField),
];
